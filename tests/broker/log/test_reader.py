"""The reader: from memory and from the store, limits, long poll, and data that cannot be read. Time is virtual."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageUnavailable
from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.visibility import READ_UNCOMMITTED
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import compute_crc, iter_batches
from tests.broker.log.harness import Log, batch, running_log

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def read(
    log: Log, *wanted: Wanted, min_bytes: int = 1, max_bytes: int = 1 << 20, max_wait_ms: int = 0, isolation: int = 0
) -> list[PartitionAnswer]:
    return await log.reader.read(
        wanted, min_bytes=min_bytes, max_bytes=max_bytes, max_wait_ms=max_wait_ms, isolation=isolation
    )


def bases(answer: PartitionAnswer) -> list[int]:
    """The base offsets of the batches in an answer, each found to be whole and right."""
    found: list[int] = []
    for each in answer.records:
        for at, header in iter_batches(each):
            assert compute_crc(each, at) == header.crc
            found.append(header.base_offset)
    assert sum(map(len, answer.records)) == answer.size
    return found


async def filled(log: Log, *counts: int, value: bytes = b"v", **options: Any) -> int:
    (pid,) = (await log.topic(**options)).pids
    await log.append(pid, *[batch(count, value=value) for count in counts])
    return pid


async def test_the_tail_answers_without_waiting_and_without_copying() -> None:
    """Sync, and the very buffers that the writer was given."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        frame = memoryview(batch(2))
        await log.append(pid, frame)
        look = log.reader.look([Wanted(pid, 0, 1000)], 1000, READ_UNCOMMITTED)
        assert look is not None
        assert look.answers[0].records[0] is frame
        assert (look.answers[0].high_watermark, look.answers[0].last_stable_offset, look.answers[0].log_start) == (
            2,
            2,
            0,
        )
        assert log.store.reads == 0


@pytest.mark.parametrize("tail_bytes", [0, 1 << 20])
async def test_reads_from_any_offset_to_the_end(tail_bytes: int) -> None:
    """From memory or from the store: the batch that holds the offset comes whole, then all the others."""
    async with running_log(tail_bytes=tail_bytes) as log:
        pid = await filled(log, 2, 3, 1)
        await log.append(pid, batch(2))
        assert (log.reader.look([Wanted(pid, 0, 10_000)], 10_000, 0) is None) == (tail_bytes == 0)
        for offset, expected in {0: [0, 2, 5, 6], 1: [0, 2, 5, 6], 4: [2, 5, 6], 5: [5, 6], 7: [6], 8: []}.items():
            (answer,) = await read(log, Wanted(pid, offset, 10_000))
            assert bases(answer) == expected
            assert answer.high_watermark == 8


@pytest.mark.parametrize("tail_bytes", [0, 1 << 20])
async def test_limits_hold_but_for_the_first_batch(tail_bytes: int) -> None:
    """A partition's own limit and the request's; a partition that comes too late gives its offsets and nothing else."""
    size = len(batch(1))
    async with running_log(tail_bytes=tail_bytes) as log:
        pids = (await log.topic(partitions=3)).pids
        for pid in pids:
            await log.append(pid, batch(1), batch(1), batch(1))
        answers = await read(log, *[Wanted(pid, 0, 2 * size + 5) for pid in pids], max_bytes=3 * size + 5)
        assert [bases(answer) for answer in answers] == [[0, 1], [0], []]
        assert answers[2].high_watermark == 3
        answers = await read(log, *[Wanted(pid, 0, 1) for pid in pids], max_bytes=3 * size)
        assert [bases(answer) for answer in answers] == [[0], [], []]
        answers = await read(log, *[Wanted(pid, 3 * (pid != pids[2]), 1) for pid in pids], max_bytes=0)
        assert [bases(answer) for answer in answers] == [[], [], [0]]


