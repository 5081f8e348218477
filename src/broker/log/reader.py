"""The reader: what a fetch asks for, from the tail cache when it holds it, else from the store; and the long poll.

A fetch that memory can answer is answered by :meth:`Reader.look`, which is sync. :meth:`Reader.read` does the rest: it plans (bounds
and spans come from one catalog snapshot begun after the request arrived), waits until the plan is worth carrying out, and
only then reads. Data from the store is checked before it is handed out; what is not right is an error, never a gap.
"""

from collections.abc import Sequence
from secrets import randbelow
from typing import Final

import anyio
from anyio.to_thread import run_sync

from broker.errors import StorageUnavailable
from broker.log.batch_marks import WORTH_BYTES, BatchMarks
from broker.log.fetch_plan import WHOLE_BELOW, PartitionAnswer, ReadRange, Shares, Wanted, answer_of, merge, ranges_of
from broker.log.fetch_session import FetchSessionCache
from broker.log.stored_batches import Piece, StoredDataError, cut, skip
from broker.log.tail_cache import TailCache
from broker.log.visibility import check_fetch, upper_bound
from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import FLAG_FINAL_OFFSETS, LogCatalog, Span, SpanAnswer, SpanQuery
from broker.storage.objects.base import Buffer, ObjectStore
from broker.wire.error_codes import ErrorCode
from observability import logs

COLD_READERS: Final = 4
"""Fetches that read from the store at the same time. They share its threads with nobody who writes."""

COLD_BYTES_MAX: Final = 16 * 1024 * 1024
"""One fetch reads no more than this from the store, so cold readers hold at most COLD_READERS times as much."""

_QUERY_PARTITIONS: Final = 64
_LOCATE_BYTES: Final = 1024 * 1024
_CHECK_IN_THREAD_BYTES: Final = 2 * 1024 * 1024

_log = logs.get("reader")


class Look:
    """A first look at a fetch: the answers so far, in order, and what there is to give without waiting."""

    __slots__ = ("answers", "cold", "has_error", "size")

    def __init__(self) -> None:
        self.answers: list[PartitionAnswer] = []
        self.cold: list[_ColdShare] = []
        self.size = 0
        self.has_error = False


class _ColdShare:
    """What one partition is to give from the store."""

    __slots__ = ("answer", "at_least_one", "bounds", "limit", "spans", "upper", "wanted")

    def __init__(
        self,
        wanted: Wanted,
        answer: PartitionAnswer,
        bounds: LogBounds,
        spans: Sequence[Span],
        limit: int,
        upper: int,
        at_least_one: bool,
    ) -> None:
        self.wanted = wanted
        self.answer = answer
        self.bounds = bounds
        self.spans = spans
        self.limit = limit
        self.upper = upper
        self.at_least_one = at_least_one

    def fail(self, code: ErrorCode) -> None:
        answer = self.answer
        answer.error_code = int(code)
        answer.high_watermark = answer.last_stable_offset = answer.log_start = -1
        answer.records, answer.size = [], 0


