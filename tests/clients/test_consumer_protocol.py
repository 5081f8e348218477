"""Real consumers of the newer group protocol (KIP-848): they join, share, leave, crash, outlive the broker, and follow patterns."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.clients.brokers import target_broker
from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import Driver, Json
from tests.clients.test_matrix import DEADLINE_MS, new_name, new_topic, numbered, produce
from tests.support.process import ServerProcess
from tests.toolchain import required

pytestmark = pytest.mark.timeout(240)

consumer_clients = pytest.mark.parametrize("spec", [BY_NAME["java-4"], BY_NAME["confluent-kafka"]], ids=lambda spec: spec.name)

PROPERTIES = {
    "group.consumer.min.session.timeout.ms": 3_000,
    "group.consumer.session.timeout.ms": 3_000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 300,
    "group.consumer.assignment.interval.ms": 100,
}
"""Who crashes is missed soon, and nobody waits long to be heard of."""

Places = set[tuple[int, int]]


@pytest.fixture(scope="module")
def broker_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker with short sessions."""
    with required(lambda: target_broker(tmp_path_factory.mktemp("broker"), PROPERTIES)) as running:
        yield running


class Crowd:
    """Members of one group, in one or more processes."""

    def __init__(self, broker: ServerProcess, topic: str) -> None:
        self.broker, self.topic = broker, topic
        self.group = new_name("group")
        self.members: dict[str, Driver] = {}

    def join(self, name: str, driver: Driver) -> None:
        driver.call(
            "member_open",
            member=f"{self.group}/{name}",
            bootstrap=self.broker.bootstrap,
            group=self.group,
            topic=self.topic,
            protocol="consumer",
        )
        self.members[name] = driver

    def leave(self, name: str) -> None:
        self.members.pop(name).call("member_close", member=f"{self.group}/{name}")

    def wait_shared(self, *counts: int) -> None:
        """Wait until the members have so many partitions each, in the order they joined, and no two the same."""
        started = [
            driver.submit("member_assigned", member=f"{self.group}/{name}", count=count, deadline_ms=DEADLINE_MS)
            for (name, driver), count in zip(self.members.items(), counts, strict=True)
        ]
        shares = [future.result(DEADLINE_MS / 1000 + 30)["partitions"] for future in started]
        assert [len(share) for share in shares] == list(counts)

    def take(self, each: int, deadline_ms: int = DEADLINE_MS) -> list[Json]:
        """Take up to ``each`` records at every member."""
        started: list[Future[Json]] = [
            driver.submit("member_take", member=f"{self.group}/{name}", count=each, deadline_ms=deadline_ms)
            for name, driver in self.members.items()
        ]
        return [record for future in started for record in future.result(deadline_ms / 1000 + 60)["records"]]


def places(records: list[Json]) -> Places:
    return {(record["partition"], record["offset"]) for record in records}


def expected(first: int, last: int, partitions: int = 6) -> Places:
    """Where records ``first`` to ``last`` of each partition are."""
    return {(partition, offset) for partition in range(partitions) for offset in range(first, last)}


@consumer_clients
def test_members_come_go_and_crash(
    spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf, tmp_path: Path
) -> None:
    """Each share is read once, by whoever has it; a crash costs one session, and nothing that was not committed is lost."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "shared", 6)
    crowd = Crowd(broker, topic)
    crowd.join("one", driver)
    crowd.wait_shared(6)
    produce(driver, broker, topic, numbered(0, 120, 6))
    assert places(crowd.take(120)) == expected(0, 20)

    crowd.join("two", driver)
    crowd.wait_shared(3, 3)
    produce(driver, broker, topic, numbered(0, 120, 6))
    taken = crowd.take(60)
    assert (places(taken), len(taken)) == (expected(20, 40), 120)

    crashing = Driver(spec.name, required(spec.runner), tmp_path / "crashing.log")
    try:
        crowd.join("three", crashing)
        crowd.wait_shared(2, 2, 2)
        produce(driver, broker, topic, numbered(0, 120, 6))
        taken = crowd.take(40)
        assert (places(taken), len(taken)) == (expected(40, 60), 120)
    finally:
        crashing.kill()
    del crowd.members["three"]
    crowd.wait_shared(3, 3)
    produce(driver, broker, topic, numbered(0, 120, 6))
    assert places(crowd.take(60)) == expected(60, 80)

    crowd.leave("one")
    crowd.wait_shared(6)
    produce(driver, broker, topic, numbered(0, 60, 6))
    assert places(crowd.take(60)) == expected(80, 90)
    described = driver.call("group_describe", bootstrap=broker.bootstrap, group=crowd.group)
    assert (described["state"].lower(), described["members"]) == ("stable", 1)
    crowd.leave("two")


@consumer_clients
def test_members_outlive_the_broker(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """It stops, and is killed, with a rebalance under way: the group goes on, and every record is seen."""
    driver = driver_of(spec.name)
    topic = new_topic(driver, broker, "outlived", 6)
    crowd = Crowd(broker, topic)
    crowd.join("one", driver)
    crowd.join("two", driver)
    crowd.wait_shared(3, 3)
    produce(driver, broker, topic, numbered(0, 600, 6))
    seen = places(crowd.take(150))
    broker.terminate()
    broker.start()
    seen |= places(crowd.take(150, 10_000))
    crowd.join("three", driver)
    broker.kill()
    broker.start()
    produce(driver, broker, topic, numbered(0, 600, 6))
    end = time.monotonic() + 90
    while seen != expected(0, 200):
        assert time.monotonic() < end, f"only {len(seen)} of 1200 records were seen"
        seen |= places(crowd.take(400, 2_000))
    crowd.wait_shared(2, 2, 2)
    for name in list(crowd.members):
        crowd.leave(name)


@consumer_clients
def test_a_pattern_is_followed(spec: ClientSpec, broker: ServerProcess, driver_of: DriverOf) -> None:
    """The broker finds the topics; one that comes later is read too."""
    driver = driver_of(spec.name)
    first = new_topic(driver, broker, "pattern", 2)
    crowd = Crowd(broker, f"^{first}.*")
    crowd.join("one", driver)
    crowd.wait_shared(2)
    produce(driver, broker, first, numbered(0, 20, 2))
    assert places(crowd.take(20)) == expected(0, 10, 2)
    later = f"{first}-later"
    driver.call("topic_create", bootstrap=broker.bootstrap, topic=later, partitions=1, configs={})
    crowd.wait_shared(3)
    produce(driver, broker, later, numbered(0, 10, 1))
    assert len(crowd.take(10)) == 10
    crowd.leave("one")
