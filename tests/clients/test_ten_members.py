"""Ten real consumers of the newer group protocol (KIP-848): joins, leaves and a crash of half of them, with a ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.brokers import target_broker
from tests.clients.catalog import BY_NAME
from tests.clients.conftest import DriverOf
from tests.clients.crowd import LedgerCrowd, Load, wait_all_read
from tests.clients.driver import Driver
from tests.clients.group_ledger import overlaps, places, tenures
from tests.clients.test_matrix import new_name, new_topic
from tests.support.process import ServerProcess
from tests.toolchain import required

pytestmark = pytest.mark.timeout(240)

CONSUMER = {"group.protocol": "consumer"}

PROPERTIES = {
    "group.consumer.min.session.timeout.ms": 3_000,
    "group.consumer.session.timeout.ms": 4_000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.assignment.interval.ms": 100,
}


@pytest.fixture(scope="module")
def broker_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker with short sessions."""
    with required(lambda: target_broker(tmp_path_factory.mktemp("broker"), PROPERTIES)) as running:
        yield running


def test_ten_members_join_leave_and_crash(broker: ServerProcess, driver_of: DriverOf, tmp_path: Path) -> None:
    """Of the newer protocol, half of them in a process that is killed: every record is delivered, none is lost."""
    driver = driver_of("java-4")
    partitions = 12
    topic = new_topic(driver, broker, "ten", partitions)
    crowd = LedgerCrowd(broker.bootstrap, new_name("group"), topic, tmp_path / "ledgers")
    load = Load(broker.bootstrap, topic, partitions)
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
