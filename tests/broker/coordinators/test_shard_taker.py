"""Shards pass from broker to broker while members join, commit and transact; on a virtual clock."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from trio.testing import MockClock

from broker.coordinators.groups.commands import JoinAnswer
from broker.errors import BrokerError, StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import TransactionStatus
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.conversation import Consumer
from tests.broker.coordinators.several_brokers import OneBroker, several_brokers

pytestmark = pytest.mark.anyio

NONE, NOT_COORDINATOR = ErrorCode.NONE, ErrorCode.NOT_COORDINATOR


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Minutes of protocol time pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Gate:
    """Holds up calls of the catalog whose names begin so."""

    def __init__(self, *calls: str) -> None:
        self.calls = calls
        self.opened = anyio.Event()
        self.reached = anyio.Event()

    async def __call__(self, call: str) -> None:
        await anyio.lowlevel.checkpoint()
        if call.startswith(self.calls):
            self.reached.set()
            await self.opened.wait()


async def nowhere(call: str) -> None:
    await anyio.lowlevel.checkpoint()


async def begin(broker: OneBroker, name: str = "x") -> tuple[int, int]:
    answer = await broker.transactions.init_producer(name, 60_000, -1, -1)
    assert not answer.error_code
    return answer.producer_id, answer.epoch


# --- groups ------------------------------------------------------------------------------------------------------------------


async def test_a_group_goes_on_where_its_shard_goes() -> None:
    """The generation, its members and their offsets are there; the broker it left knows nothing of it."""
    async with several_brokers(2) as (_, (one, two)):
        consumer = Consumer(one.groups, "c")
        await consumer.come_in()
        await consumer.commit(5)
        await one.hand_over()
        await two.take()

        assert consumer.beat() is NOT_COORDINATOR
        assert await consumer.commit(6) is NOT_COORDINATOR
        assert (len(one.groups), one.groups.member_count, one.groups.offset_count) == (0, 0, 0)
        consumer.groups = two.groups
        assert consumer.beat() is NONE
        assert consumer.committed() == 5
        assert await consumer.commit(6) is NONE


async def test_members_get_one_session_timeout_after_a_takeover() -> None:
    """Who is heard of in time stays, who is not goes."""
    async with several_brokers(2) as (_, (one, two)):
        consumer = Consumer(one.groups, "c")
        await consumer.come_in()
        await anyio.sleep(9)
        one.is_robbed()
        await two.take()
        consumer.groups = two.groups
        await anyio.sleep(9)
        assert consumer.beat() is NONE
        await anyio.sleep(11)

        assert two.groups.group("g").state.value == "Empty"  # type: ignore[union-attr]
        assert consumer.beat() is ErrorCode.UNKNOWN_MEMBER_ID


async def test_who_waits_for_others_is_sent_on_at_once() -> None:
    """A join that waits for the rest of the group, and a sync that waits for the leader."""
    async with several_brokers(1) as (_, (one,)):
        leader, follower = Consumer(one.groups, "l"), Consumer(one.groups, "f")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leader.join)
            tasks.start_soon(follower.join)
        if one.groups.group("g").leader == follower.member_id:  # type: ignore[union-attr]
            leader, follower = follower, leader
        joining = Consumer(one.groups, "c", group="joins", instance="i").send_join()
        syncing = follower.send_sync(ghost=b"")
        assert not joining.is_there
        assert not syncing.is_there
        await one.taker.give_up([shard_of("g"), shard_of("joins")], lost=True)

        assert (joining.value.error, syncing.value.error) == (NOT_COORDINATOR, NOT_COORDINATOR)


async def test_what_was_decided_is_written_before_a_shard_is_given_up() -> None:
    """A commit on its way is answered as it ends; the shard is free only then."""
    async with several_brokers(2) as (_, (one, two)):
        gate = Gate("commit")
        one.catalog.way(gate, nowhere)
        consumer = Consumer(one.groups, "c")
        answer = consumer.send_commit(5)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.hand_over)
            await gate.reached.wait()
            await anyio.wait_all_tasks_blocked()
            assert Consumer(one.groups, "d").send_commit(6).value is NOT_COORDINATOR
            assert await two.catalog.claim_shards([shard_of("g")]) == {}
            gate.opened.set()
        assert await answer.wait() is NONE
        await two.take()

        assert Consumer(two.groups, "c").committed() == 5


async def test_a_zombie_acknowledges_nothing_and_hears_of_it() -> None:
    """Its write comes to the catalog after another broker took over: the client is told, and the shard is given up."""
    async with several_brokers(2) as (_, (one, two)):
        gate = Gate("commit")
        one.catalog.way(gate, nowhere)
        late, queued = Consumer(one.groups, "c").send_commit(5), Consumer(one.groups, "c").send_commit(6)
        other = Consumer(one.groups, "o", group="other").send_commit(1)
        await gate.reached.wait()
        queued = Consumer(one.groups, "c").send_commit(7)
        one.is_robbed([shard_of("g")])
        await two.take()
        assert await Consumer(two.groups, "c").commit(8) is NONE
        gate.opened.set()

        assert await late.wait() is NOT_COORDINATOR
        assert await queued.wait() is NOT_COORDINATOR
        assert await other.wait() is NONE, "only that shard is lost"
        assert one.lost == [shard_of("g")]
        assert one.groups.error_of("g") is NOT_COORDINATOR
        assert await two.catalog.read_offsets("g") == await two.catalog.load_offsets([shard_of("g")])
        assert Consumer(two.groups, "c").committed() == 8


async def test_a_shard_is_loading_until_all_of_it_is_there() -> None:
    """What may be asked again is answered so; a heartbeat is told that all is well."""
    async with several_brokers(2) as (_, (one, two)):
        consumer = Consumer(one.groups, "c")
        await consumer.come_in()
        await one.hand_over()
        gate = Gate("load_offsets")
        two.catalog.way(gate, nowhere)
        consumer.groups = two.groups
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(two.take)
            await gate.reached.wait()
            joined: JoinAnswer = consumer.send_join().value
            assert joined.error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            assert consumer.send_sync().value.error is ErrorCode.REBALANCE_IN_PROGRESS
            assert consumer.beat() is NONE
            assert two.groups.list_error() is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
            assert two.transactions.error_of("g") is NOT_COORDINATOR
            gate.opened.set()

        assert two.groups.list_error() is NONE
        assert consumer.beat() is NONE


async def test_a_shard_that_is_lost_while_it_loads_is_not_served() -> None:
    """Neither then nor when the load is over."""
    async with several_brokers(2) as (_, (one, two)):
        await Consumer(one.groups, "c").commit(5)
        await one.hand_over()
        gate = Gate("load_offsets")
        two.catalog.way(gate, nowhere)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(two.take)
            await gate.reached.wait()
            await two.taker.give_up([shard_of("g")], lost=True)
            gate.opened.set()

        assert two.groups.error_of("g") is NOT_COORDINATOR
        assert len(two.groups) == two.groups.offset_count == 0


async def test_a_shard_that_cannot_be_loaded_is_not_served() -> None:
    """The keeper hears of it and tries again."""
    async with several_brokers(2) as (_, (one, two)):
        await one.hand_over()
        await two.catalog.claim_shards([1, 2])
        two.catalog.reachable = False
        with pytest.raises(StorageUnavailable):
            await two.taker.take([1, 2])
        assert two.groups.list_error() is NONE
        two.catalog.reachable = True
        await two.taker.take([1, 2])

        assert two.groups.error_of("g") is (NONE if shard_of("g") in (1, 2) else NOT_COORDINATOR)


async def test_a_group_deleted_under_a_takeover_is_answered() -> None:
    """Whoever waits for the deletion finds the new coordinator."""
    async with several_brokers(1) as (_, (one,)):
        await Consumer(one.groups, "c").commit(5)
        one.catalog.way(Gate("delete"), nowhere)
        told: list[ErrorCode] = []
        one.groups.delete("g", told.append)
        await anyio.wait_all_tasks_blocked()
        await one.taker.give_up([shard_of("g")], lost=True)

        assert told == [NOT_COORDINATOR]


# --- offsets and transactions ------------------------------------------------------------------------------------------------


async def test_offsets_that_a_transaction_commits_elsewhere_are_seen() -> None:
    """The group's coordinator carries them, the transaction's ends it; while it is open they are pending."""
    async with several_brokers(2) as (_, (one, two)):
        await one.hand_over([shard_of("g")])
        await two.take([shard_of("g")])
        producer = await begin(one)
        offsets = {("g", "t", 0): CommittedOffset(offset=5)}
        assert await two.transactions.add_offsets("x", *producer, offsets, "g") is NONE
        assert two.groups.offset_reader is not None
        before = await two.groups.offset_reader.read("g")
        assert (before.offsets, before.is_pending("g", "t", 0)) == ({}, True)
        assert not (await one.transactions.end("x", *producer, commit=True, bump=True)).error_code

        after = await two.groups.offset_reader.read("g")
        assert (after.offsets["t"][0].offset, after.is_pending("g", "t", 0)) == (5, False)
        assert [group.group_id for group in two.groups.groups()] == ["g"]


async def test_a_zombie_carries_no_offsets() -> None:
    """Who may commit is known to the group's coordinator only."""
    async with several_brokers(2) as (_, (one, two)):
        producer = await begin(one)
        one.is_robbed([shard_of("g")])
        await two.take([shard_of("g")])
        offsets = {("g", "t", 0): CommittedOffset(offset=5)}

        assert await one.transactions.add_offsets("x", *producer, offsets, "g") is NOT_COORDINATOR
        assert await two.catalog.pending_offset_keys("g") == set()


