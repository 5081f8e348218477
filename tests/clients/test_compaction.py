"""Clients read a compacted topic: from its start, from the middle of a gap, and beyond a last record that is gone."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.clients.brokers import target_broker, target_is_kafka
from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.test_matrix import DEADLINE_MS, b64, new_name, read
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import required

CLIENTS = ("confluent-kafka", "java-4", "java-3", "aiokafka", "kafka-python", "franz-go", "kafkajs")
KEYS = 5
OVERWRITES = 40
QUIET = {"log_level": 0}

every_client = pytest.mark.parametrize(
    "spec", [pytest.param(BY_NAME[name], id=name, marks=pytest.mark.xdist_group(name)) for name in CLIENTS]
)


@pytest.fixture(scope="module")
def compacting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker whose cleaner hardly rests."""
    properties = {"log.cleaner.backoff.ms": 50}
    with required(lambda: target_broker(tmp_path_factory.mktemp("compacting"), properties)) as running:
        yield running


@pytest.fixture(scope="module")
def topic(compacting: ServerProcess) -> str:
    """Compacted: every key overwritten many times, in batches of many and of one, and an aborted transaction at the end."""
    name = new_name("compacted")
    address = {**QUIET, "bootstrap.servers": compacting.bootstrap}
    config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.ms": "100"}
    admin = AdminClient(address)
    admin.create_topics([NewTopic(name, 1, 1, config=config)])[name].result(30)
    producer = Producer({**address, "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 20})
    for number in range(OVERWRITES * KEYS):
        producer.produce(name, b"%d" % number, b"key %d" % (number % KEYS), partition=0)
        if number % 7 == 0:
            producer.flush(30)
    producer.flush(30)
    transactional = Producer({**address, "transactional.id": name})
    transactional.init_transactions(30)
    transactional.begin_transaction()
    for _ in range(3):
        transactional.produce(name, b"never", b"key 0", partition=0)
    transactional.abort_transaction(30)
    if target_is_kafka():
        # By its time it begins a segment.
        producer.produce(name, b"last", b"roll", partition=0, timestamp=time.time_ns() // 1_000_000 + 10_000)
        producer.flush(30)
    wait_until(lambda found: len(found) <= KEYS + target_is_kafka(), lambda: shown(compacting, name), 60)
    return name


def shown(broker: ServerProcess, topic: str) -> list[int]:
    """The offsets that a consumer from offset 0 is shown, read_uncommitted."""
    consumer = Consumer(
        {
            **QUIET,
            "bootstrap.servers": broker.bootstrap,
            "group.id": "none",
            "isolation.level": "read_uncommitted",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    offsets: list[int] = []
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while (message := consumer.poll(30)) is not None and not message.error():
            offsets.append(message.offset())
        assert message is not None, "the end of the log is reached"
    finally:
        consumer.close()
    return offsets


def newest() -> list[tuple[int, str, str]]:
    first = (OVERWRITES - 1) * KEYS
    return [(first + key, b64(f"key {key}"), b64(str(first + key))) for key in range(KEYS)]


@every_client
def test_the_newest_of_every_key_is_read(
    spec: ClientSpec, compacting: ServerProcess, driver_of: DriverOf, topic: str
) -> None:
    """From offset 0, where nothing is left, at the offsets that the records always had."""
    records = read(driver_of(spec.name), compacting, topic, KEYS)
    assert [(record["offset"], record["key"], record["value"]) for record in records][:KEYS] == newest()


@every_client
def test_a_group_goes_on_in_a_gap(
    spec: ClientSpec, compacting: ServerProcess, driver_of: DriverOf, topic: str
) -> None:
    """Its committed offset is that of a record that is gone; and the last records being gone, the next one is read all the same."""
    driver, group, member = driver_of(spec.name), new_name("group"), new_name("member")
    consumer = Consumer({**QUIET, "bootstrap.servers": compacting.bootstrap, "group.id": group, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition(topic, 0, 17)], asynchronous=False)
    consumer.close()
    driver.call("member_open", member=member, bootstrap=compacting.bootstrap, group=group, topic=topic)
    try:
        taken = driver.call("member_take", member=member, count=KEYS, deadline_ms=DEADLINE_MS)["records"]
        assert [(record["offset"], record["key"], record["value"]) for record in taken][:KEYS] == newest()

        key, value = f"of {spec.name}", new_name("value")
        producer = Producer({**QUIET, "bootstrap.servers": compacting.bootstrap})
        producer.produce(topic, value, key, partition=0)
        producer.flush(30)
        deadline = time.monotonic() + DEADLINE_MS / 1000
        values: list[str] = []
        while b64(value) not in values and time.monotonic() < deadline:
            answer = driver.call("member_take", member=member, count=1, deadline_ms=DEADLINE_MS)
            values += [record["value"] for record in answer["records"]]
        assert b64(value) in values
    finally:
        driver.call("member_close", member=member)
