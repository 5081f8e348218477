"""Real share consumers (KIP-932): they read the same partitions together, acknowledge, crash, and outlive the broker."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsResponseGroup,
)
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
from tests.clients.brokers import target_broker
from tests.clients.catalog import BY_NAME, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import Driver, Json
from tests.clients.raw_clients import GROUP, any_broker, coordinator_of
from tests.clients.test_matrix import DEADLINE_MS, b64, new_name, new_topic, numbered, produce
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until
from tests.toolchain import required

pytestmark = pytest.mark.timeout(240)

DELIVERIES_MAX = 3
PROPERTIES = {
    "group.share.min.session.timeout.ms": 3_000,
    "group.share.session.timeout.ms": 3_000,
    "group.share.min.heartbeat.interval.ms": 300,
    "group.share.heartbeat.interval.ms": 300,
    "group.share.assignment.interval.ms": 100,
    "group.share.min.record.lock.duration.ms": 1_000,
    "group.share.record.lock.duration.ms": 10_000,
    "group.share.delivery.count.limit": DELIVERIES_MAX,
}
"""Who crashes is missed soon, and what it had is soon given to others."""

GOERS = 6
"""How many of ten members leave or crash, half of them each."""

GROUP_RESOURCE = 32
DESCRIBE_OFFSETS = 90

SHARE_CLIENTS = ("java-4", "confluent-kafka", "franz-go")
"""Those that have share consumers."""


@pytest.fixture(scope="module")
def broker_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A broker with short sessions and locks."""
    with required(lambda: target_broker(tmp_path_factory.mktemp("broker"), PROPERTIES)) as running:
        yield running


@pytest.fixture
def java(driver_of: DriverOf) -> Driver:
    """The client that has share consumers."""
    return driver_of("java-4")


def set_on_group(broker: ServerProcess, group: str, **values: str) -> None:
    """Settings of the group, underscores for dots."""
    configs = [
        IncrementalAlterConfigsRequestAlterableConfig(name=name.replace("_", "."), config_operation=0, value=value)
        for name, value in values.items()
    ]
    resource = IncrementalAlterConfigsRequestAlterConfigsResource(
        resource_type=GROUP_RESOURCE, resource_name=group, configs=configs
    )
    client = any_broker(broker.bootstrap)
    (answer,) = client.call(44, 1, IncrementalAlterConfigsRequest(resources=[resource], validate_only=False)).responses
    client.close()
    assert answer.error_code == 0, answer.error_message


class Sharers:
    """Members of one share group that begins at the start of its topics, in one or more processes."""

    def __init__(self, broker: ServerProcess, *topics: str) -> None:
        self.broker, self.topics = broker, topics
        self.group = new_name("share")
        self.members: dict[str, Driver] = {}
        self.unsure: dict[str, int] = {}
        """Values of which a member said that they are accepted, and was not told that they are; how often they had been delivered by then."""
        set_on_group(broker, self.group, share_auto_offset_reset="earliest")

    def join(self, driver: Driver, *names: str, **options: Any) -> None:
        for name in names:
            driver.call(
                "share_open",
                member=f"{self.group}/{name}",
                bootstrap=self.broker.bootstrap,
                group=self.group,
                topics=self.topics,
                **options,
            )
            self.members[name] = driver

    def call(self, op: str, name: str, **args: Any) -> Json:
        return self.members[name].call(f"share_{op}", member=f"{self.group}/{name}", **args)

    def poll(self, name: str) -> list[Json]:
        records: list[Json] = self.call("poll", name, deadline_ms=DEADLINE_MS)["records"]
        return records

    def acknowledge(self, name: str, kind: str, *values: str) -> None:
        self.call("acknowledge", name, type=kind, values=values)

    def commit(self, name: str) -> list[str]:
        errors: list[str] = self.call("commit", name)["errors"]
        return errors

    def leave(self, *names: str) -> None:
        for name in names:
            self.call("close", name)
            del self.members[name]

    def start_taking(self, count: int, deadline_ms: int, names: Sequence[str] = ()) -> list[Future[Json]]:
        """Have members take up to ``count`` records each, and accept them."""
        return [
            self.members[name].submit("share_take", member=f"{self.group}/{name}", count=count, deadline_ms=deadline_ms)
            for name in names or list(self.members)
        ]

    def take(self, count: int, deadline_ms: int = DEADLINE_MS, names: Sequence[str] = ()) -> list[Json]:
        return self.taken(self.start_taking(count, deadline_ms, names), deadline_ms / 1000 + 60)

    def taken(self, started: Sequence[Future[Json]], within_s: float) -> list[Json]:
        """What was accepted for certain of what members have taken."""
        results = [future.result(within_s) for future in started]
        self.unsure |= {record["value"]: record["deliveries"] for result in results for record in result.get("unsure", [])}
        return [record for result in results for record in result["records"]]

    def take_all(self, wanted: set[str], seen: Counter[str], within_s: float = 60) -> Counter[str]:
        """Have everybody take until each of the ``wanted`` values was accepted by somebody, or what is missing is unsure and the group is done with
        all there is."""
        end = time.monotonic() + within_s
        while not wanted <= seen.keys() and time.monotonic() < end:
            if wanted <= seen.keys() | self.unsure.keys() and not self.left():
                break
            seen.update(values(self.take(1_000, 1_000)))
        return seen

    def left(self) -> int:
        """How many records the group is not done with."""
        request = DescribeShareGroupOffsetsRequest(groups=[DescribeShareGroupOffsetsRequestGroup(group_id=self.group, topics=None)])

        def described() -> DescribeShareGroupOffsetsResponseGroup:
            client = coordinator_of(self.broker.bootstrap, GROUP, self.group)
            (group,) = client.call(DESCRIBE_OFFSETS, 1, request).groups
            client.close()
            found: DescribeShareGroupOffsetsResponseGroup = group
            return found

        group = wait_until(lambda answer: answer.error_code == 0, described, 30)
        partitions = [partition for topic in group.topics for partition in topic.partitions]
        assert partitions
        assert all(partition.error_code == 0 and partition.lag >= 0 for partition in partitions)
        return sum(partition.lag for partition in partitions)