class Reader:
    """Owns the limiter of cold reads and what is known of batches within stored spans."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogCatalog,
        tail: TailCache,
        waiting: WaitingRoom,
        *,
        session_slots: int = 1000,
        cold_readers: int = COLD_READERS,
    ) -> None:
        """``session_slots`` is ``max.incremental.fetch.session.cache.slots``: how many fetch sessions there may be."""
        self.sessions = FetchSessionCache(session_slots, lambda: 1 + randbelow(2**31 - 1))
        self._store = store
        self._catalog = catalog
        self._tail = tail
        self._waiting = waiting
        self._cold = anyio.Semaphore(cold_readers)
        self._marks = BatchMarks()
        self._complaints = logs.LineLimiter()

    @property
    def is_stopping(self) -> bool:
        """Whether long polls end at once, because the broker is stopping."""
        return self._waiting.is_closed

    def look(self, wanted: Sequence[Wanted], max_bytes: int, isolation: int) -> Look | None:
        """The answers as they are now, when memory alone can give them; else None."""
        look = Look()
        shares = Shares(max_bytes)
        answers = look.answers
        for partition in wanted:
            bounds = self._catalog.peek_bounds(partition.pid)
            if bounds is None:
                return None
            answer = self._from_memory(partition, bounds, shares, isolation, look)
            if answer is None:
                return None
            answers.append(answer)
        look.size = shares.taken
        return look

    async def read(
        self, wanted: Sequence[Wanted], *, min_bytes: int, max_bytes: int, max_wait_ms: int, isolation: int
    ) -> list[PartitionAnswer]:
        """One answer a partition, in order: when ``min_bytes`` can be given, one has an error, or ``max_wait_ms`` are over."""
        deadline = anyio.current_time() + max_wait_ms / 1000
        attempts_left = 1
        while True:
            waiter = self._waiting.enter([partition.pid for partition in wanted], min_bytes)
            try:
                plan = await self._plan(wanted, max_bytes, isolation)
                if plan.size < min_bytes and not plan.has_error and wanted and anyio.current_time() < deadline:
                    waiter.add(plan.size)
                    with anyio.move_on_after(deadline - anyio.current_time()):
                        await waiter.wait()
                        if not self._waiting.is_closed:
                            continue
                    plan = await self._plan(wanted, max_bytes, isolation)
            finally:
                self._waiting.leave(waiter)
            if plan.cold:
                failed = await self._read_cold(plan.cold)
                if failed and attempts_left:
                    # What the spans named may have been deleted after they were read: ask the catalog again, once.
                    attempts_left -= 1
                    continue
                for share, reason in failed:
                    self._complain(share, reason)
                    share.fail(ErrorCode.KAFKA_STORAGE_ERROR)
            return plan.answers

    def log_start_moved(self, pid: int) -> None:
        """Records were deleted, or the partition itself: a fetch that waits for it must be answered anew."""
        self._waiting.wake(pid)

    def partition_removed(self, pid: int) -> None:
        """The partition is gone: forget its data and tell those who wait."""
        self._tail.forget(pid)
        self._waiting.wake(pid)

    async def read_span(self, span: Span) -> Piece:
        """A whole span as it is stored, unchecked. Raises StorageUnavailable."""
        async with self._cold:
            (data,) = await self._store.read(span.object_id, [(span.position, span.length)])
        return Piece(data, span.base, span.last, bool(span.flags & FLAG_FINAL_OFFSETS), True)

    def _from_memory(
        self, wanted: Wanted, bounds: LogBounds, shares: Shares, isolation: int, look: Look
    ) -> PartitionAnswer | None:
        """The partition's answer when no span is needed for it, its share taken; else None."""
        offset = wanted.offset
        if (
            (wanted.current_leader_epoch >= 0 and wanted.current_leader_epoch != bounds.leader_epoch)
            or wanted.last_fetched_epoch >= 0
            or not bounds.log_start <= offset <= bounds.high_watermark
        ):
            code, diverging = check_fetch(bounds, offset, wanted.current_leader_epoch, wanted.last_fetched_epoch)
            if code is not ErrorCode.NONE:
                look.has_error = True
                return PartitionAnswer(int(code))
            if diverging is not None:
                look.has_error = True
                answer = answer_of(bounds)
                answer.diverging = diverging
                return answer
        answer = PartitionAnswer(0, bounds.high_watermark, bounds.last_stable_offset, bounds.log_start)
        upper = upper_bound(bounds, isolation)
        if offset >= upper or shares.is_spent:
            return answer
        taken = self._tail.take(wanted.pid, offset, shares.limit(wanted.max_bytes), upper, shares.at_least_one)
        if taken is None or not (taken.size or self._tail.has_batch(wanted.pid, offset)):
            return None
        if taken.size:
            shares.take(taken.size)
            answer.give(taken.buffers, taken.size)
        return answer

    async def _plan(self, wanted: Sequence[Wanted], max_bytes: int, isolation: int) -> Look:
        """Every partition's share, the catalog asked where memory does not know."""
        look = Look()
        shares = Shares(max_bytes)
        cold_left = COLD_BYTES_MAX
        found: dict[int, SpanAnswer] = {}
        for index, partition in enumerate(wanted):
            answer: PartitionAnswer | None = None
            if index not in found:
                peeked = self._catalog.peek_bounds(partition.pid)
                if peeked is not None:
                    answer = self._from_memory(partition, peeked, shares, isolation, look)
                if answer is None:
                    found.update(await self._find_spans(wanted, index, min(max_bytes, COLD_BYTES_MAX), isolation))
            if answer is None:
                snapshot = found[index]
                bounds = snapshot.bounds
                if bounds is None:
                    look.has_error = True
                    answer = PartitionAnswer(int(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
                else:
                    answer = self._from_memory(partition, bounds, shares, isolation, look)
                    if answer is None:
                        answer = answer_of(bounds)
                        limit = min(shares.limit(partition.max_bytes), cold_left)
                        share = _ColdShare(
                            partition,
                            answer,
                            bounds,
                            snapshot.spans,
                            limit,
                            upper_bound(bounds, isolation),
                            shares.at_least_one,
                        )
                        size = min(max(limit, share.at_least_one), self._size_from(snapshot.spans, partition.offset))
                        if size > 0:
                            look.cold.append(share)
                            shares.take(size)
                            # Small spans are read whole, however little of them is asked for.
                            cold_left -= max(size, min(snapshot.spans[0].length, WHOLE_BELOW))
            look.answers.append(answer)
        look.size = shares.taken
        return look

    async def _find_spans(
        self, wanted: Sequence[Wanted], start: int, max_bytes: int, isolation: int
    ) -> dict[int, SpanAnswer]:
        """Ask for the spans of the next partitions from ``start`` on that memory cannot answer, in one query."""
        indexes = [start]
        for index in range(start + 1, len(wanted)):
            if len(indexes) == _QUERY_PARTITIONS:
                break
            partition = wanted[index]
            bounds = self._catalog.peek_bounds(partition.pid)
            if bounds is None or (
                bounds.log_start <= partition.offset < upper_bound(bounds, isolation)
                and not self._tail.has_batch(partition.pid, partition.offset)
            ):
                indexes.append(index)
        queries = [
            SpanQuery(wanted[index].pid, wanted[index].offset, max(min(wanted[index].max_bytes, max_bytes), 1))
            for index in indexes
        ]
        answers = self._catalog.find_spans_now(queries)
        if answers is None:
            answers = await self._catalog.find_spans(queries)
        return dict(zip(indexes, answers, strict=True))

    def _size_from(self, spans: Sequence[Span], offset: int) -> int:
        """About how many bytes ``spans`` have from ``offset`` on."""
        if not spans:
            return 0
        return sum(span.length for span in spans) - self._marks.find(spans[0], offset).at

    async def _read_cold(self, shares: Sequence[_ColdShare]) -> list[tuple[_ColdShare, str]]:
        """Fill the answers from the store. Returns the shares that could not be read."""
        failed: list[tuple[_ColdShare, str]] = []
        async with self._cold:
            ranges: list[list[ReadRange]] = []
            for share in shares:
                try:
                    first = share.spans[0]
                    base, at = await self._locate(first, share.wanted.offset)
                    ranges.append(ranges_of(share.spans, base, at, share.limit, share.at_least_one))
                except (StorageUnavailable, StoredDataError) as error:
                    failed.append((share, str(error)))
                    ranges.append([])
            pieces = await self._read_ranges([each for of_share in ranges for each in of_share])
            for share, of_share in zip(shares, ranges, strict=True):
                if not of_share:
                    continue
                try:
                    await self._fill(share, of_share, pieces)
                except (StorageUnavailable, StoredDataError) as error:
                    failed.append((share, str(error)))
        return failed

    def _complain(self, share: _ColdShare, reason: str) -> None:
        """One line for data that cannot be read; clients ask for it again and again."""
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            _log.error(
                "stored data cannot be read",
                pid=share.wanted.pid,
                offset=share.wanted.offset,
                reason=reason,
                lines_held_back=held_back,
            )

    async def _read_ranges(self, ranges: Sequence[ReadRange]) -> dict[tuple[int, int], memoryview | StorageUnavailable]:
        """The bytes of each range by (object id, position), ranges near each other read as one; or why they cannot be had."""
        by_object: dict[int, list[ReadRange]] = {}
        for each in ranges:
            by_object.setdefault(each.span.object_id, []).append(each)
        pieces: dict[tuple[int, int], memoryview | StorageUnavailable] = {}

        async def read_object(object_id: int, members: list[ReadRange]) -> None:
            merged = merge([(member.position, member.length) for member in members])
            try:
                views = await self._store.read(object_id, [(each.position, each.length) for each in merged])
            except StorageUnavailable as error:
                for member in members:
                    pieces[object_id, member.position] = error
                return
            for each, view in zip(merged, views, strict=True):
                for index in each.members:
                    member = members[index]
                    at = member.position - each.position
                    pieces[object_id, member.position] = view[at : at + member.length]

        if len(by_object) == 1:
            ((object_id, members),) = by_object.items()
            await read_object(object_id, members)
        elif by_object:
            async with anyio.create_task_group() as tasks:
                for object_id, members in by_object.items():
                    tasks.start_soon(read_object, object_id, members)
        return pieces

    async def _fill(
        self,
        share: _ColdShare,
        ranges: Sequence[ReadRange],
        pieces: dict[tuple[int, int], memoryview | StorageUnavailable],
    ) -> None:
        """Cut what was read for one partition into its answer. Raises StoredDataError or StorageUnavailable when nothing came."""
        held: list[tuple[ReadRange, memoryview]] = []
        for each in ranges:
            data = pieces[each.span.object_id, each.position]
            if isinstance(data, StorageUnavailable):
                if not held:
                    raise data
                break
            held.append((each, data))
        size = sum(len(data) for _, data in held)
        if size > _CHECK_IN_THREAD_BYTES:
            needed = await run_sync(self._cut_all, share, held)
        else:
            needed = self._cut_all(share, held)
        if needed and share.at_least_one:
            # The batch that must come is larger than what was read of it; now its size is known.
            each, _ = held[0]
            length = min(needed, each.span.position + each.span.length - each.position)
            (data,) = await self._store.read(each.span.object_id, [(each.position, length)])
            self._cut_all(share, [(each._replace(length=length), data)])

    def _cut_all(self, share: _ColdShare, held: Sequence[tuple[ReadRange, memoryview]]) -> int:
        """Cut, check and stamp; returns the size of the batch that did not fit when nothing did, else 0."""
        answer = share.answer
        records: list[Buffer] = []
        taken = 0
        needed = 0
        for each, data in held:
            span = each.span
            piece = Piece(data, each.base, span.last, bool(span.flags & FLAG_FINAL_OFFSETS), each.is_whole)
            try:
                result = cut(
                    piece,
                    share.wanted.offset,
                    share.upper,
                    share.limit - taken,
                    share.bounds.leader_epoch,
                    share.at_least_one and not taken,
                )
            except StoredDataError:
                if not taken:
                    raise
                break
            if result.next_offset <= span.last:
                self._marks.add(span, result.next_offset, each.position - span.position + result.next_at)
            if result.data:
                records.append(result.data)
                taken += len(result.data)
            needed = result.needed
            if result.next_offset <= span.last:
                break
        if taken:
            answer.give(records, taken)
            return 0
        return needed

    async def _locate(self, span: Span, offset: int) -> tuple[int, int]:
        """(first offset, bytes into the span) of the batch that holds ``offset``; of the span's first for a small span.

        Walks a large span from the nearest known batch in steps, and remembers what it comes across.
        """
        base, at = self._marks.find(span, offset)
        if span.length <= WORTH_BYTES:
            return span.base, 0
        final = bool(span.flags & FLAG_FINAL_OFFSETS)
        while base < offset:
            length = min(span.length - at, _LOCATE_BYTES)
            (data,) = await self._store.read(span.object_id, [(span.position + at, length)])
            step = skip(Piece(data, base, span.last, final, at + length == span.length), offset)
            base, at = step.base, at + step.at
            self._marks.add(span, base, at)
            if step.is_found:
                break
        return base, at
