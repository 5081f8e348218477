"""Real consumers are rolled from the classic protocol to the newer one and back, one by one and under load (KIP-848)."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer

from broker.wire.messages.list_groups import ListGroupsRequest
from tests.clients.brokers import target_broker
from tests.clients.catalog import BY_NAME
from tests.clients.conftest import DriverOf
from tests.clients.crowd import LedgerCrowd
from tests.clients.driver import Driver
from tests.clients.group_ledger import Event, overlaps, places, tenures
from tests.clients.test_matrix import new_name, new_topic
from tests.differential.raw_client import RawClient
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import required

pytestmark = pytest.mark.timeout(240)

PARTITIONS = 6
MEMBERS = 3

PROPERTIES = {
    "group.consumer.min.session.timeout.ms": 5_000,
    "group.consumer.session.timeout.ms": 6_000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.assignment.interval.ms": 100,
}

JAVA_CLASSIC = {
    "group.protocol": "classic",
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "300",
}
RANGE = {**JAVA_CLASSIC, "partition.assignment.strategy": "org.apache.kafka.clients.consumer.RangeAssignor"}
STICKY = {**JAVA_CLASSIC, "partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"}
CONSUMER = {"group.protocol": "consumer"}
RD_RANGE = {**JAVA_CLASSIC, "partition.assignment.strategy": "range"}
RD_STICKY = {**JAVA_CLASSIC, "partition.assignment.strategy": "cooperative-sticky"}

ROLLS = {
    "java-range": ("java-4", RANGE, CONSUMER),
    "java-cooperative": ("java-4", STICKY, CONSUMER),
    "librdkafka-range": ("confluent-kafka", RD_RANGE, CONSUMER),
    "librdkafka-cooperative": ("confluent-kafka", RD_STICKY, CONSUMER),
}


@pytest.fixture(scope="module")
def broker_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker that lets members be heard of often."""
    with required(lambda: target_broker(tmp_path_factory.mktemp("broker"), PROPERTIES)) as running:
        yield running


class Load:
    """Records for every partition, all the time; what was acknowledged."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.acknowledged: Counter[int] = Counter()
        self._topic = topic
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopping.wait(0.01):
            for partition in range(PARTITIONS):
                self._producer.produce(self._topic, b"x", partition=partition, on_delivery=self._delivered)
            self._producer.poll(0)

    def _delivered(self, error: object, message: object) -> None:
        assert error is None, error
        self.acknowledged[message.partition()] += 1  # type: ignore[attr-defined]

    @property
    def places(self) -> set[tuple[int, int]]:
        return {(partition, offset) for partition, count in self.acknowledged.items() for offset in range(count)}

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._thread.join()
            assert self._producer.flush(30) == 0


def wait_all_read(crowd: LedgerCrowd, load: Load, seconds: float = 60) -> list[Event]:
    """Until every record was given to a member and committed, the events."""
    wanted = load.places
    return wait_until(lambda events: wanted <= set(places(events, "committed")), crowd.events, seconds)


def check_read_once(events: list[Event]) -> None:
    """No partition was two members' at once, and a record came twice only where the first time was not committed."""
    assert overlaps(tenures(events), events[-1].at_ms + 1) == []
    twice = {place for place, count in Counter(places(events)).items() if count > 1}
    assert twice <= set(places(events, "uncommitted"))
    again = {place for place, count in Counter(places(events, "committed")).items() if count > 1}
    assert not again, "what was committed was given out again"


@pytest.mark.parametrize("roll", ROLLS)
def test_a_group_is_rolled_there_and_back(roll: str, broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """Every record is delivered, offsets go on, no partition is read by two members at once; and the group changes its kind."""
    client, classic, consumer = ROLLS[roll]
    driver, admin = driver_of(client), RawClient(broker.bootstrap)
    topic = new_topic(driver, broker, "rolled", PARTITIONS)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic)

    def kind() -> str:
        groups = admin.call(16, 5, ListGroupsRequest()).groups
        return next(str(each.group_type) for each in groups if each.group_id == crowd.group)

    with load.running():
        for number in range(MEMBERS):
            crowd.join(f"classic-{number}", driver, classic)
        crowd.wait_shared(PARTITIONS)
        assert kind() == "classic"
        for number in range(MEMBERS):
            crowd.leave(f"classic-{number}")
            crowd.join(f"consumer-{number}", driver, consumer)
            crowd.wait_shared(PARTITIONS)
            assert kind() == "consumer"
        for number in range(MEMBERS):
            crowd.leave(f"consumer-{number}")
            crowd.join(f"again-{number}", driver, classic)
            crowd.wait_shared(PARTITIONS)
        assert kind() == "classic"
    events = wait_all_read(crowd, load)
    crowd.leave_all()
    admin.close()

    check_read_once(events)


def test_a_kill_in_the_middle_of_a_roll(broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """The broker is killed with members of both kinds in the group: they go on where they were, and nothing is lost."""
    driver = driver_of("java-4")
    topic = new_topic(driver, broker, "killed", PARTITIONS)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic)
    with load.running():
        crowd.join("range", driver, RANGE)
        crowd.join("second", driver, RANGE)
        crowd.wait_shared(PARTITIONS)
        crowd.join("consumer", driver, CONSUMER)
        broker.kill()
        broker.start()
        crowd.wait_shared(PARTITIONS)
        broker.kill()
        broker.start()
        crowd.leave("second")
        crowd.join("last", driver, CONSUMER)
        crowd.wait_shared(PARTITIONS)
        crowd.leave("consumer")
        crowd.leave("last")
        broker.kill()
        broker.start()
        crowd.wait_shared(PARTITIONS)
    events = wait_all_read(crowd, load)
    crowd.leave_all()

    assert set(places(events)) >= load.places


def test_ten_members_join_leave_and_crash(broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """Of the newer protocol, half of them in a process that is killed: every record is delivered, none is lost."""
    driver = driver_of("java-4")
    partitions = 12
    topic = new_topic(driver, broker, "ten", partitions)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic)
    crashing = Driver("crashing", required(BY_NAME["java-4"].runner), tmp_path / "crashing.log")
    try:
        with load.running():
            for number in range(10):
                crowd.join(f"m{number}", crashing if number % 2 else driver, CONSUMER)
            crowd.wait_shared(partitions)
            for number in (0, 2):
                crowd.leave(f"m{number}")
            crowd.wait_shared(partitions)
            crowd.lose(crashing)
            for number in (10, 11):
                crowd.join(f"m{number}", driver, CONSUMER)
            crowd.wait_shared(partitions)
        events = wait_all_read(crowd, load)
    finally:
        crashing.kill()
    crowd.leave_all()

    gone = {f"m{number}" for number in range(1, 10, 2)}
    stayed = [tenure for tenure in tenures(events) if tenure.member not in gone]
    assert overlaps(stayed, events[-1].at_ms + 1) == []
    assert set(places(events)) >= load.places
