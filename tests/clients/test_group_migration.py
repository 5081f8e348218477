"""Real consumers are rolled from the classic protocol to the newer one and back, one by one and under load (KIP-848)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.wire.messages.list_groups import ListGroupsRequest
from tests.clients.brokers import target_broker
from tests.clients.conftest import DriverOf
from tests.clients.crowd import LedgerCrowd, Load, check_read_once, wait_all_read
from tests.clients.group_ledger import places
from tests.clients.raw_clients import GROUP, coordinator_of
from tests.clients.test_matrix import new_name, new_topic
from tests.support.process import ServerProcess
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


@pytest.mark.parametrize("roll", ROLLS)
def test_a_group_is_rolled_there_and_back(roll: str, broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """Every record is delivered, offsets go on, no partition is read by two members at once; and the group changes its kind."""
    client, classic, consumer = ROLLS[roll]
    driver = driver_of(client)
    topic = new_topic(driver, broker, "rolled", PARTITIONS)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic, PARTITIONS)
    admin = coordinator_of(broker.bootstrap, GROUP, crowd.group)

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
    assert load.places <= set(places(crowd.events(), "committed"))


def test_a_kill_in_the_middle_of_a_roll(broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """The broker is killed with members of both kinds in the group: they go on where they were, and nothing is lost."""
    driver = driver_of("java-4")
    topic = new_topic(driver, broker, "killed", PARTITIONS)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic, PARTITIONS)
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
