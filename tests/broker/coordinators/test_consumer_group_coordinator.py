"""The agent of the consumer protocol: storing, restarts, time, patterns, passing from one protocol to the other."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.config.groups_live import LiveGroupConfigs
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.epoch_group import HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import Answer, Consumer, TroubledCatalog, coordinator, settings
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics, SimulatedConsumer

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Hours of protocol time pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@pytest.fixture
def catalog() -> TroubledCatalog:
    return TroubledCatalog()


class Remote(SimulatedConsumer):
    """A client at the other end of the coordinator."""

    knows: Callable[[str], bool] | None = None
    """Which topics it may know of."""

    def send(self, groups: GroupCoordinator, **changed: Any) -> Answer:
        answer = Answer()
        groups.consumers.heartbeat("g", self.command(**changed), answer, self.knows)
        return answer

    async def talk(self, groups: GroupCoordinator, **changed: Any) -> HeartbeatAnswer:
        answer = await self.send(groups, **changed).wait()
        if isinstance(answer, BrokerError):
            raise answer
        assert isinstance(answer, HeartbeatAnswer)
        self.epoch, self.is_told = answer.member_epoch, True
        if answer.assigned is not None:
            self.holds = {(topic, index) for topic, indexes in answer.assigned.items() for index in indexes}
            self.is_told = False
        return answer

    async def leave(self, groups: GroupCoordinator, epoch: int = -1) -> Any:
        answer = Answer()
        groups.consumers.leave("g", self.member_id, self.instance_id, epoch, answer)
        return await answer.wait()


async def settle(groups: GroupCoordinator, *consumers: Remote) -> None:
    for _ in range(6):
        await anyio.sleep(1.1)
        for consumer in consumers:
            await consumer.talk(groups)


def group(groups: GroupCoordinator) -> ConsumerGroup:
    found = groups.group("g")
    assert isinstance(found, ConsumerGroup)
    return found


async def test_an_answer_comes_when_it_is_stored(catalog: TroubledCatalog) -> None:
    """What gathers meanwhile is written together; a heartbeat that changes nothing writes nothing."""
    catalog.gate = anyio.Event()
    async with coordinator(catalog, topics=FakeTopics(t=4)) as groups:
        one, two, three = (Remote(name).send(groups) for name in ("one", "two", "three"))
        await anyio.sleep(1)
        more = Remote("four").send(groups)
        await anyio.sleep(1)
        assert not any(answer.is_there for answer in (one, two, three, more))
        catalog.gate.set()
        for answer in (one, two, three, more):
            assert isinstance(await answer.wait(), HeartbeatAnswer)
        assert len(catalog.calls) == 2
        consumers = [Remote(name) for name in ("one", "two", "three", "four")]
        await settle(groups, *consumers)
        calls = len(catalog.calls)
        await settle(groups, *consumers)

        assert len(catalog.calls) == calls


async def test_a_restart_moves_nothing(catalog: TroubledCatalog) -> None:
    """Patterns included; members go on with their epochs."""
    topics = FakeTopics(orders=3, t=3)
    one, two = Remote("one"), Remote("two", (), topic_regex="orders|t")
    async with coordinator(catalog, topics=topics) as groups:
        await settle(groups, one, two)
        held, epoch = (set(one.holds), set(two.holds)), group(groups).group_epoch
    async with coordinator(catalog, topics=topics) as groups:
        await settle(groups, one, two)

        assert (one.holds, two.holds) == held
        assert group(groups).group_epoch == epoch
        assert not one.holds & two.holds


async def test_a_refusal_of_the_catalog_leaves_no_member(catalog: TroubledCatalog) -> None:
    """The client hears an error it tries again on; who is there goes on."""
    async with coordinator(catalog, topics=FakeTopics(t=2)) as groups:
        catalog.failing = True
        with pytest.raises(BrokerError) as raised:
            await Remote("one").talk(groups)
        assert raised.value.code == ErrorCode.NOT_COORDINATOR
        assert groups.group("g") is None or not group(groups).members
        catalog.failing = False
        one = Remote("one")
        await settle(groups, one)
        catalog.failing = True
        with pytest.raises(BrokerError):
            await Remote("two").talk(groups)
        assert list(group(groups).members) == ["one"]
        catalog.failing = False
        await settle(groups, one)

        assert len(one.holds) == 2
        (stored,) = await catalog.load_consumer_groups()
        assert [member.member_id for member in stored.members] == ["one"]
        assert stored.group_epoch == group(groups).group_epoch


async def test_sessions_end_by_the_group_s_own_settings(catalog: TroubledCatalog) -> None:
    """Without anybody asking; that is stored too."""
    configs = LiveGroupConfigs(settings(), catalog)
    await configs.replace("g", {"consumer.session.timeout.ms": "50000", "consumer.heartbeat.interval.ms": "7000"})
    async with coordinator(catalog, topics=FakeTopics(t=2), configs=configs) as groups:
        await Remote("one").talk(groups)
        assert groups.consumers.heartbeat_interval_ms("g") == 7_000
        assert groups.consumers.heartbeat_interval_ms("h") == 5_000
        await anyio.sleep(49)
        assert groups.member_count == 1
        await anyio.sleep(2)
        assert groups.member_count == 0

        assert [stored.members for stored in await catalog.load_consumer_groups()] == [[]]


async def test_a_topic_that_a_pattern_matches_comes_by_itself() -> None:
    """And one that does not is no rebalance."""
    topics = FakeTopics(orders_1=2)
    async with coordinator(topics=topics) as groups:
        one = Remote("one", (), topic_regex="orders_.*")
        await settle(groups, one)
        assert one.holds == topics.all_partitions("orders_1")
        epoch = group(groups).group_epoch
        topics.create("users", 1)
        await anyio.sleep(10)
        await settle(groups, one)
        assert group(groups).group_epoch == epoch
        topics.create("orders_2", 1)
        await anyio.sleep(10)
        await settle(groups, one)

        assert one.holds == topics.all_partitions("orders_1", "orders_2")


async def test_a_pattern_matches_only_what_its_member_may_know_of(catalog: TroubledCatalog) -> None:
    """Nor after a restart, which alone moves nothing: the hidden topic is not there for a moment. Another that may be known comes as ever."""
    topics = FakeTopics(orders_1=2, orders_hidden=2)
    one = Remote("one", (), topic_regex="orders_.*")
    one.knows = lambda name: "hidden" not in name
    async with coordinator(catalog, topics=topics) as groups:
        await settle(groups, one)
        assert one.holds == topics.all_partitions("orders_1")
        epoch = group(groups).group_epoch
    async with coordinator(catalog, topics=topics) as groups:
        await settle(groups, one)
        assert (one.holds, group(groups).group_epoch) == (topics.all_partitions("orders_1"), epoch)
        assert not group(groups).subscribed.has("orders_hidden")
    topics.create("orders_2", 1)
    async with coordinator(catalog, topics=topics) as groups:
        await anyio.sleep(10)
        await settle(groups, one)

        assert one.holds == topics.all_partitions("orders_1", "orders_2")


async def test_many_topics_are_matched_elsewhere() -> None:
    """On a thread; the outcome is the same."""
    topics = FakeTopics(**{f"t{number}": 1 for number in range(501)})
    async with coordinator(topics=topics) as groups:
        one = Remote("one", (), topic_regex="t50.")
        await one.talk(groups)
        patterns = await groups.consumers._matches(group(groups).subscribed.patterns)

        assert patterns == {"t50.": {"t500"}}


async def test_an_empty_group_passes_to_the_other_protocol(catalog: TroubledCatalog) -> None:
    """There and back, its offsets stay, whatever the policy; one with members does not when migration is disabled."""
    async with coordinator(catalog, topics=FakeTopics(t=2), group_consumer_migration_policy="disabled") as groups:
        classic = Consumer(groups, "classic")
        await classic.come_in()
        assert await classic.commit(7) is ErrorCode.NONE
        with pytest.raises(BrokerError) as raised:
            await Remote("one").talk(groups)
        assert raised.value.code == ErrorCode.GROUP_ID_NOT_FOUND
        classic.leave()
        one = Remote("one")
        await one.talk(groups)
        assert groups.offset("g", "t", 0) is not None
        assert await catalog.load_groups() == []
        assert (await Consumer(groups, "late").send_join().wait()).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
        assert classic.beat() is ErrorCode.UNKNOWN_MEMBER_ID
        assert classic.leave() is ErrorCode.UNKNOWN_MEMBER_ID
        assert (await classic.send_sync().wait()).error is ErrorCode.UNKNOWN_MEMBER_ID
        await one.leave(groups)
        again = Consumer(groups, "again")
        await again.come_in()

        assert again.committed() == 7
        assert await catalog.load_consumer_groups() == []


async def test_offsets_are_taken_from_members_of_their_epoch(catalog: TroubledCatalog) -> None:
    """And of administrators while nobody is there."""
    async with coordinator(catalog, topics=FakeTopics(t=2)) as groups:
        one = Remote("one")
        await one.talk(groups)
        client = Consumer(groups, "one")
        client.member_id, client.generation = "one", one.epoch
        assert await client.commit(5) is ErrorCode.NONE
        client.generation = one.epoch + 1
        assert await client.commit(6) is ErrorCode.STALE_MEMBER_EPOCH
        assert groups.fetch_error("g", "one", one.epoch + 1) is ErrorCode.STALE_MEMBER_EPOCH
        assert groups.fetch_error("g", None, -1) is groups.fetch_error("none", "x", 1) is ErrorCode.NONE
        deleted = Answer()
        groups.delete_offsets("g", [("t", 0)], deleted)
        assert await deleted.wait() == (ErrorCode.NONE, {"t"})
        answer = Answer()
        groups.delete("g", answer)
        assert await answer.wait() is ErrorCode.NON_EMPTY_GROUP
        assert client.leave() is ErrorCode.NONE  # as an administrator removes it
        client.member_id, client.generation = "", -1
        assert await client.commit(8) is ErrorCode.NONE
        answer = Answer()
        groups.delete("g", answer)
        assert await answer.wait() is ErrorCode.NONE

        assert groups.group("g") is None
        assert await catalog.load_consumer_groups() == []


async def test_who_leaves_a_group_that_is_not_there_is_told() -> None:
    """And a member that nobody knows."""
    async with coordinator(topics=FakeTopics(t=2)) as groups:
        one = Remote("one")
        assert (await one.leave(groups)).code == ErrorCode.GROUP_ID_NOT_FOUND
        await Remote("two").talk(groups)

        assert (await one.leave(groups)).code == ErrorCode.UNKNOWN_MEMBER_ID


async def test_all_groups_together_are_bounded() -> None:
    """Whoever is there goes on; nobody joins, whatever the group."""
    async with coordinator(topics=FakeTopics(t=2), policy=GroupPolicy(total_bytes_max=3_000, groups_max=5)) as groups:
        one = Remote("one")
        await one.talk(groups)
        with pytest.raises(BrokerError) as raised:
            await Remote("two").talk(groups)
        assert raised.value.code == ErrorCode.COORDINATOR_NOT_AVAILABLE
        answer = Answer()
        groups.consumers.heartbeat("h", Remote("three").command(), answer)
        assert (await answer.wait()).code == ErrorCode.COORDINATOR_NOT_AVAILABLE

        assert (await one.talk(groups)).member_epoch == one.epoch


async def test_a_broker_that_stops_takes_no_more() -> None:
    """Members look for their coordinator elsewhere."""
    async with coordinator(topics=FakeTopics(t=2)) as groups:
        one = Remote("one")
        await one.talk(groups)
        groups.close()
        with pytest.raises(BrokerError) as raised:
            await one.talk(groups)

        assert raised.value.code == ErrorCode.COORDINATOR_NOT_AVAILABLE
