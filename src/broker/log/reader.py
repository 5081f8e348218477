"""The reader: what a fetch asks for, from the tail cache when it holds it, else from the store; and the long poll.

A fetch that memory can answer is answered by :meth:`Reader.look`, which is sync. :meth:`Reader.read` does the rest: it plans (bounds
and spans come from one catalog snapshot begun after the request arrived), waits until the plan is worth carrying out, and
only then reads (:mod:`broker.log.cold_reader`). Data from the store is checked before it is handed out; what is not right is an
error, never a gap.

A read_committed reader is given what lies below the last stable offset and told which transactions in that were aborted. This is
asked for last, when it is known what is given. Every transaction that reaches below the last stable offset has ended, so the answer
can no longer change, unless the log's start moves beyond what is given: then nothing is; or the log is compacted meanwhile: then
all of it is read again.

Where brokers share the catalog, memory answers what it can prove (:mod:`broker.log.shared_view`), queries of many fetches are one
(:mod:`broker.log.span_finder`), and those who wait are woken by hints, or else by polls (:mod:`broker.log.bounds_poller`).
"""

from collections.abc import Collection, Sequence
from itertools import repeat
from secrets import randbelow
from typing import Final, Protocol

import anyio

from broker.answer_room import AnswerRoom
from broker.errors import BrokerError, StorageUnavailable
from broker.log.cold_reader import COLD_READERS, ColdReader
from broker.log.far_reader import FarReader
from broker.log.fetch_plan import WHOLE_BELOW, ColdShare, PartitionAnswer, Shares, Wanted, answer_of, below
from broker.log.fetch_session import FetchSessionCache
from broker.log.marker_batches import marker_batch
from broker.log.read_pacer import ReadPacer
from broker.log.shared_reading import SharedReading
from broker.log.span_finder import QUERY_PARTITIONS
from broker.log.stored_batches import Piece, holds_transactions
from broker.log.tail_cache import TailCache
from broker.log.visibility import READ_COMMITTED, check_fetch, upper_bound
from broker.log.waiting_room import Bounds, Waiter, WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import LogCatalog, Span, SpanAnswer, SpanQuery, TransactionCatalog
from broker.storage.catalog.span_flags import FLAG_COMPACTED, MARKER_BYTES
from broker.storage.catalog.transactions import Ended
from broker.storage.objects.base import ObjectStore
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import READING

COLD_BYTES_MAX: Final = 16 * 1024 * 1024
"""One fetch reads no more than this from the store, so cold readers hold at most COLD_READERS times as much."""

QUERIES_A_FETCH: Final = 4
"""More queries for spans than this are not made for one fetch (where the catalog is shared): what is left over is first in a later one."""

_FEW_PARTITIONS: Final = 8
_SPANS_AHEAD: Final = 4
_BYTES_AHEAD: Final = 1024 * 1024
_ABORTED_AT_ONCE: Final = 8
_CUT_OFF_S: Final = 0.1
_GROUP_BYTES: Final = 8 * 1024 * 1024
_REPEATS_MAX: Final = 3

_log = logs.get("reader")


class LogsAndTransactions(LogCatalog, TransactionCatalog, Protocol):
    """The parts of a catalog that reading needs."""


