"""What comes from the catalog with a shard, and what is left when it goes."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators.groups.share_member import ShareCommand
from broker.model import CommittedOffset
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import Answer, Consumer
from tests.broker.coordinators.several_brokers import OneBroker, several_brokers

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Minutes pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def share(broker: OneBroker, group_id: str, epoch: int = 0, member_id: str = "m") -> Any:
    answer = Answer()
    command = ShareCommand(
        member_id=member_id,
        member_epoch=epoch,
        rack_id=None,
        client_id="c",
        client_host="/h",
        topic_names=frozenset({"t"}) if epoch == 0 else None,
    )
    broker.groups.shares.heartbeat(group_id, command, answer)
    return await answer.wait()


async def test_only_what_belongs_to_the_shard_comes_and_goes() -> None:
    """Groups of every kind, and offsets without a group; what is counted in memory goes down to what is left."""
    async with several_brokers(2, group_initial_rebalance_delay_ms=0) as (_, (one, two)):
        consumers = [Consumer(one.groups, "c", group=f"g{number}") for number in range(6)]
        for consumer in consumers:
            await consumer.come_in()
        joined = await share(one, "shared")
        await one.catalog.commit_offsets({("offsets only", "t", 0): CommittedOffset(offset=5)})
        moved = sorted({shard_of("g0"), shard_of("shared"), shard_of("offsets only")})
        expected = {group.group_id for group in one.groups.groups() if shard_of(group.group_id) in moved} | {"offsets only"}
        await one.hand_over(moved)
        await two.take(moved)

        assert {group.group_id for group in two.groups.groups()} == expected
        assert two.groups.offset("offsets only", "t", 0) is not None
        assert (await share(two, "shared", joined.member_epoch)).member_epoch == joined.member_epoch
        assert len(one.groups) + len(two.groups) == 8
        assert one.groups.member_count + two.groups.member_count == 7
        await one.hand_over()
        assert (len(one.groups), one.groups.member_count, one.groups.offset_count) == (0, 0, 0)


async def test_offsets_of_topics_that_are_not_known_stay_where_they_are() -> None:
    """Another broker may have made the topic a moment ago."""
    async with several_brokers(1) as (_, (one,)):
        await Consumer(one.groups, "c").commit(5)
        one.groups._taker._topic_exists = lambda name, topic_id: False
        await one.taker.take([shard_of("g")])

        assert one.groups.offset_count == 0
        assert set(await one.catalog.read_offsets("g")) == {("g", "t", 0)}


async def test_timers_of_groups_that_went_do_nothing() -> None:
    """Nobody is thrown out by who coordinates the group no longer."""
    async with several_brokers(2) as (_, (one, two)):
        consumer = Consumer(one.groups, "c")
        await consumer.come_in()
        await one.hand_over()
        await anyio.sleep(60)
        await two.take()
        consumer.groups = two.groups

        assert consumer.beat() is ErrorCode.NONE
        assert one.lost == []
