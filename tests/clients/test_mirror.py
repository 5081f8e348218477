"""MirrorMaker copies topics, their settings and the positions of groups from one broker to another, exactly once."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import Message

from tests.clients.brokers import target_broker, target_is_kafka
from tests.clients.connect_worker import EXACTLY_ONCE, ConnectWorker
from tests.clients.topics import BROKER_PROPERTIES, DEADLINE_S, Topics
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import kafka_connect_runner, required

pytestmark = pytest.mark.timeout(600)

PARTITIONS = 4
RECORDS = 4000

# Apache Kafka makes no topic with more copies than it has brokers. Penstock takes MirrorMaker's default of two.
_ONE_COPY = {f"{kind}replication.factor": "1" for kind in ("", "offset-syncs.topic.", "checkpoints.topic.")}


@pytest.fixture(autouse=True, scope="module")
def _connect_present() -> None:
    """Without Kafka Connect there is nothing to test."""
    required(kafka_connect_runner)


@pytest.fixture
def two_brokers(tmp_path: Path) -> Iterator[list[ServerProcess]]:
    """The one that is copied from, and the one that is copied to."""
    with ExitStack() as running:
        brokers = []
        for name in ("here", "there"):
            (tmp_path / name).mkdir()
            folder = tmp_path / name
            brokers.append(running.enter_context(required(lambda: target_broker(folder, BROKER_PROPERTIES))))  # noqa: B023 - called at once
        yield brokers


def mirror(name: str, brokers: list[ServerProcess], **more: str) -> dict[str, str]:
    """Settings of one of MirrorMaker's connectors."""
    here, there = brokers
    return {
        "connector.class": f"org.apache.kafka.connect.mirror.{name}",
        "source.cluster.alias": "here",
        "target.cluster.alias": "there",
        "source.cluster.bootstrap.servers": here.bootstrap,
        "target.cluster.bootstrap.servers": there.bootstrap,
        "topics": "orders",
        "offset.lag.max": "0",
        "groups": "readers",
        "sync.topic.acls.enabled": "false",
        "key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        **(_ONE_COPY if target_is_kafka() else {}),
        **more,
    }


def by_partition(messages: Iterable[Message]) -> dict[int, list[tuple[bytes, bytes]]]:
    """Keys and values of each partition, in order."""
    found: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for message in messages:
        found[message.partition()].append((message.key(), message.value()))
    return found


def test_a_topic_is_mirrored_exactly(two_brokers: list[ServerProcess], tmp_path: Path) -> None:
    """With kill -9 of the worker, of the broker copied to, and another number of tasks, whose old producers are fenced."""
    here, there = two_brokers
    origin, target = Topics(here.bootstrap), Topics(there.bootstrap)
    origin.create(PARTITIONS, "orders", config={"retention.ms": "123456789"})
    chance = random.Random(0)

    def write(first: int, last: int) -> None:
        origin.write("orders", [(str(number), chance.randbytes(200).hex()) for number in range(first, last)])

    write(0, RECORDS)
    wishes = {"tasks.max": "2", "exactly.once.support": "required", "refresh.topics.interval.seconds": "1"}
    # Small fetches, a transaction for each: there is a middle to be killed in.
    wishes |= {"source.consumer.max.poll.records": "20", "source.consumer.isolation.level": "read_committed"}
    settings = mirror("MirrorSourceConnector", two_brokers, **wishes)
    worker = ConnectWorker(tmp_path / "connect", there.bootstrap, EXACTLY_ONCE)

    with worker, origin.reader("orders") as original:
        worker.rest("PUT", "/connectors/orders/config", settings)
        wait_until(lambda names: "here.orders" in names, target.names, DEADLINE_S)
        with target.reader("here.orders") as copy:
            copy.until(500, lambda: worker.running)
            worker.kill()
            worker.start()
            copy.until(RECORDS // 3, lambda: worker.running)
            there.kill()
            there.start()
            copy.until(RECORDS // 3 * 2, lambda: worker.running)
            worker.rest("PUT", "/admin/loggers/org.apache.kafka.connect.runtime.Worker", {"level": "DEBUG"})
            worker.rest("PUT", "/connectors/orders/config", {**settings, "tasks.max": "4"})
            write(RECORDS, RECORDS * 3 // 2)
            copy.until(RECORDS * 3 // 2, lambda: worker.running)
            assert by_partition(copy.seen) == by_partition(original.until(RECORDS * 3 // 2))
            assert target.settings("here.orders")["retention.ms"] == "123456789"
            assert re.search(r"Fencing out 2 task producers for source connector orders", worker.log_path.read_text())

            # A group that has read everything here has read everything there.
            origin.commit("readers", "orders", {index: len(rows) for index, rows in by_partition(original.seen).items()})
            often = {f"{what}.interval.seconds": "1" for what in ("refresh.groups", "emit.checkpoints", "sync.group.offsets")}
            checkpoints = mirror("MirrorCheckpointConnector", two_brokers, **often, **{"sync.group.offsets.enabled": "true"})
            worker.rest("PUT", "/connectors/checkpoints/config", checkpoints)
            ends = {message.partition(): message.offset() + 1 for message in copy.seen}
            wait_until(
                lambda positions: positions == ends,
                lambda: {index: target.position("readers", "here.orders", index) for index in ends},
                DEADLINE_S,
            )