class Look:
    """A first look at a fetch: the answers so far, in order, and what there is to give without waiting. ``has_more``: there is more than that,
    and it is for the next fetch. ``is_cut_off``: the catalog could not be asked for some of it."""

    __slots__ = ("answers", "cold", "has_error", "has_more", "is_cut_off", "size")

    def __init__(self) -> None:
        self.answers: list[PartitionAnswer] = []
        self.cold: list[ColdShare] = []
        self.size = 0
        self.has_error = False
        self.has_more = False
        self.is_cut_off = False


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
        shared: SharedReading | None = None,
        far: FarReader | None = None,
        pacer: ReadPacer | None = None,
        room: AnswerRoom | None = None,
    ) -> None:
        """``session_slots`` is ``max.incremental.fetch.session.cache.slots``: how many fetch sessions there may be. ``shared`` is given where other
        brokers write to the same catalog; then :meth:`run` must run. ``far`` reads far from the ends of logs, as far as it can.
        What a fetch is given is bounded by the ``room`` there is for answers."""
        self.sessions = FetchSessionCache(session_slots, lambda: 1 + randbelow(2**31 - 1))
        self._catalog = catalog
        self._tail = tail
        self._waiting = waiting
        self._shared = shared
        self._far = far
        self._view = None if shared is None else shared.view
        self._peek: Bounds = catalog.peek_bounds if shared is None else shared.view.known.peek
        self.room = room or AnswerRoom()
        self._cold = ColdReader(
            store,
            cold_readers,
            room=self.room,
            blocks=None if shared is None else shared.blocks,
            far=None if shared is None else shared.far,
            elsewhere=far,
            pacer=pacer,
        )
        READING.far_share.set_function(lambda: self._cold.pacer.giving_way.share)
        READING.cold_waiting.set_function(lambda: self._cold.waiting)
        READING.waiting.set_function(lambda: len(waiting))
        self._rounds: dict[int, int] = {}
        self._complaints = logs.LineLimiter()

    @property
    def is_stopping(self) -> bool:
        """Whether long polls end at once, because the broker is stopping."""
        return self._waiting.is_closed

    def producers_were_served(self, took_s: float, size: int) -> None:
        """``size`` bytes of theirs were committed, in so long. Reads far from the ends of logs are to give way to them."""
        self._cold.pacer.committed(took_s, size)

    async def run(self) -> None:
        """What goes on without a request, until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cold.pacer.run)
            if self._far is not None:
                tasks.start_soon(self._far.run)
            if self._shared is not None:
                tasks.start_soon(self._shared.finder.run)
                tasks.start_soon(self._shared.poller.run)
                tasks.start_soon(self._shared.blocks.run)

    def look(self, wanted: Sequence[Wanted], max_bytes: int, isolation: int) -> Look | None:
        """The answers as they are now, when memory alone can give them; else None."""
        look = self._look(wanted, max_bytes, isolation)
        if look is not None and look.size:
            self._cold.pacer.others_worked = True
        if self._shared is not None:
            READING.fetch(look is not None)
        return look

    def _look(self, wanted: Sequence[Wanted], max_bytes: int, isolation: int) -> Look | None:
        look = Look()
        shares = Shares(self.room.most(max_bytes))
        answers = look.answers
        for partition in wanted:
            bounds = self._catalog.peek_bounds(partition.pid)
            if bounds is None:
                answer = None if self._view is None else self._view.from_memory(partition, shares, isolation)
            else:
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
        repeats_left = _REPEATS_MAX
        while True:
            most = self.room.most(max_bytes)
            min_bytes = min(min_bytes, most)
            waiter = self.enter([partition.pid for partition in wanted], min_bytes, isolation)
            rounds = self._rounds_of(wanted)
            try:
                plan = await self._plan(wanted, most, isolation)
                ends_here = plan.size < min_bytes and not plan.has_error and not plan.has_more
                if ends_here and wanted and anyio.current_time() < deadline:
                    waiter.add(plan.size)
                    with anyio.move_on_after(deadline - anyio.current_time()):
                        await waiter.wait()
                        if not self._waiting.is_closed:
                            continue
                    rounds = self._rounds_of(wanted)
                    plan = await self._plan(wanted, self.room.most(max_bytes), isolation)
                elif plan.is_cut_off and not plan.size and anyio.current_time() < deadline and not self._waiting.is_closed:
                    # Clients that are told so ask again at once; most often it is over before they would have to be told.
                    await anyio.sleep(min(_CUT_OFF_S, deadline - anyio.current_time()))
                    continue
            finally:
                self._waiting.leave(waiter)
            if plan.cold:
                failed = await self._cold.read(plan.cold)
                if failed and attempts_left:
                    # What the spans named may have been deleted after they were read: ask the catalog again, once.
                    attempts_left -= 1
                    self._distrust(failed)
                    continue
                for share, reason in failed:
                    self._complain(share, reason)
                    share.answer.fail(ErrorCode.KAFKA_STORAGE_ERROR)
            if isolation == READ_COMMITTED and self._shared is not None:
                if await self._settle_transactions(self._shared, wanted, plan, is_last=not repeats_left):
                    repeats_left -= 1
                    continue
            elif isolation == READ_COMMITTED and not self._peek_aborted(wanted, plan.answers):
                await self._find_aborted(wanted, plan.answers)
            if isolation == READ_COMMITTED and rounds != self._rounds_of(wanted):
                # What was read may be from before a compaction, and the transactions from after the next one.
                continue
            return plan.answers

    def transaction_ended(self, ended: Ended) -> None:
        """The markers are in the log: readers at its end have them from memory, and those who wait for them are told."""
        for marker in ended.markers:
            if self._shared is not None or self._catalog.peek_bounds(marker.pid) is not None:
                epoch = self._catalog.leader_epoch(marker.pid)
                self._tail.put(marker.pid, marker.offset, marker.offset, marker_batch(marker, epoch))
            self._waiting.transaction_ended(marker.pid, MARKER_BYTES)
        if self._shared is not None:
            # Where the logs are stable now depends on others' transactions, too.
            self.markers_hinted([marker.pid for marker in ended.markers])

    def hinted(self, pid: int, high_watermark: int, size: int) -> None:
        """Another broker has committed ``size`` bytes of records, up to ``high_watermark``. Hints may be late, doubled, or never come."""
        shared = self._shared
        if shared is not None and shared.view.hinted(pid, high_watermark, size):
            if pid in self._waiting.pids():
                READING.woken("hint")
            if self._waiting.awaits_stable(pid):
                shared.poller.ask(pid)

    def markers_hinted(self, pids: Sequence[int]) -> None:
        """Transactions on these logs were ended, by this broker or another: those who wait for that are told once it is seen in the catalog."""
        if self._shared is not None:
            for pid in pids:
                self._shared.view.known.ended(pid)
                if self._waiting.awaits_stable(pid):
                    self._shared.poller.ask(pid)

    def compacted(self, pid: int, below: int) -> None:
        """This broker or another has compacted a log below that offset: what memory holds of that is given out no more. Another's word may be late,
        doubled, or never come; then it is given out until memory lets go of it by itself."""
        if self._view is not None:
            self._view.compacted(pid, below)

    def forget_everything(self) -> None:
        """The catalog may have lost what it had acknowledged: nothing in memory can be relied on, and those who wait must look again."""
        self._tail.clear()
        if self._shared is not None:
            self._shared.view.clear()
            self._shared.blocks.clear()
        self._waiting.wake_all()

    def compaction_begins(self, pid: int) -> None:
        """A round of compaction is about to replace parts of a log. Transactions of which an earlier round has removed the data leave the
        index in it: what was read before must not be judged by what is known afterwards."""
        self._rounds[pid] = self._rounds.get(pid, 0) + 1

    def enter(self, pids: Sequence[int], missing: int, isolation: int) -> Waiter:
        """Begin to wait for ``missing`` bytes on ``pids``, for whoever looks and reads by itself. Every one needs a :meth:`leave`."""
        return self._waiting.enter(pids, missing, self._peek if isolation == READ_COMMITTED else None)

    def leave(self, waiter: Waiter) -> None:
        """Stop waiting."""
        self._waiting.leave(waiter)

    async def bounds(self, pid: int) -> LogBounds | None:
        """Fresh bounds; None when there is no such partition."""
        bounds = self._catalog.peek_bounds(pid)
        return bounds if bounds is not None else (await self.bounds_of([pid])).get(pid)

    async def recent_bounds(self, pid: int) -> LogBounds | None:
        """Bounds that were so lately, for whoever looks again later; None when there is no such partition."""
        if self._view is not None and self._view.is_trusted(pid):
            return self._view.known.peek(pid)
        return await self.bounds(pid)

    async def bounds_of(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        """Fresh bounds of several, in as few queries as can be; those that do not exist are left out."""
        if self._shared is not None:
            return await self._shared.finder.bounds(pids)
        return await self._catalog.bounds(pids)

    def log_start_moved(self, pid: int, log_start: int = 0) -> None:
        """Records below ``log_start`` were deleted, or the partition itself: a fetch that waits for it must be answered anew."""
        if self._view is not None:
            self._view.distrust(pid, log_start)
        self._waiting.wake(pid)

    def partition_removed(self, pid: int) -> None:
        """The partition is gone: forget its data and tell those who wait."""
        self._tail.forget(pid)
        if self._view is not None:
            self._view.forget(pid)
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
        queries_left = QUERIES_A_FETCH
        found: dict[int, SpanAnswer] = {}
        if self._shared is not None:
            await self._confirm(self._shared, wanted)
        for index, partition in enumerate(wanted):
            answer: PartitionAnswer | None = None
            if index not in found:
                answer = self._at_once(partition, shares, isolation, look)
                if answer is None and self._shared is not None:
                    if shares.is_spent or cold_left <= 0 or not queries_left:
                        answer = self._shared.view.put_off(partition.pid)
                    elif (held := self._shared.view.find_spans(partition, max_bytes, isolation)) is not None:
                        found[index] = held
                if answer is None and index not in found:
                    queries_left = max(queries_left - 1, 0)
                    try:
                        found.update(await self._find_spans(wanted, index, min(max_bytes, COLD_BYTES_MAX), isolation))
                    except StorageUnavailable as error:
                        if self._shared is None:
                            raise
                        look.has_error = look.is_cut_off = True
                        answer = PartitionAnswer(int(error.code))
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
        if self._view is not None:
            look.has_more = any(share.spans[-1].last + 1 < share.upper for share in look.cold) or any(
                map(self._view.has_more, wanted, look.answers, repeat(isolation))
            )
        return look

    def _at_once(self, wanted: Wanted, shares: Shares, isolation: int, look: Look) -> PartitionAnswer | None:
        """The partition's answer when memory has it, its share taken; else None."""
        peeked = self._catalog.peek_bounds(wanted.pid)
        if peeked is not None:
            return self._from_memory(wanted, peeked, shares, isolation, look)
        return None if self._view is None else self._view.from_memory(wanted, shares, isolation)

    async def _confirm(self, shared: SharedReading, wanted: Sequence[Wanted]) -> None:
        """When much more is wanted than one query for spans answers, ask where the logs end first: most readers are there."""
        unsure = [partition.pid for partition in wanted if not shared.view.is_trusted(partition.pid)]
        if len(unsure) > QUERY_PARTITIONS:
            try:
                await shared.finder.bounds(unsure)
            except StorageUnavailable:
                pass  # what cannot be answered then has the error

    async def _find_spans(
        self, wanted: Sequence[Wanted], start: int, max_bytes: int, isolation: int
    ) -> dict[int, SpanAnswer]:
        """Ask for the spans of the next partitions from ``start`` on that memory cannot answer, in one query."""
        indexes = [start]
        for index in range(start + 1, len(wanted)):
            if len(indexes) == QUERY_PARTITIONS:
                break
            if self._must_ask(wanted[index], isolation):
                indexes.append(index)
        queries = [
            SpanQuery(wanted[index].pid, wanted[index].offset, max(min(wanted[index].max_bytes, max_bytes), 1))
            for index in indexes
        ]
        if self._shared is not None:
            if len(queries) <= _FEW_PARTITIONS:
                # What readers who go through a log ask for next; what is near its end is not more than there is.
                queries = [
                    SpanQuery(each.pid, each.offset, max(each.max_bytes * _SPANS_AHEAD, _BYTES_AHEAD)) for each in queries
                ]
            return dict(zip(indexes, await self._shared.finder.find(queries), strict=True))
        answers = self._catalog.find_spans_now(queries)
        if answers is None:
            answers = await self._catalog.find_spans(queries)
        return dict(zip(indexes, answers, strict=True))

    def _must_ask(self, wanted: Wanted, isolation: int) -> bool:
        """Whether a query is needed for this partition."""
        if self._view is not None:
            return self._view.must_ask(wanted, isolation)
        bounds = self._catalog.peek_bounds(wanted.pid)
        return bounds is None or (
            bounds.log_start <= wanted.offset < upper_bound(bounds, isolation)
            and not self._tail.has_batch(wanted.pid, wanted.offset)
        )

    async def _settle_transactions(
        self, shared: SharedReading, wanted: Sequence[Wanted], plan: Look, *, is_last: bool
    ) -> bool:
        """Name the aborted transactions in what is given of a catalog that others change. True when it must all be read again.

        The index of transactions is read after the data, and may be of a later state of the log: compaction removes aborted data, and then
        the transaction from the index. So it is looked up afterwards whether what was read still was what the log consists of.
        """
        read = {id(share.answer): {_identity(span) for span in share.spans} for share in plan.cold}
        doubted = [
            (partition, answer)
            for partition, answer in zip(wanted, plan.answers, strict=True)
            if answer.size and holds_transactions(answer.records)
        ]
        for start in range(0, len(doubted), _ABORTED_AT_ONCE):
            async with anyio.create_task_group() as tasks:
                for partition, answer in doubted[start : start + _ABORTED_AT_ONCE]:
                    tasks.start_soon(self._name_aborted, partition, answer)
        again = False
        for partition, answer in doubted:
            if answer.size and await self._is_replaced(shared, partition, answer, read.get(id(answer), frozenset())):
                READING.repeated("compacted")
                again = True
                if is_last:
                    answer.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        return again and not is_last

    async def _name_aborted(self, wanted: Wanted, answer: PartitionAnswer) -> None:
        READING.query("aborted")
        try:
            answer.aborted = await self._catalog.aborted(wanted.pid, wanted.offset, answer.next_offset)
        except BrokerError as error:
            answer.fail(error.code)

    async def _is_replaced(
        self, shared: SharedReading, wanted: Wanted, answer: PartitionAnswer, read: Collection[tuple[int, int, int]]
    ) -> bool:
        """Whether the log consists of something else now, for what is given of it, than what was ``read``. What was deleted meanwhile is given
        no more: nobody knows its transactions."""
        offset = wanted.offset
        while offset < answer.next_offset:
            try:
                (now,) = await shared.finder.find([SpanQuery(wanted.pid, offset, answer.size + _GROUP_BYTES)])
            except BrokerError as error:
                answer.fail(error.code)
                return False
            if now.bounds is None or now.bounds.log_start > wanted.offset or not now.spans:
                answer.fail(
                    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if now.bounds is None else ErrorCode.OFFSET_OUT_OF_RANGE
                )
                return False
            for span in now.spans:
                if span.base < answer.next_offset and span.flags & FLAG_COMPACTED and _identity(span) not in read:
                    self._tail.drop_below(wanted.pid, span.last + 1)
                    shared.view.distrust(wanted.pid)
                    return True
            offset = now.spans[-1].last + 1
        return False

    def _distrust(self, failed: Sequence[tuple[ColdShare, str]]) -> None:
        """What could not be read is not looked for in the same place again."""
        READING.repeated("missing")
        if self._view is not None:
            for share, _ in failed:
                self._view.distrust(share.wanted.pid)

    def _peek_aborted(self, wanted: Sequence[Wanted], answers: Sequence[PartitionAnswer]) -> bool:
        """Name the aborted transactions in what is given. False when memory does not know them, or the log's start moved."""
        if self._shared is not None:
            return not any(answer.size and holds_transactions(answer.records) for answer in answers)
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
        READING.unreadable()
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            _log.error(
                "stored data cannot be read",
                pid=share.wanted.pid,
                offset=share.wanted.offset,
                reason=reason,
                lines_held_back=held_back,
            )


def _identity(span: Span) -> tuple[int, int, int]:
    return span.object_id, span.position, span.base
