"""What memory can answer of a fetch where other brokers write to the same logs: from what is known to be committed, from the tail, from spans
that were found before.

The catalog is asked for everything that cannot be proven here: whether an offset is out of range, where a log begins, how transactions
ended, and, once what is known was not confirmed for ``trust_s``, for anything at all. That bounds how long a reader can be given what another broker has
deleted, or be told that there is nothing where another broker has written.
"""

from collections.abc import Callable, Sequence
from typing import Final

from broker.log.fetch_plan import PartitionAnswer, Shares, Wanted, answer_of
from broker.log.known_bounds import NEVER, KnownBounds, KnownLog
from broker.log.span_cache import SpanCache
from broker.log.tail_cache import TailCache
from broker.log.visibility import READ_COMMITTED, upper_bound
from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import Span, SpanAnswer, SpanQuery
from broker.storage.objects.base import Buffer
from broker.wire.records.batch import ATTRIBUTES_AT, TRANSACTIONAL_BIT
from observability.metrics import READING

TRUSTED_POLLS: Final = 2.5
"""What is known is trusted for longer than two polls are apart, so that what is waited for or read all the time is never too old."""

TRUST_S: Final = 2.5


class LearningTail(TailCache):
    """The tail cache of a broker among others: what this broker commits passes through here, and becomes known before anyone is told of it."""

    def __init__(self, capacity: int, known: KnownBounds) -> None:
        super().__init__(capacity)
        self._known = known

    def put(self, pid: int, base: int, last: int, batch: Buffer) -> None:
        in_transaction = bool(batch[ATTRIBUTES_AT + 1] & TRANSACTIONAL_BIT)  # as markers are, too
        self._known.appended(pid, base, last, len(batch), in_transaction=in_transaction)
        super().put(pid, base, last, batch)