async def test_records_open_a_transaction_wherever_they_come() -> None:
    """Its coordinator ends all of it; what is known to be in it is not asked for again."""
    async with several_brokers(2) as (world, (one, two)):
        topic = await one.catalog.create_topic("t", b"t" * 16, 2, 1, {}, 0)
        producer = await begin(one)
        assert not two.transactions.has_joined("x", *producer, topic.partitions)
        assert await two.transactions.join_partitions("x", *producer, topic.partitions) is NONE
        assert two.transactions.has_joined("x", *producer, topic.partitions)
        assert await two.transactions.add_partitions("x", *producer, topic.partitions) is NOT_COORDINATOR
        answer = await one.transactions.end("x", *producer, commit=True, bump=True)

        assert not answer.error_code
        assert not two.transactions.has_joined("x", answer.producer_id, answer.epoch, topic.partitions)
        assert len(world.ended) == 1
        late = await two.transactions.join_partitions("x", *producer, topic.partitions)
        assert late is ErrorCode.PRODUCER_FENCED


async def test_a_transaction_goes_on_with_its_new_coordinator() -> None:
    """It is open there, and is ended once, by whoever coordinates it."""
    async with several_brokers(2) as (world, (one, two)):
        producer = await begin(one)
        assert await one.transactions.add_group("x", *producer, "g") is NONE
        await one.hand_over()
        await two.take()

        assert (await one.transactions.end("x", *producer, commit=True, bump=True)).error_code is NOT_COORDINATOR
        assert (await one.transactions.init_producer("x", 60_000, -1, -1)).error_code is NOT_COORDINATOR
        assert two.transactions.open_count == 1
        ended = await two.transactions.end("x", *producer, commit=True, bump=True)
        again = await two.transactions.end("x", *producer, commit=True, bump=True)
        assert (ended.error_code, again.error_code, again.epoch) == (NONE, NONE, ended.epoch)
        assert len(world.ended) == 1
        assert one.transactions.transactions() == []


