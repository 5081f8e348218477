"""What readers get of logs with transactions: whatever is where, a read_committed client ends up with the committed records."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.reader import Reader
from broker.log.visibility import READ_COMMITTED, READ_UNCOMMITTED
from broker.log.writer import Writer
from broker.storage.catalog.span_flags import MARKER_BYTES
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.embedded import open_embedded
from broker.wire.error_codes import ErrorCode
from tests.broker.log.harness import Log, batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer, bases, next_offset, offsets_kept

pytestmark = pytest.mark.anyio

PRODUCERS = 3
HOUR_MS = 3_600_000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def read(log: Log, *wanted: Wanted, min_bytes: int = 1, max_wait_ms: int = 0) -> list[PartitionAnswer]:
    return await log.reader.read(
        wanted, min_bytes=min_bytes, max_bytes=1 << 20, max_wait_ms=max_wait_ms, isolation=READ_COMMITTED
    )


# The whole, against a model


@dataclass
class Model:
    """A log as it must be read: who wrote each offset, which transactions ended how."""

    kept: list[int] = field(default_factory=list)
    """Offsets of plain and committed records; those of an open transaction wait in ``open``."""
    open: dict[int, list[int]] = field(default_factory=dict)
    aborted: list[AbortedTransaction] = field(default_factory=list)
    log_start: int = 0
    end: int = 0

    @property
    def stable(self) -> int:
        return max(self.log_start, min((offsets[0] for offsets in self.open.values()), default=self.end))

    def append(self, producer: int | None, count: int) -> None:
        offsets = list(range(self.end, self.end + count))
        self.end += count
        if producer is None:
            self.kept += offsets
        else:
            self.open.setdefault(producer, []).extend(offsets)

    def finish(self, producer: int, producer_id: int, commit: bool) -> None:
        if producer in self.open:
            offsets = self.open.pop(producer)
            if commit:
                self.kept += offsets
            else:
                self.aborted.append(AbortedTransaction(producer_id, offsets[0], self.end))
            self.end += 1


BATCH = st.tuples(st.sampled_from([None, *range(PRODUCERS)]), st.integers(1, 3))
ACTION = st.one_of(
    st.tuples(st.just("append"), st.lists(BATCH, min_size=1, max_size=4)),
    st.tuples(st.just("append"), st.lists(BATCH, min_size=1, max_size=4)),
    st.tuples(st.just("end"), st.tuples(st.integers(0, PRODUCERS - 1), st.booleans(), st.booleans())),
    st.tuples(st.just("end"), st.tuples(st.integers(0, PRODUCERS - 1), st.booleans(), st.booleans())),
    st.tuples(st.just("delete"), st.integers(0, 100)),
)


async def played(log: Log, pid: int, actions: Sequence[tuple[str, Any]]) -> Model:
    """Do it all, and say what must have come of it."""
    model = Model()
    producers = [await TransactionalProducer(log, f"tx-{number}").init() for number in range(PRODUCERS)]
    for what, how in actions:
        if what == "append":
            # One group, and so often one span, of several producers' batches.
            data: list[bytearray] = []
            for number, count in how:
                if number is None:
                    data.append(batch(count))
                else:
                    await producers[number].add(pid)
                    data.append(producers[number].batch(pid, count))
                model.append(number, count)
            await log.append(pid, *data)
        elif what == "end":
            number, commit, told = how
            if producers[number].is_open:
                await producers[number].end(commit, told=told)
                model.finish(number, producers[number].producer_id, commit)
        else:
            offset = model.log_start + (model.end - model.log_start) * how // 100
            await log.catalog.advance_log_start(pid, offset)
            model.log_start = max(model.log_start, offset)
    return model


@pytest.mark.parametrize("tail_bytes", [0, 600, 1 << 20])
@pytest.mark.parametrize("remembers", [True, False])
@given(st.lists(ACTION, max_size=24))
async def test_agrees_with_a_model(tail_bytes: int, remembers: bool, actions: list[tuple[str, Any]]) -> None:
    """From every offset and with every limit: exactly the committed and plain records below the last stable offset, in order;
    every answer names exactly the aborted transactions that reach into it; and the next answer goes on where it ended."""
    async with running_log(tail_bytes=tail_bytes) as log:
        (pid,) = (await log.topic()).pids
        model = await played(log, pid, actions)
        if not remembers:
            log.catalog.peek_aborted = lambda pid, first, upper: None  # type: ignore[method-assign]
        kept = sorted(model.kept)
        for max_bytes in (1, 100, 300, 1 << 20):
            for offset in range(model.log_start, model.end + 1):
                wanted = Wanted(pid, offset, max_bytes)
                (answer,) = await read(log, wanted)
                look = log.reader.look([wanted], 1 << 20, READ_COMMITTED)
                assert look is None or look.answers == [answer]
                assert (answer.error_code, answer.last_stable_offset) == (0, model.stable)
                if offset >= model.stable:
                    assert (answer.records, answer.aborted) == ([], ())
                    continue
                upper = next_offset(answer)
                assert offset < upper == answer.next_offset <= model.stable
                assert offsets_kept(answer, offset) == [each for each in kept if offset <= each < upper]
                assert list(answer.aborted) == [
                    each for each in model.aborted if each.last_offset >= offset and each.first_offset < upper
                ]


@given(st.lists(ACTION, max_size=14))
async def test_a_reader_of_everything_gets_everything(actions: list[tuple[str, Any]]) -> None:
    """read_uncommitted: every offset up to the high watermark, markers among them, and nothing about aborted transactions."""
    async with running_log(tail_bytes=300) as log:
        (pid,) = (await log.topic()).pids
        model = await played(log, pid, actions)
        offset = model.log_start
        while offset < model.end:
            (answer,) = await log.reader.read(
                [Wanted(pid, offset, 200)], min_bytes=1, max_bytes=200, max_wait_ms=0, isolation=READ_UNCOMMITTED
            )
            assert answer.aborted == ()
            (found,) = bases([answer])
            assert found[0] <= offset
            assert found == sorted(found)
            offset = next_offset(answer)
        assert offset == model.end


@asynccontextmanager
async def embedded_log(directory: Path) -> AsyncIterator[Log]:
    """A log on files and SQLite, with nothing in memory of earlier runs."""
    storage = open_embedded(directory)
    log = Log(tail_bytes=0)
    log.catalog = storage.catalog  # type: ignore[assignment]
    log.writer = Writer(storage.committer, storage.catalog, log.tail, log.waiting, lambda: log.clock, log.fatal.append)
    log.reader = Reader(storage.store, storage.catalog, log.tail, log.waiting)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.writer.run)
        yield log
        tasks.cancel_scope.cancel()
    await storage.aclose()


async def test_after_a_restart_everything_is_as_it_was(tmp_path: Path) -> None:
    """Markers and aborted transactions come from the catalog then, and what was open still is."""
    async with embedded_log(tmp_path) as log:
        (pid,) = (await log.topic()).pids
        first, second, third = [await TransactionalProducer(log, name).init() for name in ("first", "second", "third")]
        await first.append(pid, 2)
        await second.append(pid, 1)
        await log.append(pid, batch(1))
        await first.end(commit=False)
        await second.end()
        await third.append(pid, 1)
        before = [await read(log, Wanted(pid, offset, 1 << 20)) for offset in range(8)]
    async with embedded_log(tmp_path) as log:
        assert log.catalog.peek_aborted(pid, 0, 6) is None
        assert log.reader.look([Wanted(pid, 0, 1 << 20)], 1 << 20, READ_COMMITTED) is None
        assert [await read(log, Wanted(pid, offset, 1 << 20)) for offset in range(8)] == before
        ((answer,), *_) = before
        assert offsets_kept(answer, 0) == [2, 3]
        assert answer.last_stable_offset == 6
        await TransactionalProducer(log, "third").init()
        assert bases(await read(log, Wanted(pid, 6, 1 << 20))) == [[6, 7]]


# What an answer says


@pytest.mark.parametrize("tail_bytes", [0, 1 << 20])
async def test_markers_are_batches_of_their_own(tail_bytes: int) -> None:
    """From memory and from the store; in memory they do not interrupt the run of batches."""
    async with running_log(tail_bytes=tail_bytes) as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 2)
        await producer.end()
        await log.append(pid, batch(1))
        look = log.reader.look([Wanted(pid, 0, 10_000)], 10_000, READ_COMMITTED)
        answers = await read(log, Wanted(pid, 0, 10_000), Wanted(pid, 2, MARKER_BYTES))
        assert bases(answers) == [[0, 2, 3], [2]]
        assert answers[1].size == MARKER_BYTES
        if tail_bytes:
            assert look is not None
            assert look.answers == answers[:1]
            assert log.store.reads == 0
        else:
            assert look is None


async def test_a_log_of_markers_and_nothing_else_needs_no_store() -> None:
    """What is in no object is read from none, however broken the store."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        for _ in range(3):
            await producer.append(pid, 1)
            await producer.end(commit=False)
        await log.catalog.advance_log_start(pid, 5)
        log.store.read_error = RuntimeError("nobody reads")
        answers = await read(log, Wanted(pid, 5, 10_000))
        assert bases(answers) == [[5]]
        assert list(answers[0].aborted) == [AbortedTransaction(producer.producer_id, 4, 5)]


