"""The reader: what a fetch asks for, from the tail cache when it holds it, else from the store; and the long poll.

A fetch that memory can answer is answered by :meth:`Reader.look`, which is sync. :meth:`Reader.read` does the rest: it plans (bounds
and spans come from one catalog snapshot begun after the request arrived), waits until the plan is worth carrying out, and
only then reads (:mod:`broker.log.cold_reader`). Data from the store is checked before it is handed out; what is not right is an
error, never a gap.

A read_committed reader is given what lies below the last stable offset and told which transactions in that were aborted. This is
asked for last, when it is known what is given. Every transaction that reaches below the last stable offset has ended, so the answer
can no longer change, unless the log's start moves beyond what is given: then nothing is; or the log is compacted meanwhile: then
all of it is read again.
"""

from collections.abc import Sequence
from secrets import randbelow
from typing import Final, Protocol

import anyio

from broker.log.cold_reader import COLD_READERS, ColdReader, ColdShare
from broker.log.fetch_plan import WHOLE_BELOW, PartitionAnswer, Shares, Wanted, answer_of, below
from broker.log.fetch_session import FetchSessionCache
from broker.log.marker_batches import marker_batch
from broker.log.stored_batches import Piece
from broker.log.tail_cache import TailCache
from broker.log.visibility import READ_COMMITTED, check_fetch, upper_bound
from broker.log.waiting_room import Waiter, WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import MARKER_BYTES, LogCatalog, Span, SpanAnswer, SpanQuery, TransactionCatalog
from broker.storage.catalog.transactions import Ended
from broker.storage.objects.base import ObjectStore
from broker.wire.error_codes import ErrorCode
from observability import logs

COLD_BYTES_MAX: Final = 16 * 1024 * 1024
"""One fetch reads no more than this from the store, so cold readers hold at most COLD_READERS times as much."""

_QUERY_PARTITIONS: Final = 64

_log = logs.get("reader")


class LogsAndTransactions(LogCatalog, TransactionCatalog, Protocol):
    """The parts of a catalog that reading needs."""


class Look:
    """A first look at a fetch: the answers so far, in order, and what there is to give without waiting."""

    __slots__ = ("answers", "cold", "has_error", "size")

    def __init__(self) -> None:
        self.answers: list[PartitionAnswer] = []
        self.cold: list[ColdShare] = []
        self.size = 0
        self.has_error = False


