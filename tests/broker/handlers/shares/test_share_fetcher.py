"""How one ShareFetch reads and waits; what it gives is tested with its handler."""

import anyio
import pytest

from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import ACCEPT, RELEASE
from broker.errors import StorageUnavailable
from broker.wire.error_codes import ErrorCode
from tests.broker.handlers.shares.members import Member, acquired, partitions_of
from tests.broker.log.harness import batch, running_log

pytestmark = pytest.mark.anyio


async def test_partitions_take_turns() -> None:
    """One that gave records comes last the next time."""
    async with running_log() as log:
        state = await log.topic(partitions=3)
        for pid in state.pids:
            await log.append(pid, *[batch(1) for _ in range(3)])
        ann = Member(log, state)
        served = []
        for _ in range(4):
            answer = await ann.fetch(partitions=range(3) if not ann.epoch else (), max_records=1)
            served.append(
                [
                    data.partition_index
                    for topic in answer.responses
                    for data in topic.partitions
                    if data.acquired_records
                ]
            )
        assert served == [[0], [1], [2], [0]]


async def test_who_waits_for_room_is_woken() -> None:
    """A full window is no reason to ask the log again and again."""
    async with running_log() as log:
        log.share_limits = ShareLimits(locks_max=2)
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob")
        await log.append(state.pids[0], *[batch(1) for _ in range(4)])
        await ann.fetch(max_records=2)
        given = []

        async def wait() -> None:
            given.append(acquired(await bob.fetch(max_records=1, max_wait_ms=60_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            assert len(log.waiting) == 0
            assert await ann.said((0, 0, [ACCEPT])) is ErrorCode.NONE
        assert given == [[(2, 2, 1)]]


async def test_no_more_is_read_than_records_are_worth() -> None:
    """A member that wants few records of a long log does not have megabytes read from the store for each."""
    async with running_log(tail_bytes=0) as log:
        state = await log.topic()
        await log.append(state.pids[0], *[batch(1, value=b"v" * 30_000) for _ in range(60)])
        ann = Member(log, state)
        held: list[int] = []
        read = log.reader.read

        async def counting(*args, **kwargs):  # type: ignore[no-untyped-def]
            answers = await read(*args, **kwargs)
            held.append(sum(answer.size for answer in answers))
            return answers

        log.reader.read = counting  # type: ignore[method-assign]
        for _ in range(3):
            await ann.fetch(max_records=1, max_bytes=10 << 20)
        assert held[0] > held[1] == held[2] <= 70_000


async def test_a_session_that_ends_lets_its_fetch_go() -> None:
    """It acquires nothing any more."""
    async with running_log() as log:
        state = await log.topic()
        ann = Member(log, state)
        given = []

        async def wait() -> None:
            given.append(acquired(await ann.fetch(max_wait_ms=600_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            ann.connection.ended()
            await log.append(state.pids[0], batch(1))
        assert given == [[]]
        assert log.share_partitions.locks_held == 0
        assert len(log.waiting) == 0


async def test_who_waits_is_not_woken_for_nothing() -> None:
    """What others accept is no news; what they release is."""
    async with running_log() as log:
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob")
        await log.append(state.pids[0], *[batch(1) for _ in range(3)])
        await ann.fetch()
        looks = []
        look = log.reader.look

        def counting(*args):  # type: ignore[no-untyped-def]
            looks.append(args)
            return look(*args)

        log.reader.look = counting  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: bob.fetch(max_wait_ms=60_000))
            await anyio.wait_all_tasks_blocked()
            assert len(looks) == 1
            assert await ann.said((0, 1, [ACCEPT])) is ErrorCode.NONE
            await anyio.wait_all_tasks_blocked()
            assert len(looks) == 1
            assert await ann.said((2, 2, [RELEASE])) is ErrorCode.NONE
        assert len(looks) == 2


async def test_a_wait_for_more_bytes_does_not_read_again_and_again() -> None:
    """What lies in the store is looked at when something arrives."""
    async with running_log(tail_bytes=0) as log:
        state = await log.topic()
        ann = Member(log, state)
        await log.append(state.pids[0], batch(1))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: ann.fetch(max_wait_ms=60_000, min_bytes=120))
            await anyio.wait_all_tasks_blocked()
            assert log.store.reads == 1
            await log.append(state.pids[0], batch(1))
        assert log.store.reads == 2


async def test_a_group_that_is_set_elsewhere_is_read_there() -> None:
    """By those who wait already; and of a topic that is deleted they are told."""
    async with running_log() as log:
        state = await log.topic()
        ann, bob = Member(log, state), Member(log, state, "bob", "h")
        await log.append(state.pids[0], batch(1), batch(1))
        await ann.fetch()
        given = []

        async def wait(member: Member) -> None:
            given.append(
                [
                    (data.error_code, [each.first_offset for each in data.acquired_records])
                    for data in partitions_of(await member.fetch(max_wait_ms=60_000))
                ]
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait, ann)
            await anyio.wait_all_tasks_blocked()
            await log.share_partitions.alter_start_offsets("g", {(state.topic_id, 0): 1})
        log.share_first_offset = 2
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait, bob)
            await anyio.wait_all_tasks_blocked()
            log.directory.remove(state.topic_id)
            log.share_partitions.topic_removed(state.topic_id)
        assert given == [[(0, [1])], [(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, [])]]


async def test_what_was_acknowledged_is_answered_though_nothing_can_be_read() -> None:
    """An error of the catalog is each partition's, not the request's."""
    async with running_log(tail_bytes=0) as log:
        state = await log.topic()
        ann = Member(log, state)
        await log.append(state.pids[0], batch(1), batch(1))
        await ann.fetch(max_records=1)

        async def refuse(*_: object, **__: object) -> None:
            raise StorageUnavailable("the catalog cannot be read")

        log.reader.read = refuse  # type: ignore[assignment, method-assign]
        (data,) = partitions_of(await ann.fetch((0, 0, [ACCEPT])))
        assert (data.error_code, data.acknowledge_error_code) == (ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NONE)