async def test_the_end_of_several_partitions_is_told_to_each() -> None:
    """One transaction, a marker on each partition that it wrote to."""
    async with running_log() as log:
        pids = (await log.topic(partitions=3)).pids
        producer = await TransactionalProducer(log).init()
        for pid in pids[:2]:
            await producer.append(pid, 1)
        await producer.add(pids[2])
        await producer.end()
        look = log.reader.look([Wanted(pid, 0, 1000) for pid in pids], 10_000, READ_COMMITTED)
        assert look is not None
        assert bases(look.answers) == [[0, 1], [0, 1], []]


async def test_a_marker_of_a_partition_that_is_gone_is_dropped() -> None:
    """The topic was deleted while its transaction ended: nothing of it is kept."""
    async with running_log() as log:
        state = await log.topic()
        producer = await TransactionalProducer(log).init()
        await producer.append(state.pids[0], 1)
        ended = await producer.end(told=False)
        await log.catalog.delete_topic(state.topic_id)
        log.reader.partition_removed(state.pids[0])
        log.reader.transaction_ended(ended)
        assert log.tail.charged == 0


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_records_whose_transactions_nobody_knows_any_more_are_not_given(is_deleted: bool) -> None:
    """Deleted between reading and asking for aborted transactions, they could pass for committed: an error is given instead."""
    async with running_log() as log:
        state = await log.topic()
        (pid,) = state.pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 2)
        await producer.end(commit=False)
        aborted = log.catalog.aborted

        async def late(pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
            if is_deleted:
                await log.catalog.delete_topic(state.topic_id)
            else:
                await log.catalog.advance_log_start(pid, 3)
            return await aborted(pid, first_offset, upper_offset)

        log.catalog.peek_aborted = lambda pid, first, upper: None  # type: ignore[method-assign]
        log.catalog.aborted = late  # type: ignore[method-assign]
        code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if is_deleted else ErrorCode.OFFSET_OUT_OF_RANGE
        assert await read(log, Wanted(pid, 0, 1000)) == [PartitionAnswer(int(code))]


async def test_a_first_look_does_not_guess() -> None:
    """When the log's start moved right after the records were taken, the fetch is planned anew."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 2)
        await producer.end(commit=False)
        before = log.catalog.peek_bounds(pid)
        assert before is not None
        seen = [before, await log.catalog.advance_log_start(pid, 3)]
        log.catalog.peek_bounds = lambda pid: seen.pop(0)  # type: ignore[method-assign]
        assert log.reader.look([Wanted(pid, 0, 1000)], 1000, READ_COMMITTED) is None


# Waiting


async def entering(log: Log) -> list[int]:
    """Counts how often a fetch begins to wait: its list grows by one each time."""
    entered: list[int] = []
    enter = log.waiting.enter

    def counted(*args: Any) -> Any:
        entered.append(1)
        return enter(*args)

    log.waiting.enter = counted  # type: ignore[method-assign]
    return entered


@pytest.mark.parametrize("commit", [True, False])
async def test_a_waiting_reader_sleeps_while_a_transaction_grows_and_wakes_when_it_ends(commit: bool) -> None:
    """It looks once before it sleeps and once when it is woken; no time passes in between."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 1)
        entered = await entering(log)
        answers: list[PartitionAnswer] = []

        async def fetch() -> None:
            answers.extend(await read(log, Wanted(pid, 0, 1 << 20), max_wait_ms=HOUR_MS))

        started = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch)
            await trio.testing.wait_all_tasks_blocked()
            for _ in range(20):
                await producer.append(pid, 1)
                await log.append(pid, batch(1))
                await trio.testing.wait_all_tasks_blocked()
            assert (len(entered), answers) == (1, [])
            await producer.end(commit)
        assert anyio.current_time() == started
        assert len(entered) == 2
        plain = list(range(2, 41, 2))
        assert offsets_kept(answers[0], 0) == (list(range(41)) if commit else plain)
        assert len(log.waiting) == 0