async def test_a_first_batch_larger_than_any_read_comes_whole() -> None:
    """Its size is known from its header only; then the rest is read."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1, 1, value=b"x" * 300_000)
        (answer,) = await read(log, Wanted(pid, 1, 100), max_bytes=100)
        assert bases(answer) == [1]
        assert answer.size > 300_000


async def test_a_large_span_is_read_in_steps_without_starting_over() -> None:
    """Each fetch goes on where the last one ended, and a jump into the middle finds its batch."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, *[10] * 400, value=b"x" * 1000)
        assert len(log.store.appends) == 1
        offset = fetches = 0
        seen: list[int] = []
        while offset < 4000:
            (answer,) = await read(log, Wanted(pid, offset, 100_000))
            assert 0 < answer.size <= 100_000
            fetches += 1
            seen += bases(answer)
            offset = seen[-1] + 10
        assert seen == list(range(0, 4000, 10))
        assert fetches <= 50
        assert log.store.reads == fetches
        before = log.store.reads
        (answer,) = await read(log, Wanted(pid, 2000, 100_000))
        assert log.store.reads <= before + 2
        jumper = Log(tail_bytes=0)
        jumper.store, jumper.catalog = log.store, log.catalog
        fresh = type(log.reader)(log.store, log.catalog, jumper.tail, jumper.waiting)
        (answer,) = await fresh.read(
            [Wanted(pid, 3505, 30_000)], min_bytes=1, max_bytes=30_000, max_wait_ms=0, isolation=0
        )
        assert bases(answer)[0] == 3500


