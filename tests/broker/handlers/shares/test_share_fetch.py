"""ShareFetch: records given once, sessions, waiting, and what comes with a request."""

from typing import Any

import anyio
import pytest

from broker.coordinators.shares.limits import READ_COMMITTED, ShareLimits
from broker.coordinators.shares.share_partition import ACCEPT, RELEASE
from broker.errors import StorageUnavailable
from broker.wire.error_codes import ErrorCode
from tests.broker.handlers.shares.members import Member, acquired, bases, partitions_of
from tests.broker.log.harness import Log, batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer

pytestmark = pytest.mark.anyio


async def two_members(log: Log, **topic: Any) -> tuple[Member, Member]:
    state = await log.topic(**topic)
    return Member(log, state), Member(log, state, "bob")


async def test_a_record_is_given_to_one_member() -> None:
    """With its batch whole; the other gets what comes behind it."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(3), batch(2))
        first = await ann.fetch(max_records=1)
        second = await bob.fetch()

        assert (acquired(first), bases(partitions_of(first)[0])) == ([(0, 2, 1)], [0])
        assert (acquired(second), bases(partitions_of(second)[0])) == ([(3, 4, 1)], [3])
        assert first.acquisition_lock_timeout_ms == log.share_limits.lock_ms


async def test_what_is_accepted_with_a_fetch_is_done() -> None:
    """And the answer says so beside the next records."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(2), batch(1))
        await ann.fetch(max_records=1)
        second = await ann.fetch((0, 1, [ACCEPT, RELEASE]))

        (data,) = partitions_of(second)
        assert (data.error_code, data.acknowledge_error_code) == (0, 0)
        assert acquired(second) == [(1, 1, 2), (2, 2, 1)]
        assert acquired(await bob.fetch()) == []


async def test_a_limit_of_records_may_be_exact() -> None:
    """Mode 1 splits a batch; its bytes come whole each time."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(5))
        first = await ann.fetch(max_records=2, share_acquire_mode=1)
        second = await bob.fetch(max_records=9, share_acquire_mode=1)

        assert (acquired(first), acquired(second)) == ([(0, 1, 1)], [(2, 4, 1)])
        assert bases(partitions_of(first)[0]) == bases(partitions_of(second)[0]) == [0]


async def test_ranges_end_where_batches_do() -> None:
    """They have about as many records as the member would like."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        await log.append(ann.state.pids[0], *[batch(2) for _ in range(5)])

        assert acquired(await ann.fetch(batch_size=3)) == [(0, 3, 1), (4, 7, 1), (8, 9, 1)]