async def test_who_holds_the_shard_ends_what_outlives_its_timeout() -> None:
    """Though it was opened through another broker, and after the coordinator took over."""
    async with several_brokers(2, transaction_abort_timed_out_transaction_cleanup_interval_ms=5_000) as (world, (one, two)):
        topic = await one.catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)
        producer = await begin(one)
        await one.hand_over()
        await two.take()
        await one.transactions.join_partitions("x", *producer, topic.partitions)
        await anyio.sleep(59)
        assert world.ended == []
        await anyio.sleep(7)

        assert len(world.ended) == 1
        state = await two.transactions.look_up("x")
        assert state is not None
        assert (state.status, state.epoch) == (TransactionStatus.COMPLETE_ABORT, producer[1] + 1)


async def test_a_turn_is_over_before_its_shard_is_given_up() -> None:
    """The end that was asked for is answered by who began it."""
    async with several_brokers(2) as (_, (one, two)):
        producer = await begin(one)
        await one.transactions.add_group("x", *producer, "g")
        gate = Gate("end_transaction")
        one.catalog.way(gate, nowhere)
        answers: list[ErrorCode] = []

        async def end() -> None:
            answers.append((await one.transactions.end("x", *producer, commit=True, bump=True)).error_code)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            await gate.reached.wait()
            tasks.start_soon(one.hand_over)
            await anyio.wait_all_tasks_blocked()
            assert await two.catalog.claim_shards([shard_of("x")]) == {}
            gate.opened.set()

        assert answers == [NONE]