async def test_many_small_spans_are_read_together() -> None:
    """Neighbours in an object cost one read."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        for _ in range(100):
            await log.append(pid, batch(1))
        (answer,) = await read(log, Wanted(pid, 0, 1 << 20))
        assert bases(answer) == list(range(100))
        assert log.store.reads == 1


async def test_asking_for_a_byte_here_and_there_does_not_read_the_whole_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small spans are read whole, so what is read is bounded, not only what is answered."""
    monkeypatch.setattr("broker.log.reader.COLD_BYTES_MAX", 100_000)
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        for _ in range(20):
            await log.append(pid, batch(1, value=bytes(20_000)))
        asked: list[int] = []
        store_read = log.store.read

        async def counted(object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
            asked.extend(length for _, length in ranges)
            return await store_read(object_id, ranges)

        monkeypatch.setattr(log.store, "read", counted)
        await read(log, *[Wanted(pid, offset, 1) for offset in range(20)])
        assert sum(asked) <= 100_000 + 64 * 1024


async def test_cold_and_hot_partitions_answer_together_in_order() -> None:
    """Shares are handed out in the order asked, wherever the data lies."""
    size = len(batch(1))
    async with running_log(tail_bytes=3 * size) as log:
        cold, hot = (await log.topic(partitions=2)).pids
        await log.append(cold, batch(1), batch(1))
        await log.append(hot, batch(1), batch(1), batch(1))
        answers = await read(log, Wanted(cold, 0, 1000), Wanted(hot, 0, 1000), max_bytes=3 * size)
        assert [bases(answer) for answer in answers] == [[0, 1], [0]]
        answers = await read(log, Wanted(hot, 0, 1000), Wanted(cold, 0, 1000), max_bytes=4 * size)
        assert [bases(answer) for answer in answers] == [[0, 1, 2], [0]]


@pytest.mark.parametrize("offset", [-1, 1, 7])
async def test_offsets_outside_the_log_are_answered_at_once(offset: int) -> None:
    """OFFSET_OUT_OF_RANGE below the start and above the end, without waiting for others."""
    async with running_log() as log:
        pid = await filled(log, 2, 2, 2)
        await log.catalog.advance_log_start(pid, 2)
        idle = (await log.topic("idle")).pids[0]
        started = anyio.current_time()
        answers = await read(log, Wanted(idle, 0, 1000), Wanted(pid, offset, 1000), max_wait_ms=60_000)
        assert anyio.current_time() == started
        assert answers[1] == PartitionAnswer(int(ErrorCode.OFFSET_OUT_OF_RANGE))
        assert answers[0].error_code == 0


async def test_a_partition_that_is_gone_is_unknown() -> None:
    """The catalog no longer knows it."""
    async with running_log() as log:
        (answer,) = await read(log, Wanted(4711, 0, 1000), max_wait_ms=60_000)
        assert answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_waits_until_min_bytes_have_arrived() -> None:
    """One batch is not enough, two are; nothing polls in between."""
    size = len(batch(1))
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        answers: list[PartitionAnswer] = []

        async def fetch() -> None:
            answers.extend(await read(log, Wanted(pid, 0, 1000), min_bytes=2 * size, max_wait_ms=3_600_000))

        async with anyio.create_task_group() as tasks:
            started = anyio.current_time()
            tasks.start_soon(fetch)
            await log.append(pid, batch(1))
            await trio.testing.wait_all_tasks_blocked()
            assert not answers
            await log.append(pid, batch(1))
        assert anyio.current_time() == started
        assert bases(answers[0]) == [0, 1]
        assert len(log.waiting) == 0


async def test_the_wait_ends_at_its_time_with_what_there_is() -> None:
    """max_wait_ms later the answer leaves, also with less than min_bytes."""
    async with running_log() as log:
        pid = await filled(log, 1)
        started = anyio.current_time()
        (answer,) = await read(log, Wanted(pid, 0, 1000), min_bytes=10_000, max_wait_ms=700)
        assert anyio.current_time() - started == pytest.approx(0.7)
        assert bases(answer) == [0]
        (answer,) = await read(log, Wanted(pid, 1, 1000), max_wait_ms=300)
        assert anyio.current_time() - started == pytest.approx(1.0)
        assert answer.records == []
        assert len(log.waiting) == 0


async def test_cold_data_is_not_read_before_it_is_enough() -> None:
    """While it waits for min_bytes a fetch does not read what it has again and again."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1)
        (answer,) = await read(log, Wanted(pid, 0, 10_000), min_bytes=10_000, max_wait_ms=500)
        assert bases(answer) == [0]
        assert log.store.reads == 1


async def test_a_deleted_topic_and_a_stopping_broker_end_the_wait() -> None:
    """The one with an error, the other with what there is."""
    async with running_log() as log:
        state = await log.topic()
        (pid,) = state.pids
        answers: list[PartitionAnswer] = []

        async def fetch(of_pid: int) -> None:
            answers.extend(await read(log, Wanted(of_pid, 0, 1000), max_wait_ms=3_600_000))

        started = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch, pid)
            await trio.testing.wait_all_tasks_blocked()
            await log.catalog.delete_topic(state.topic_id)
            log.reader.partition_removed(pid)
        assert answers[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        other = (await log.topic("other")).pids[0]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch, other)
            await trio.testing.wait_all_tasks_blocked()
            log.waiting.close()
        assert (answers[1].error_code, answers[1].records) == (0, [])
        assert anyio.current_time() == started
        assert log.reader.is_stopping


async def test_data_that_cannot_be_read_is_an_error_and_never_a_gap() -> None:
    """A store that does not answer, and bytes that are not what was written: KAFKA_STORAGE_ERROR for that partition only."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1, 1)
        other = (await log.topic("other")).pids[0]
        log.store.read_error = StorageUnavailable("I/O error")
        answers = await read(log, Wanted(pid, 0, 1000), Wanted(other, 0, 1000))
        assert answers[0] == PartitionAnswer(int(ErrorCode.KAFKA_STORAGE_ERROR))
        assert answers[1].error_code == 0
        log.store.read_error = None
        (stored,) = log.store._objects.values()
        stored[-1] ^= 1
        (answer,) = await read(log, Wanted(pid, 0, 1000))
        assert bases(answer) == [0]
        (answer,) = await read(log, Wanted(pid, 1, 1000))
        assert answer == PartitionAnswer(int(ErrorCode.KAFKA_STORAGE_ERROR))


async def test_an_object_that_went_between_question_and_read_is_asked_for_anew() -> None:
    """Retention deleted it meanwhile: the second look at the catalog tells what is true now."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1)

        class Vanishing(type(log.store)):  # type: ignore[misc]
            async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
                await log.catalog.advance_log_start(pid, 1)
                raise StorageUnavailable("object 1 is missing")

        log.store.__class__ = Vanishing
        (answer,) = await read(log, Wanted(pid, 0, 1000))
        assert answer == PartitionAnswer(int(ErrorCode.OFFSET_OUT_OF_RANGE))


async def test_cold_reads_are_limited() -> None:
    """However many fetches come, only so many read from the store at a time."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1)
        at_once = most = 0
        store_read = log.store.read

        async def slow_read(object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await anyio.sleep(1)
            at_once -= 1
            return await store_read(object_id, ranges)

        log.store.read = slow_read  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(read, log, Wanted(pid, 0, 1000))
        assert most == 4


async def test_many_cold_partitions_are_found_in_few_queries() -> None:
    """One query for many partitions, none for those the limit does not reach."""
    async with running_log(tail_bytes=0) as log:
        pids = (await log.topic(partitions=100)).pids
        await log.append_all([(pid, batch(1)) for pid in pids])
        queries: list[int] = []
        log.catalog.find_spans_now = lambda asked: queries.append(len(asked))  # type: ignore[method-assign,assignment]
        answers = await read(log, *[Wanted(pid, 0, 1000) for pid in pids])
        assert [bases(answer) for answer in answers] == [[0]] * 100
        assert queries == [64, 36]


async def test_a_fetch_that_is_given_up_leaves_nothing_behind() -> None:
    """The client went away during its long poll, or during a read from the store."""
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, 1)
        with anyio.move_on_after(1):
            await read(log, Wanted(pid, 1, 1000), max_wait_ms=3_600_000)
        assert len(log.waiting) == 0

        async def never(object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
            await anyio.sleep_forever()
            return []

        store_read = log.store.read
        log.store.read = never  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(read, log, Wanted(pid, 0, 1000))
            await trio.testing.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        log.store.read = store_read  # type: ignore[method-assign]
        (answer,) = await read(log, Wanted(pid, 0, 1000))
        assert bases(answer) == [0]


async def test_an_older_leader_epoch_is_fenced() -> None:
    """Zero is an epoch like any other."""
    async with running_log() as log:
        pid = await filled(log, 1)
        bounds = log.catalog.peek_bounds(pid)
        assert bounds is not None
        log.catalog.peek_bounds = lambda pid: replace(bounds, leader_epoch=1)  # type: ignore[method-assign]
        (answer,) = await read(log, Wanted(pid, 0, 1000, current_leader_epoch=0))
        assert answer.error_code == ErrorCode.FENCED_LEADER_EPOCH
        (answer,) = await read(log, Wanted(pid, 0, 1000, current_leader_epoch=1))
        assert bases(answer) == [0]


@pytest.mark.parametrize("tail_bytes", [0, 1 << 20])
async def test_with_no_room_for_answers_a_fetch_has_one_batch_at_once(tail_bytes: int) -> None:
    """It does not wait for more than it would be given; with some room it has half of that."""
    size = len(batch(1))
    async with running_log(tail_bytes=tail_bytes) as log:
        pid = await filled(log, *[1] * 20)
        room = log.reader.room
        room.limit = 1000 * size
        room.take(990 * size)
        began = anyio.current_time()
        (answer,) = await read(log, Wanted(pid, 0, 100 * size), min_bytes=20 * size, max_wait_ms=60_000)
        assert len(bases(answer)) == 5
        room.take(20 * size)
        (answer,) = await read(log, Wanted(pid, 3, 100 * size), min_bytes=20 * size, max_wait_ms=60_000)
        assert bases(answer) == [3]
        assert anyio.current_time() == began
        look = log.reader.look([Wanted(pid, 3, 100 * size)], 100 * size, READ_UNCOMMITTED)
        assert (look is None) == (tail_bytes == 0)
        assert look is None or bases(look.answers[0]) == [3]
        room.give_back(1010 * size)
        (answer,) = await read(log, Wanted(pid, 3, 100 * size))
        assert len(bases(answer)) == 17


async def test_fetches_that_wait_for_their_turn_have_what_room_there_is_then() -> None:
    """Each is planned while there is room for all of it; those before it take that."""
    size = len(batch(1))
    async with running_log(tail_bytes=0) as log:
        pid = await filled(log, *[1] * 64)
        room = log.reader.room
        room.limit = 64 * size
        store_read, sizes = log.store.read, []

        async def slow_read(object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
            await anyio.sleep(1)
            return await store_read(object_id, ranges)

        async def fetch() -> None:
            (answer,) = await read(log, Wanted(pid, 0, 64 * size))
            assert bases(answer)[0] == 0
            sizes.append(answer.size)
            room.take(answer.size)

        log.store.read = slow_read  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(fetch)
        assert len(sizes) == 20
        assert max(sizes) > 8 * size
        assert sum(sizes) <= 64 * size + 20 * size
        assert room.being_read == 0