class Reader:
    """Owns the fetch sessions and the cold reads; tells those who wait of everything that is not an arrival."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogsAndTransactions,
        tail: TailCache,
        waiting: WaitingRoom,
        *,
        session_slots: int = 1000,
        cold_readers: int = COLD_READERS,
    ) -> None:
        """``session_slots`` is ``max.incremental.fetch.session.cache.slots``: how many fetch sessions there may be."""
        self.sessions = FetchSessionCache(session_slots, lambda: 1 + randbelow(2**31 - 1))
        self._catalog = catalog
        self._tail = tail
        self._waiting = waiting
        self._cold = ColdReader(store, cold_readers)
        self._rounds: dict[int, int] = {}
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
        if isolation == READ_COMMITTED and look.size and not self._peek_aborted(wanted, answers):
            return None
        return look

    async def read(
        self, wanted: Sequence[Wanted], *, min_bytes: int, max_bytes: int, max_wait_ms: int, isolation: int
    ) -> list[PartitionAnswer]:
        """One answer a partition, in order: when ``min_bytes`` can be given, one has an error, or ``max_wait_ms`` are over."""
        deadline = anyio.current_time() + max_wait_ms / 1000
        attempts_left = 1
        committed_by = self._catalog.peek_bounds if isolation == READ_COMMITTED else None
        while True:
            waiter = self._waiting.enter([partition.pid for partition in wanted], min_bytes, committed_by)
            rounds = self._rounds_of(wanted)
            try:
                plan = await self._plan(wanted, max_bytes, isolation)
                if plan.size < min_bytes and not plan.has_error and wanted and anyio.current_time() < deadline:
                    waiter.add(plan.size)
                    with anyio.move_on_after(deadline - anyio.current_time()):
                        await waiter.wait()
                        if not self._waiting.is_closed:
                            continue
                    rounds = self._rounds_of(wanted)
                    plan = await self._plan(wanted, max_bytes, isolation)
            finally:
                self._waiting.leave(waiter)
            if plan.cold:
                failed = await self._cold.read(plan.cold)
                if failed and attempts_left:
                    # What the spans named may have been deleted after they were read: ask the catalog again, once.
                    attempts_left -= 1
                    continue
                for share, reason in failed:
                    self._complain(share, reason)
                    share.answer.fail(ErrorCode.KAFKA_STORAGE_ERROR)
            if isolation == READ_COMMITTED and not self._peek_aborted(wanted, plan.answers):
                await self._find_aborted(wanted, plan.answers)
            if isolation == READ_COMMITTED and rounds != self._rounds_of(wanted):
                # What was read may be from before a compaction, and the transactions from after the next one.
                continue
            return plan.answers

    def transaction_ended(self, ended: Ended) -> None:
        """The markers are in the log: readers at its end have them from memory, and those who wait for them are told."""
        for marker in ended.markers:
            bounds = self._catalog.peek_bounds(marker.pid)
            if bounds is not None:
                self._tail.put(marker.pid, marker.offset, marker.offset, marker_batch(marker, bounds.leader_epoch))
            self._waiting.transaction_ended(marker.pid, MARKER_BYTES)

    def compaction_begins(self, pid: int) -> None:
        """A round of compaction is about to replace parts of a log. Transactions of which an earlier round has removed the data leave the
        index in it: what was read before must not be judged by what is known afterwards."""
        self._rounds[pid] = self._rounds.get(pid, 0) + 1

    def enter(self, pids: Sequence[int], missing: int, isolation: int) -> Waiter:
        """Begin to wait for ``missing`` bytes on ``pids``, for whoever looks and reads by itself. Every one needs a :meth:`leave`."""
        return self._waiting.enter(pids, missing, self._catalog.peek_bounds if isolation == READ_COMMITTED else None)

    def leave(self, waiter: Waiter) -> None:
        """Stop waiting."""
        self._waiting.leave(waiter)

    async def bounds(self, pid: int) -> LogBounds | None:
        """Fresh bounds; None when there is no such partition."""
        bounds = self._catalog.peek_bounds(pid)
        return bounds if bounds is not None else (await self._catalog.bounds([pid])).get(pid)

    def log_start_moved(self, pid: int) -> None:
        """Records were deleted, or the partition itself: a fetch that waits for it must be answered anew."""
        self._waiting.wake(pid)

    def partition_removed(self, pid: int) -> None:
        """The partition is gone: forget its data and tell those who wait."""
        self._tail.forget(pid)
        self._rounds.pop(pid, None)
        self._waiting.wake(pid)

    async def read_span(self, span: Span) -> Piece:
        """A whole span as it is stored, unchecked. Raises StorageUnavailable."""
        return await self._cold.read_span(span)

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
            answer.give(taken.buffers, taken.size, taken.next_offset)
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
                        upper = upper_bound(bounds, isolation)
                        spans = below(snapshot.spans, upper)
                        share = ColdShare(partition, answer, bounds, spans, limit, upper, shares.at_least_one)
                        size = min(max(limit, share.at_least_one), self._cold.size_from(spans, partition.offset))
                        if size > 0:
                            look.cold.append(share)
                            shares.take(size)
                            # Small spans are read whole, however little of them is asked for.
                            cold_left -= max(size, min(spans[0].length, WHOLE_BELOW))
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

    def _peek_aborted(self, wanted: Sequence[Wanted], answers: Sequence[PartitionAnswer]) -> bool:
        """Name the aborted transactions in what is given. False when memory does not know them, or the log's start moved."""
        for partition, answer in zip(wanted, answers, strict=True):
            if answer.size:
                aborted = self._catalog.peek_aborted(partition.pid, partition.offset, answer.next_offset)
                bounds = self._catalog.peek_bounds(partition.pid)
                if aborted is None or bounds is None or bounds.log_start > partition.offset:
                    return False
                answer.aborted = aborted
        return True

    async def _find_aborted(self, wanted: Sequence[Wanted], answers: Sequence[PartitionAnswer]) -> None:
        """The same, waiting for the catalog. What was deleted meanwhile is given no more: nobody knows its transactions."""
        for partition, answer in zip(wanted, answers, strict=True):
            if answer.size:
                pid = partition.pid
                answer.aborted = await self._catalog.aborted(pid, partition.offset, answer.next_offset)
                # Asked afterwards: what the log still had then, it had before.
                bounds = self._catalog.peek_bounds(pid) or (await self._catalog.bounds([pid])).get(pid)
                if bounds is None:
                    answer.fail(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
                elif bounds.log_start > partition.offset:
                    answer.fail(ErrorCode.OFFSET_OUT_OF_RANGE)

    def _rounds_of(self, wanted: Sequence[Wanted]) -> list[int]:
        return [self._rounds.get(partition.pid, 0) for partition in wanted] if self._rounds else []

    def _complain(self, share: ColdShare, reason: str) -> None:
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