async def test_the_end_of_a_later_transaction_does_not_wake() -> None:
    """What is stable ends where the earliest open transaction begins."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        first, second = [await TransactionalProducer(log, name).init() for name in ("first", "second")]
        await first.append(pid, 1)
        await second.append(pid, 1)
        entered = await entering(log)
        answers: list[PartitionAnswer] = []

        async def fetch() -> None:
            answers.extend(await read(log, Wanted(pid, 0, 1 << 20), max_wait_ms=HOUR_MS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch)
            await trio.testing.wait_all_tasks_blocked()
            await second.end()
            await trio.testing.wait_all_tasks_blocked()
            assert (len(entered), answers) == (1, [])
            await first.end(commit=False)
        assert offsets_kept(answers[0], 0) == [1]


async def test_plain_batches_are_counted_one_by_one() -> None:
    """Without transactions a read_committed reader waits for min_bytes like any other."""
    size = len(batch(1))
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        entered = await entering(log)
        answers: list[PartitionAnswer] = []

        async def fetch() -> None:
            answers.extend(await read(log, Wanted(pid, 0, 1 << 20), min_bytes=5 * size, max_wait_ms=HOUR_MS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch)
            for count in range(5):
                await trio.testing.wait_all_tasks_blocked()
                assert (len(entered), answers) == (1, []), count
                await log.append(pid, batch(1))
        assert bases(answers) == [[0, 1, 2, 3, 4]]


async def test_what_is_open_does_not_count_for_min_bytes() -> None:
    """Of a log in the store only what is stable counts, and only that is read."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(1))
        await (await TransactionalProducer(log).init()).append(pid, *[3] * 20)
        started = anyio.current_time()
        (answer,) = await read(log, Wanted(pid, 0, 1 << 20), min_bytes=1000, max_wait_ms=700)
        assert anyio.current_time() - started == pytest.approx(0.7)
        assert bases([answer]) == [[0]]
        assert log.store.reads == 1


async def test_deleting_what_is_open_wakes() -> None:
    """The log begins behind the transaction then, and a reader before that must learn of it."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 2)
        answers: list[PartitionAnswer] = []

        async def fetch() -> None:
            answers.extend(await read(log, Wanted(pid, 0, 1 << 20), max_wait_ms=HOUR_MS))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fetch)
            await trio.testing.wait_all_tasks_blocked()
            await log.catalog.advance_log_start(pid, 2)
            log.reader.log_start_moved(pid)
        assert answers == [PartitionAnswer(int(ErrorCode.OFFSET_OUT_OF_RANGE))]
        assert (await read(log, Wanted(pid, 2, 1000)))[0].last_stable_offset == 2
        await producer.end()
        assert offsets_kept((await read(log, Wanted(pid, 2, 1000)))[0], 2) == []
