"""Groups that pass from one protocol to the other, through the coordinator: stored in one step, told afterwards, undone when it fails."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.embedded_protocol import read_assignment, write_assignment
from broker.coordinators.groups.rebalancing import GroupState
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from observability.metrics import REGISTRY
from tests.broker.coordinators.conversation import Answer, Consumer, TroubledCatalog, coordinator
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics
from tests.broker.coordinators.test_consumer_group_coordinator import Remote

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Hours of protocol time pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@pytest.fixture
def catalog() -> TroubledCatalog:
    return TroubledCatalog()


def classic(groups: GroupCoordinator, name: str = "classic", **options: Any) -> Consumer:
    """A consumer whose metadata is a subscription to t, in version 0."""
    member = Consumer(groups, name, subscribes=("t",), **options)
    member.metadata += b"\xff\xff\xff\xff"
    return member


async def come_in(member: Consumer, topics: FakeTopics) -> None:
    """Alone in a classic group, with all partitions of t."""
    assert not (await member.join()).error
    topic = topics.by_name("t")
    assert topic is not None
    await member.send_sync(**{member.member_id: write_assignment(0, {"t": frozenset(range(len(topic.pids)))})}).wait()


async def rejoin(member: Consumer) -> set[int]:
    """Join a group that the coordinator leads, and what it is assigned."""
    assert not (await member.join()).error
    answer = await member.sync()
    assert not answer.error
    return set(read_assignment(answer.assignment).partitions.get("t", ()))


def conversions(to: str) -> float:
    return REGISTRY.get_sample_value("penstock_group_conversions_total", {"to": to}) or 0


async def test_there_and_back(catalog: TroubledCatalog) -> None:
    """A classic group becomes a consumer group with the first consumer, and classic again with the last one's leaving; offsets stay,
    each step is one transaction."""
    before = (conversions("consumer"), conversions("classic"))
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, two = classic(groups), Remote("two")
        await come_in(one, topics)
        assert await one.commit(7) is ErrorCode.NONE
        catalog.calls.clear()
        await two.talk(groups)
        assert catalog.calls == [f"save g {one.generation + 1} 2"]
        assert isinstance(groups.group("g"), ConsumerGroup)
        assert await catalog.load_groups() == []
        assert one.beat() is ErrorCode.REBALANCE_IN_PROGRESS
        assert await one.commit(8) is ErrorCode.NONE
        await anyio.sleep(2)
        assert len(await rejoin(one)) == 2
        await two.talk(groups)
        assert len(two.holds) == 2
        assert one.beat() is ErrorCode.NONE
        catalog.calls.clear()
        await two.leave(groups)
        assert catalog.calls == [f"save g {one.generation}"]
        group = groups.group("g")
        assert isinstance(group, ClassicGroup)
        assert group.state is GroupState.PREPARING_REBALANCE
        assert await catalog.load_consumer_groups() == []
        assert one.beat() is ErrorCode.REBALANCE_IN_PROGRESS
        await come_in(one, topics)

        assert one.committed() == 8
        assert (conversions("consumer"), conversions("classic")) == (before[0] + 1, before[1] + 1)


async def test_members_that_wait_are_told_to_come_again(catalog: TroubledCatalog) -> None:
    """A rebalance that is under way ends where it is."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, late = classic(groups), classic(groups, "late")
        await come_in(one, topics)
        late.member_id = (await late.send_join().wait()).member_id
        waiting = late.send_join()
        await anyio.sleep(1)
        assert not waiting.is_there
        await Remote("two").talk(groups)
        answer = await waiting.wait()
        assert (answer.error, answer.member_id) == (ErrorCode.REBALANCE_IN_PROGRESS, late.member_id)
        await anyio.sleep(2)

        assert not (await late.join()).error


async def test_nobody_is_told_before_it_is_stored(catalog: TroubledCatalog) -> None:
    """Neither who makes the group another one, nor a classic member that joins it, nor who leaves it."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, two = classic(groups), Remote("two")
        await come_in(one, topics)
        catalog.gate = anyio.Event()
        joins = two.send(groups)
        rejoins = one.send_join()
        await anyio.sleep(1)
        assert not joins.is_there
        assert not rejoins.is_there
        catalog.gate.set()
        await joins.wait()
        one.generation = (await rejoins.wait()).generation
        catalog.gate = anyio.Event()
        leaves = Answer()
        groups.consumers.leave("g", "two", None, -1, leaves)
        await anyio.sleep(1)
        assert not leaves.is_there
        catalog.gate.set()
        assert (await leaves.wait()).member_epoch == -1


async def test_a_conversion_that_is_not_stored_leaves_a_classic_group(catalog: TroubledCatalog) -> None:
    """Whatever the policy: who made it one has not joined, the others rebalance as before."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics, group_consumer_migration_policy="upgrade") as groups:
        one, two = classic(groups), Remote("two")
        await come_in(one, topics)
        catalog.failing = True
        assert isinstance(await two.send(groups).wait(), BrokerError)
        assert isinstance(groups.group("g"), ClassicGroup)
        catalog.failing = False
        assert one.beat() in (ErrorCode.REBALANCE_IN_PROGRESS, ErrorCode.ILLEGAL_GENERATION)
        await come_in(one, topics)
        (stored,) = await catalog.load_groups()
        assert stored.generation == one.generation
        assert await catalog.load_consumer_groups() == []
        await two.talk(groups)

        assert isinstance(groups.group("g"), ConsumerGroup)