class SharedView:
    """Owns what is known and the spans in memory; tells those who wait of what the catalog had to say."""

    def __init__(
        self,
        known: KnownBounds,
        spans: SpanCache,
        tail: TailCache,
        waiting: WaitingRoom,
        clock: Callable[[], float],
        *,
        trust_s: float = TRUST_S,
    ) -> None:
        """``clock`` tells seconds and never runs back."""
        self.known = known
        self.spans = spans
        self.clock = clock
        self._tail = tail
        self._waiting = waiting
        self._trust_s = trust_s
        self._used: set[int] = set()

    def is_trusted(self, pid: int) -> bool:
        """Whether the log was confirmed lately."""
        log = self.known.get(pid)
        return log is not None and self.clock() - log.confirmed_at <= self._trust_s

    def take_used(self) -> set[int]:
        """The logs that were answered for from memory since this was last asked: their readers rely on polls."""
        used, self._used = self._used, set()
        return used

    def from_memory(self, wanted: Wanted, shares: Shares, isolation: int) -> PartitionAnswer | None:
        """The partition's answer, its share taken, when it lies in the tail or at its end; else None."""
        log = self._reliable(wanted)
        if log is None:
            return None
        bounds = log.bounds
        upper = upper_bound(bounds, isolation)
        if wanted.offset < upper and not shares.is_spent:
            taken = self._tail.take(
                wanted.pid, wanted.offset, shares.limit(wanted.max_bytes), upper, shares.at_least_one
            )
            if taken is None or not (taken.size or self._tail.has_batch(wanted.pid, wanted.offset)):
                return None
            answer = answer_of(bounds)
            if taken.size:
                shares.take(taken.size)
                answer.give(taken.buffers, taken.size, taken.next_offset)
            return answer
        return None if self._may_be_stable(log, wanted, isolation) else answer_of(bounds)

    def find_spans(self, wanted: Wanted, max_bytes: int, isolation: int) -> SpanAnswer | None:
        """What a query found before, when it still is an answer; else None."""
        log = self._reliable(wanted)
        if log is None:
            return None
        bounds = log.bounds
        if wanted.offset >= upper_bound(bounds, isolation):
            return None
        spans = self.spans.find(wanted.pid, wanted.offset, min(max_bytes, wanted.max_bytes), self.clock())
        READING.spans(spans is not None)
        return None if spans is None else SpanAnswer(bounds, spans)

    def must_ask(self, wanted: Wanted, isolation: int) -> bool:
        """Whether only the catalog can answer for this partition."""
        log = self._reliable(wanted)
        if log is None:
            return True
        return self._may_be_stable(log, wanted, isolation) or (
            wanted.offset < upper_bound(log.bounds, isolation)
            and not self._tail.has_batch(wanted.pid, wanted.offset)
            and self.spans.find(wanted.pid, wanted.offset, 1, self.clock()) is None
        )

    def has_more(self, wanted: Wanted, answer: PartitionAnswer, isolation: int) -> bool:
        """Whether an answer from the tail ends where the tail does, and the log goes on: another broker has written since."""
        upper = answer.last_stable_offset if isolation == READ_COMMITTED else answer.high_watermark
        return 0 <= answer.next_offset < upper and not self._tail.has_batch(wanted.pid, answer.next_offset)

    def put_off(self, pid: int) -> PartitionAnswer | None:
        """An answer without records for a partition whose turn has not come in this fetch: what is known, however old."""
        bounds = self.known.peek(pid)
        return None if bounds is None else answer_of(bounds)

    def learn(self, pid: int, bounds: LogBounds, ticket: int, begun_at: float) -> None:
        """Take in what a query has found, and tell those who wait when it is news."""
        news = self.known.confirmed(pid, bounds, ticket, begun_at)
        if news.is_lost:
            self._tail.forget(pid)
            self.spans.forget(pid)
        elif news.start:
            self._tail.drop_below(pid, bounds.log_start)
        if news.is_lost or news.start:
            self._waiting.wake(pid)
        if (news.high_watermark or news.stable) and pid in self._waiting.pids():
            READING.woken("query")
        if news.high_watermark:
            self._waiting.arrived(pid, news.size)
        if news.stable:
            self._waiting.transaction_ended(pid, 0)

    def learn_spans(self, query: SpanQuery, spans: Sequence[Span], ticket: int, begun_at: float) -> None:
        """Keep the spans that a query has found, unless others were put in their place since it began."""
        if self.known.may_keep(query.pid, ticket):
            self.spans.put(query.pid, spans, begun_at)

    def hinted(self, pid: int, high_watermark: int, size: int) -> bool:
        """Another broker has committed. False when that was known. Of a log that nobody here reads nothing is kept."""
        if self.known.get(pid) is not None and not self.known.hinted(pid, high_watermark):
            return False
        self._waiting.arrived(pid, size)
        return True

    def distrust(self, pid: int, log_start: int = 0) -> None:
        """What is in memory of this log may have been replaced, or lies before ``log_start``: the catalog is asked next."""
        self.spans.forget(pid)
        self.known.distrust(pid, self.clock() - 2 * self._trust_s, log_start)
        self._tail.drop_below(pid, log_start)

    def compacted(self, pid: int, below: int) -> None:
        """Others than before are the log's records below this offset. Where it begins and ends is as it was."""
        self.known.replaced(pid)
        self.spans.forget(pid)
        self._tail.drop_below(pid, below)

    def forget(self, pid: int) -> None:
        """The partition is gone."""
        self.known.forget(pid)
        self.spans.forget(pid)

    def clear(self) -> None:
        """The catalog may have lost what it had acknowledged: nothing that memory holds can be relied on."""
        self.known.clear()
        self.spans.clear()
        self._used.clear()

    def _may_be_stable(self, log: KnownLog, wanted: Wanted, isolation: int) -> bool:
        """Whether a read_committed reader that is given nothing would be kept from something that has become stable."""
        return isolation == READ_COMMITTED and log.unsettled > 0 and wanted.offset >= log.last_stable_offset

    def _reliable(self, wanted: Wanted) -> KnownLog | None:
        """What is known, when it can be relied on for a fetch at this place, which then is neither out of range nor of another epoch."""
        log = self.known.get(wanted.pid)
        if (
            log is None
            or log.confirmed_at == NEVER
            or not log.log_start <= wanted.offset <= log.high_watermark
            or (wanted.current_leader_epoch >= 0 and wanted.current_leader_epoch != log.leader_epoch)
            or (wanted.last_fetched_epoch >= 0 and wanted.last_fetched_epoch != log.leader_epoch)
        ):
            return None
        self._used.add(wanted.pid)
        return log if self.clock() - log.confirmed_at <= self._trust_s else None