async def test_connections_from_before_a_takeover_are_given_up() -> None:
    """What comes over them may have been done elsewhere since, and looks like a request of now to who has no epoch for each transaction."""
    async with several_brokers(2) as (_, (one, two)):
        producer = await begin(one)
        two.transactions.newest_connection = lambda: 7
        await one.hand_over()
        await two.take()

        assert await two.transactions.add_group("x", *producer, "g", 7) is ErrorCode.NETWORK_EXCEPTION
        assert await two.transactions.add_group("x", *producer, "g", 8) is NONE


async def test_expired_offsets_are_judged_by_what_the_catalog_has() -> None:
    """A transaction may have committed newer ones through another broker."""
    async with several_brokers(2, offsets_retention_minutes=10) as (_, (one, two)):
        await one.hand_over([shard_of("g")])
        await two.take([shard_of("g")])
        await Consumer(two.groups, "c").commit(5)
        await anyio.sleep(700)
        producer = await begin(one)
        fresh = {("g", "t", 0): CommittedOffset(offset=6, commit_ms=1_700_000_000_000 + 700_000)}
        await two.transactions.add_offsets("x", *producer, fresh, "g")
        await two.groups.sweep()
        await one.transactions.end("x", *producer, commit=True, bump=True)
        await two.groups.sweep()
        await two.groups.drain()
        assert await one.catalog.read_offsets("g") == fresh
        await anyio.sleep(700)
        await two.groups.sweep()
        await two.groups.drain()

        assert await one.catalog.read_offsets("g") == {}
        assert len(two.groups) == 0


async def test_a_catalog_that_cannot_be_reached_loses_no_shard() -> None:
    """Clients try again; the shard is this broker's still."""
    async with several_brokers(1) as (_, (one,)):
        producer = await begin(one)
        one.catalog.reachable = False
        assert await Consumer(one.groups, "c").commit(5) is NOT_COORDINATOR
        assert (await one.transactions.end("x", *producer, commit=True, bump=True)).error_code is NOT_COORDINATOR
        with pytest.raises(BrokerError):
            await one.transactions.look_up("x")
        one.catalog.reachable = True

        assert one.lost == []
        assert await Consumer(one.groups, "c").commit(5) is NONE