def values(records: list[Json]) -> list[str]:
    return [record["value"] for record in records]


def coded(numbers: range) -> set[str]:
    return {b64(str(number)) for number in numbers}


@pytest.mark.parametrize("spec", [BY_NAME[name] for name in SHARE_CLIENTS], ids=lambda spec: spec.name)
def test_several_read_the_same_partition(spec: ClientSpec, driver_of: DriverOf, broker: ServerProcess) -> None:
    """Every record goes to one of them, though there is one partition for three; what is accepted does not come again."""
    client = driver_of(spec.name)
    topic = new_topic(client, broker, "shared", 1)
    sharers = Sharers(broker, topic)
    sharers.join(client, "one", "two", "three", max_poll=1)
    for number in range(30):  # each a batch of its own, which is what consumers are given
        produce(client, broker, topic, numbered(number, 1, 1))
    taken = [future.result(90)["records"] for future in sharers.start_taking(5, DEADLINE_MS)]
    assert all(len(records) >= 5 for records in taken)
    produce(client, broker, topic, numbered(30, 570, 1))
    seen = sharers.take_all(coded(range(600)), Counter(value for records in taken for value in values(records)))

    assert seen == Counter(dict.fromkeys(coded(range(600)), 1))
    sharers.leave("one", "two", "three")
    sharers.join(client, "four")
    assert sharers.take(1, 2_000) == []
    sharers.leave("four")


def test_what_is_acknowledged_decides_what_comes_again(java: Driver, broker: ServerProcess) -> None:
    """Released records come again and count; rejected ones do not; so often and no more."""
    topic = new_topic(java, broker, "decided", 1)
    sharers = Sharers(broker, topic)
    sharers.join(java, "one", explicit=True)
    produce(java, broker, topic, numbered(0, 4, 1))
    first = sharers.poll("one")
    assert [(record["value"], record["deliveries"]) for record in first] == [(b64(str(number)), 1) for number in range(4)]
    for kind, value in (("accept", "0"), ("release", "1"), ("reject", "2"), ("release", "3")):
        sharers.acknowledge("one", kind, value)
    assert sharers.commit("one") == [""]
    second = sharers.poll("one")
    assert [(record["value"], record["deliveries"]) for record in second] == [(b64("1"), 2), (b64("3"), 2)]
    sharers.acknowledge("one", "accept", "1")
    sharers.acknowledge("one", "release", "3")
    outcome = sharers.call("commit", "one", waits=False)
    assert outcome["errors"] == [""]
    third = outcome["records"] or sharers.poll("one")
    assert [(record["value"], record["deliveries"]) for record in third] == [(b64("3"), 3)]
    sharers.acknowledge("one", "release", "3")
    assert sharers.commit("one") == [""]
    produce(java, broker, topic, numbered(4, 1, 1))
    assert values(sharers.poll("one")) == [b64("4")], "three deliveries are the limit"
    sharers.acknowledge("one", "accept")
    sharers.commit("one")
    sharers.leave("one")