async def test_waits_for_an_arrival() -> None:
    """As long as max_wait_ms at most, which is then an empty answer."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        answers: list[Any] = []

        async def wait() -> None:
            answers.append(await ann.fetch(max_wait_ms=60_000))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await log.append(ann.state.pids[0], batch(1))
        assert acquired(answers[0]) == [(0, 0, 1)]
        assert acquired(await bob.fetch(max_wait_ms=1)) == []


async def test_waits_for_what_others_release() -> None:
    """Whether they say so or leave."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(1), batch(1))
        await ann.fetch()
        given: list[Any] = []

        async def wait() -> None:
            given.append(acquired(await bob.fetch(max_wait_ms=60_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            assert await ann.said((0, 0, [RELEASE])) is ErrorCode.NONE
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            ann.connection.ended()

        assert given == [[(0, 0, 2)], [(1, 1, 2)]]


async def test_a_lock_ends_in_time() -> None:
    """The record is given to who waits, and what the slow one says then does not count."""
    async with running_log() as log:
        log.share_limits = ShareLimits(lock_ms=30)
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(1))
        await ann.fetch()

        assert acquired(await bob.fetch(max_wait_ms=60_000)) == [(0, 0, 2)]
        assert await ann.said((0, 0, [ACCEPT])) is ErrorCode.INVALID_RECORD_STATE


async def test_min_bytes_are_waited_for() -> None:
    """Nothing is acquired before; when the time is over what there is comes."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(1))
        answers: list[Any] = []

        async def wait() -> None:
            answers.append(acquired(await ann.fetch(min_bytes=150, max_wait_ms=60_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            assert not log.share_partitions.locks_held
            await log.append(ann.state.pids[0], batch(1), batch(1))
        assert answers == [[(0, 2, 1)]]
        await log.append(ann.state.pids[0], batch(1))
        assert acquired(await bob.fetch(min_bytes=1000, max_wait_ms=20)) == [(3, 3, 1)]


async def test_sessions_go_on_epoch_by_epoch() -> None:
    """Another epoch, or no session, is an error of the whole request."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        assert (await bob.fetch(share_session_epoch=1)).error_code == ErrorCode.SHARE_SESSION_NOT_FOUND
        assert (await bob.fetch(share_session_epoch=-1)).error_code == ErrorCode.SHARE_SESSION_NOT_FOUND
        assert len(partitions_of(await ann.fetch())) == 1
        assert partitions_of(await ann.fetch()) == []
        assert (await ann.fetch(share_session_epoch=7)).error_code == ErrorCode.INVALID_SHARE_SESSION_EPOCH
        assert (await ann.fetch(share_session_epoch=-1)).error_code == ErrorCode.NONE
        assert (await ann.fetch()).error_code == ErrorCode.SHARE_SESSION_NOT_FOUND


async def test_what_a_session_forgets_is_not_read() -> None:
    """New partitions are answered once, whether they have anything or not."""
    async with running_log() as log:
        ann, _ = await two_members(log, partitions=2)
        for pid in ann.state.pids:
            await log.append(pid, batch(1))
        await ann.fetch(partitions=[0])
        both = await ann.fetch(partitions=[1])
        assert [(data.partition_index, len(data.acquired_records)) for data in partitions_of(both)] == [(1, 1)]
        for pid in ann.state.pids:
            await log.append(pid, batch(1))
        assert [data.partition_index for data in partitions_of(await ann.fetch(partitions=[], forget=[0]))] == [1]


async def test_the_first_request_acknowledges_nothing() -> None:
    """There is nothing that the member could have."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        assert (await ann.fetch((0, 0, [ACCEPT]))).error_code == ErrorCode.INVALID_REQUEST


async def test_the_last_request_acknowledges_and_releases() -> None:
    """It fetches nothing."""
    async with running_log() as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], batch(1), batch(1))
        await ann.fetch()
        last = await ann.fetch((0, 0, [ACCEPT]), share_session_epoch=-1)
        assert [data.acknowledge_error_code for data in partitions_of(last)] == [0]
        assert acquired(last) == []
        assert acquired(await bob.fetch()) == [(1, 1, 2)]


async def test_there_are_so_many_sessions() -> None:
    """One more is told so, after a while."""
    async with running_log() as log:
        log.share_sessions_max = 1
        ann, bob = await two_members(log)
        await ann.fetch()
        before = anyio.current_time()
        assert (await bob.fetch(max_wait_ms=30)).error_code == ErrorCode.SHARE_SESSION_LIMIT_REACHED
        assert anyio.current_time() - before > 0.02
        ann.connection.ended()
        assert not (await bob.fetch()).error_code


async def test_partitions_that_are_not_there() -> None:
    """Each has its error; others are read."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        await log.append(ann.state.pids[0], batch(1))
        errors = {data.partition_index: data.error_code for data in partitions_of(await ann.fetch(partitions=[0, 5]))}
        assert errors == {0: 0, 5: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
        other = Member(log, ann.state, "cid")
        (data,) = partitions_of(await other.fetch(topic_id=b"x" * 16))
        assert data.error_code == ErrorCode.UNKNOWN_TOPIC_ID


@pytest.mark.parametrize("ids", [{"group_id": None}, {"member_id": None}, {"member_id": ""}, {"member_id": "m" * 37}])
async def test_ids_that_are_none(ids: dict[str, Any]) -> None:
    """INVALID_REQUEST."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        assert (await ann.fetch(**ids)).error_code == ErrorCode.INVALID_REQUEST


async def test_aborted_records_are_not_given() -> None:
    """A read_committed group stops at the last stable offset, and is given markers like records."""
    async with running_log() as log:
        log.share_limits = ShareLimits(isolation=READ_COMMITTED)
        ann, _ = await two_members(log)
        pid = ann.state.pids[0]
        producer = await TransactionalProducer(log).init()
        await producer.add(pid)
        await log.append(pid, producer.batch(pid, 2), batch(1))
        assert acquired(await ann.fetch()) == []
        await producer.end(commit=False)
        assert acquired(await ann.fetch()) == [(2, 3, 1)]


async def test_records_in_the_store_are_read_by_one_member() -> None:
    """And each is given once though both ask at a time."""
    async with running_log(tail_bytes=0) as log:
        ann, bob = await two_members(log)
        await log.append(ann.state.pids[0], *[batch(1) for _ in range(10)])
        given: list[tuple[int, int, int]] = []

        async def ask(member: Member) -> None:
            for _ in range(2):
                given.extend(acquired(await member.fetch(max_records=2, max_wait_ms=1000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, ann)
            tasks.start_soon(ask, bob)
        assert sorted(given) == [(0, 1, 1), (2, 3, 1), (4, 5, 1), (6, 7, 1)]


async def test_data_that_cannot_be_read_is_an_error_of_its_partition() -> None:
    """Nothing of it is acquired."""
    async with running_log(tail_bytes=0) as log:
        ann, _ = await two_members(log)
        await log.append(ann.state.pids[0], batch(1))
        log.store.read_error = StorageUnavailable("gone")
        (data,) = partitions_of(await ann.fetch())
        assert data.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        log.store.read_error = None
        assert acquired(await ann.fetch()) == [(0, 0, 1)]


async def test_deleted_records_are_done_with() -> None:
    """The group goes on where the log begins."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        pid = ann.state.pids[0]
        await log.append(pid, batch(2), batch(2))
        await ann.fetch(max_records=1)
        await log.catalog.advance_log_start(pid, 3)
        assert acquired(await ann.fetch()) == [(3, 3, 1)]
        assert await ann.said((0, 1, [ACCEPT])) is ErrorCode.NONE


async def test_nobody_waits_when_the_broker_stops() -> None:
    """What is waited for is answered with nothing."""
    async with running_log() as log:
        ann, _ = await two_members(log)
        answers: list[Any] = []

        async def wait() -> None:
            answers.append(acquired(await ann.fetch(max_wait_ms=600_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            log.share_partitions.close()
        assert answers == [[]]


async def test_what_a_member_has_outlives_its_interest() -> None:
    """In partitions it has forgotten, and over a new session; with its connection all of it goes."""
    async with running_log() as log:
        ann, bob = await two_members(log, partitions=2)
        for pid in ann.state.pids:
            await log.append(pid, batch(1))
        await ann.fetch(partitions=[0, 1])
        await ann.fetch(partitions=[], forget=[0])
        ann.epoch = 0
        await ann.fetch(partitions=[1])
        assert acquired(await bob.fetch(partitions=[0, 1])) == []
        assert await ann.said((0, 0, [ACCEPT])) is ErrorCode.NONE
        await log.append(ann.state.pids[0], batch(1))
        await ann.fetch(partitions=[0])
        await ann.fetch(partitions=[], forget=[0])
        ann.connection.ended()
        assert acquired(await bob.fetch(partitions=[])) == [(1, 1, 2), (0, 0, 2)]
        log.share_sessions_max = 0
        bob.epoch = 0
        assert (await bob.fetch()).error_code == ErrorCode.SHARE_SESSION_LIMIT_REACHED
        assert log.share_partitions.locks_held == 0