async def test_a_classic_member_whose_joining_is_not_stored_has_not_joined(catalog: TroubledCatalog) -> None:
    """It hears an error that it tries again on."""
    async with coordinator(catalog, topics=FakeTopics(t=4)) as groups:
        one, two = Remote("one"), classic(groups)
        await one.talk(groups)
        two.member_id = (await two.send_join().wait()).member_id
        catalog.failing = True
        assert (await two.send_join().wait()).error is ErrorCode.NOT_COORDINATOR
        catalog.failing = False
        group = groups.group("g")
        assert isinstance(group, ConsumerGroup)
        assert set(group.members) == {"one"}
        assert not (await two.join()).error


@pytest.mark.parametrize("ends", ["silence", "removal"])
async def test_the_last_consumer_may_go_in_other_ways(catalog: TroubledCatalog, ends: str) -> None:
    """Its session ends, or an administrator takes it out."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, two = Remote("one"), classic(groups)
        await one.talk(groups)
        await rejoin(two)
        if ends == "removal":
            leaver = Consumer(groups, "")
            leaver.member_id = "one"
            assert leaver.leave() is ErrorCode.NONE
        for _ in range(20):
            await anyio.sleep(3)
            if two.beat():
                break
        group = groups.group("g")

        assert isinstance(group, ClassicGroup)
        assert group.member_count == 1


async def test_the_last_static_consumer_is_replaced_by_a_classic_member(catalog: TroubledCatalog) -> None:
    """With nothing to move the classic group goes on at once, without a rebalance."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one = Remote("one", instance_id="i")
        await one.talk(groups)
        two = classic(groups, instance="i")
        answer = await two.join()
        assert (answer.error, answer.generation) == (ErrorCode.NONE, one.epoch)
        group = groups.group("g")
        assert isinstance(group, ClassicGroup)
        assert group.state is GroupState.STABLE
        synced = await two.sync()

        assert len(read_assignment(synced.assignment).partitions["t"]) == 4


async def test_a_replaced_consumer_leaves_nobody_waiting(catalog: TroubledCatalog) -> None:
    """Somebody had not got yet what it is to have: the classic group rebalances, or nobody would read that."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, two = Remote("one", instance_id="i"), classic(groups)
        await one.talk(groups)
        await anyio.sleep(2)
        assert await rejoin(two) == set()
        three = classic(groups, "three", instance="i")
        assert not (await three.join()).error
        group = groups.group("g")
        assert isinstance(group, ClassicGroup)
        assert group.state is GroupState.PREPARING_REBALANCE

        assert two.beat() is ErrorCode.REBALANCE_IN_PROGRESS


async def test_a_disabled_migration_refuses_both_ways(catalog: TroubledCatalog) -> None:
    """Each in its protocol's words."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics, group_consumer_migration_policy="disabled") as groups:
        one = classic(groups)
        await come_in(one, topics)
        with pytest.raises(BrokerError) as raised:
            await Remote("two").talk(groups)
        assert raised.value.code == ErrorCode.GROUP_ID_NOT_FOUND
        one.leave()
        await Remote("two").talk(groups)

        assert (await classic(groups, "three").send_join().wait()).error is ErrorCode.INCONSISTENT_GROUP_PROTOCOL


async def test_a_restart_in_the_middle_goes_on(catalog: TroubledCatalog) -> None:
    """Of a mixed group: members of both kinds go on where they were. Of one that has just become classic: its members rebalance."""
    topics = FakeTopics(t=4)
    async with coordinator(catalog, topics=topics) as groups:
        one, two = classic(groups), Remote("two")
        await come_in(one, topics)
        await two.talk(groups)
        await anyio.sleep(2)
        await rejoin(one)
        await two.talk(groups)
    async with coordinator(catalog, topics=topics) as groups:
        one.groups = groups
        assert one.beat() is ErrorCode.NONE
        await two.talk(groups)
        assert len(two.holds) == 2
        assert len(read_assignment((await one.sync()).assignment).partitions["t"]) == 2
        await two.leave(groups)
    async with coordinator(catalog, topics=topics) as groups:
        one.groups = groups
        assert one.beat() is ErrorCode.REBALANCE_IN_PROGRESS
        await come_in(one, topics)

        assert one.beat() is ErrorCode.NONE