def test_a_lock_that_ends_gives_the_record_to_others(java: Driver, broker: ServerProcess) -> None:
    """One that is renewed stays; who comes too late with an acknowledgement is told."""
    topic = new_topic(java, broker, "locked", 1)
    sharers = Sharers(broker, topic)
    set_on_group(broker, sharers.group, share_record_lock_duration_ms="2000")
    sharers.join(java, "slow", explicit=True)
    produce(java, broker, topic, numbered(0, 1, 1))
    assert values(sharers.poll("slow")) == [b64("0")]
    sharers.join(java, "quick", explicit=True)
    (record,) = sharers.poll("quick")

    assert (record["value"], record["deliveries"]) == (b64("0"), 2)
    sharers.acknowledge("slow", "accept")
    assert sharers.commit("slow") == ["InvalidRecordStateException"]
    for _ in range(3):  # longer than the lock, all together
        sharers.acknowledge("quick", "renew")
        assert sharers.commit("quick") == [""]
        assert sharers.call("poll", "slow", deadline_ms=1_000)["records"] == []
        assert [(record["value"], record["deliveries"]) for record in sharers.poll("quick")] == [(b64("0"), 2)]
    sharers.acknowledge("quick", "accept")
    assert sharers.commit("quick") == [""]
    sharers.leave("slow", "quick")


def test_ten_members_join_leave_and_crash(java: Driver, broker: ServerProcess, tmp_path: Path) -> None:
    """Every record is accepted at least once, none is lost, and what was accepted before a crash is not given out again.

    What somebody who goes had without an answer counts as delivered, as at Apache Kafka: a record may go through the hands of each of the six before
    somebody who stays has it, so that three deliveries are too few here."""
    topic = new_topic(java, broker, "ten", 6)
    sharers = Sharers(broker, topic)
    set_on_group(broker, sharers.group, share_delivery_count_limit=str(GOERS + 1))
    names = [f"m{number}" for number in range(10)]
    staying, leaving, crashing = names[:-GOERS], names[-GOERS : -GOERS // 2], names[-GOERS // 2 :]
    sharers.join(java, *staying, *leaving, max_poll=20)
    other = Driver("java-4", required(BY_NAME["java-4"].runner), tmp_path / "crashing.log")
    try:
        sharers.join(other, *crashing, max_poll=20)
        produce(java, broker, topic, numbered(0, 600, 6))
        seen = sharers.take_all(coded(range(600)), Counter())
        assert seen == Counter(dict.fromkeys(coded(range(600)), 1))
        produce(java, broker, topic, numbered(600, 600, 6))
        held = [record for name in crashing for record in sharers.poll(name)]
        assert len(held) >= 20, "to crash with what nobody will ever say anything of"
    finally:
        other.kill()
    for name in crashing:
        del sharers.members[name]
    sharers.leave(*leaving)
    after = sharers.take_all(coded(range(600, 1_200)), Counter())

    assert after.keys() == coded(range(600, 1_200)), "nothing from before, nothing lost"
    sharers.leave(*staying)


def test_members_outlive_the_broker(java: Driver, broker: ServerProcess) -> None:
    """It is killed twice while they take: everything is accepted, and what was accepted before does not come again afterwards. Who was not answered
    because of that does not know; but the group is done with it then, and nothing was given up because it came too often."""
    topic = new_topic(java, broker, "outlived", 3)
    sharers = Sharers(broker, topic)
    sharers.join(java, "one", "two", "three", max_poll=20)
    produce(java, broker, topic, numbered(0, 300, 3))
    before = sharers.take_all(coded(range(300)), Counter())
    broker.kill()
    broker.start()
    produce(java, broker, topic, numbered(300, 300, 3))
    started = sharers.start_taking(1_000, 6_000)
    broker.kill()
    broker.start()
    after = Counter(values(sharers.taken(started, 120)))
    after = sharers.take_all(coded(range(300, 600)), after)
    unsure = coded(range(300, 600)) - after.keys()

    assert before.keys() == coded(range(300))
    assert after.keys() <= coded(range(300, 600))
    assert unsure <= sharers.unsure.keys()
    assert all(sharers.unsure[each] < DELIVERIES_MAX for each in unsure)
    assert sharers.left() == 0
    sharers.leave("one", "two", "three")
