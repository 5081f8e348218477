"""What a catalog knows of its logs and transactions in memory, and changes to that which are not visible yet.

L1  Readers see only what was published, and :meth:`LogState.publish` is called only after the changes are durable.
L2  Changes that are dropped leave nothing behind.
L3  Every run of recent spans is contiguous and ends at the high watermark.

``publish`` may run on another thread than the readers; both hold the same short lock, so an answer is one snapshot.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import Final, Protocol

from broker.model import LogBounds
from broker.storage.catalog.aborted_run import AbortedRun
from broker.storage.catalog.base import ProducerState, Span, SpanAnswer, SpanQuery
from broker.storage.catalog.commit_rules import Decision, PartitionState, View
from broker.storage.catalog.marker_rules import AbortedEntry, Ending
from broker.storage.catalog.span_run import SpanRun
from broker.storage.catalog.transactions import AbortedTransaction, OffsetKey, PendingOffsets, TransactionState

_NO_OFFSETS: Final[PendingOffsets] = MappingProxyType({})


class StateView(View, Protocol):
    """All that a decision can look at."""

    def transaction(self, transactional_id: str) -> TransactionState | None: ...

    def pending_offsets(self, transactional_id: str) -> PendingOffsets: ...

    def transactional_ids(self) -> Sequence[str]: ...


class LogState:
    """Published state of all logs and transactions. ``tail_limit`` bounds the spans kept in memory, and the aborted transactions; None
    keeps them all."""

    def __init__(self, tail_limit: int | None) -> None:
        self.partitions: dict[int, PartitionState] = {}
        self.producers: dict[int, dict[int, ProducerState]] = {}
        self.runs: dict[int, SpanRun] = {}
        self.aborted_runs: dict[int, AbortedRun] = {}
        self.newest_object = -1
        self._transactions: dict[str, TransactionState] = {}
        self._pending: dict[str, PendingOffsets] = {}
        self._id_of_producer: dict[int, str] = {}
        self._tail_limit = tail_limit
        self._tail_order: deque[int] = deque()
        self._aborted_order: deque[int] = deque()
        self._lock = Lock()

    def partition(self, pid: int) -> PartitionState | None:
        return self.partitions.get(pid)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        known = self.producers.get(pid)
        return None if known is None else known.get(producer_id)

    def transaction(self, transactional_id: str) -> TransactionState | None:
        return self._transactions.get(transactional_id)

    def transactional_ids(self) -> Sequence[str]:
        return list(self._transactions)

    def transactions(self) -> list[TransactionState]:
        """All of them, from one moment."""
        with self._lock:
            return list(self._transactions.values())

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        transactional_id = self._id_of_producer.get(producer_id)
        return None if transactional_id is None else self._transactions.get(transactional_id)

    def pending_offsets(self, transactional_id: str) -> PendingOffsets:
        return self._pending.get(transactional_id, _NO_OFFSETS)

    def pending_keys_of(self, group_id: str) -> set[OffsetKey]:
        """Of which of the group's partitions open transactions carry offsets."""
        with self._lock:
            return {key for offsets in self._pending.values() for key in offsets if key[0] == group_id}

    def load_transactions(
        self, transactions: Iterable[TransactionState], pending: Mapping[str, PendingOffsets]
    ) -> None:
        """What was stored, for the start."""
        for transaction in transactions:
            self._transactions[transaction.transactional_id] = transaction
            self._id_of_producer[transaction.producer_id] = transaction.transactional_id
        self._pending.update(pending)

    def aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        """Those that reach into the range, or None when memory does not reach back that far."""
        with self._lock:
            run = self.aborted_runs.get(pid)
            return [] if run is None else run.read(first_offset, upper_offset)

    def bounds(self, pid: int) -> LogBounds | None:
        """The bounds as of now."""
        state = self.partitions.get(pid)
        return None if state is None else state.bounds

    def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        """Answers from memory, or None when one of them needs spans that are not here."""
        answers: list[SpanAnswer] = []
        with self._lock:
            for query in queries:
                state = self.partitions.get(query.pid)
                if state is None:
                    answers.append(SpanAnswer(None, ()))
                    continue
                bounds = state.bounds
                if not bounds.log_start <= query.offset < bounds.high_watermark:
                    answers.append(SpanAnswer(bounds, ()))
                    continue
                run = self.runs.get(query.pid)
                if run is None or not run.covers(query.offset):
                    return None
                answers.append(SpanAnswer(bounds, run.read(query.offset, query.max_bytes)))
        return answers

    def publish(self, changes: "LogChanges") -> None:
        """Make ``changes`` visible, all at once."""
        with self._lock:
            for pid, state in changes.partitions.items():
                if state is None:
                    self.partitions.pop(pid, None)
                    self.producers.pop(pid, None)
                    self.runs.pop(pid, None)
                    self.aborted_runs.pop(pid, None)
                else:
                    if pid not in self.partitions:
                        self.producers[pid] = {}
                    self.partitions[pid] = state
            for (pid, producer_id), producer in changes.producers.items():
                known = self.producers.setdefault(pid, {})
                if producer is None:
                    known.pop(producer_id, None)
                else:
                    known[producer_id] = producer
            for pid, span in changes.spans:
                self._remember(pid, span)
            for replaced in changes.replaced:
                self._replace(replaced)
            for pid, offset in changes.trimmed.items():
                if (run := self.runs.get(pid)) is not None:
                    run.drop_below(offset)
                if (aborted := self.aborted_runs.get(pid)) is not None:
                    aborted.drop_below(offset)
            if changes.transactions or changes.aborted or changes.pending:
                self._publish_transactions(changes)
            self.newest_object = max(self.newest_object, changes.newest_object)

    def _replace(self, replaced: "Replaced") -> None:
        if (run := self.runs.get(replaced.pid)) is not None:
            run.replace(replaced.base, replaced.last, replaced.spans)
        if replaced.forgotten and (aborted := self.aborted_runs.get(replaced.pid)) is not None:
            aborted.forget(replaced.forgotten)

    def _publish_transactions(self, changes: "LogChanges") -> None:
        for producer_id, owner in changes.id_of_producer.items():
            if owner is None:
                self._id_of_producer.pop(producer_id, None)
            else:
                self._id_of_producer[producer_id] = owner
        for transactional_id, transaction in changes.transactions.items():
            if transaction is None:
                self._transactions.pop(transactional_id, None)
            else:
                self._transactions[transactional_id] = transaction
        for transactional_id, offsets in changes.pending.items():
            if offsets:
                self._pending[transactional_id] = offsets
            else:
                self._pending.pop(transactional_id, None)
        for pid, entry in changes.aborted:
            self._remember_aborted(pid, entry)

    def _remember_aborted(self, pid: int, entry: AbortedEntry) -> None:
        if pid not in self.partitions:
            return
        self.aborted_runs.setdefault(pid, AbortedRun()).append(entry)
        if self._tail_limit is None:
            return
        self._aborted_order.append(pid)
        if len(self._aborted_order) > self._tail_limit:
            oldest = self.aborted_runs.get(self._aborted_order.popleft())
            if oldest is not None:
                oldest.drop_first()

    def _remember(self, pid: int, span: Span) -> None:
        if pid not in self.partitions:
            return
        run = self.runs.get(pid)
        if run is None:
            run = self.runs[pid] = SpanRun()
        run.append(span)
        if self._tail_limit is None:
            return
        self._tail_order.append(pid)
        if len(self._tail_order) > self._tail_limit:
            # The order may name spans that were trimmed meanwhile; then a younger one goes, which costs a query, no more.
            oldest = self.runs.get(self._tail_order.popleft())
            if oldest is not None:
                oldest.drop_first()


@dataclass(frozen=True, slots=True)
class Replaced:
    """Spans that took the place of those from offset ``base`` to ``last``, and aborted transactions (by their ends) that went with that."""

    pid: int
    base: int
    last: int
    spans: Sequence[Span]
    forgotten: frozenset[int]


@dataclass(slots=True)
class LogChanges:
    """Changes on top of a state, or of other changes; later decisions see earlier ones. None stands for "gone"."""

    base: StateView
    partitions: dict[int, PartitionState | None] = field(default_factory=dict)
    producers: dict[tuple[int, int], ProducerState | None] = field(default_factory=dict)
    spans: list[tuple[int, Span]] = field(default_factory=list)
    trimmed: dict[int, int] = field(default_factory=dict)
    replaced: list[Replaced] = field(default_factory=list)
    transactions: dict[str, TransactionState | None] = field(default_factory=dict)
    id_of_producer: dict[int, str | None] = field(default_factory=dict)
    pending: dict[str, PendingOffsets] = field(default_factory=dict)
    aborted: list[tuple[int, AbortedEntry]] = field(default_factory=list)
    newest_object: int = -1

    def partition(self, pid: int) -> PartitionState | None:
        if pid in self.partitions:
            return self.partitions[pid]
        return self.base.partition(pid)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        key = (pid, producer_id)
        if key in self.producers:
            return self.producers[key]
        return self.base.producer(pid, producer_id)

    def transaction(self, transactional_id: str) -> TransactionState | None:
        if transactional_id in self.transactions:
            return self.transactions[transactional_id]
        return self.base.transaction(transactional_id)

    def transactional_ids(self) -> Sequence[str]:
        changed = self.transactions
        return [
            *(known for known in self.base.transactional_ids() if known not in changed),
            *(known for known, transaction in changed.items() if transaction is not None),
        ]

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        if producer_id in self.id_of_producer:
            transactional_id = self.id_of_producer[producer_id]
            return None if transactional_id is None else self.transaction(transactional_id)
        return self.base.transaction_of_producer(producer_id)

    def pending_offsets(self, transactional_id: str) -> PendingOffsets:
        if transactional_id in self.pending:
            return self.pending[transactional_id]
        return self.base.pending_offsets(transactional_id)

    def set_transaction(self, state: TransactionState) -> None:
        """Change what is known of a transactional id; a producer id that it had before is nobody's any more."""
        before = self.transaction(state.transactional_id)
        if before is not None:
            self.id_of_producer[before.producer_id] = None
        self.id_of_producer[state.producer_id] = state.transactional_id
        self.transactions[state.transactional_id] = state

    def forget_transaction(self, state: TransactionState) -> None:
        """Nobody has this transactional id any more."""
        self.id_of_producer[state.producer_id] = None
        self.transactions[state.transactional_id] = None

    def absorb(self, decision: Decision) -> None:
        """Take over what a commit group came to."""
        self.partitions.update(decision.partitions)
        self.producers.update(decision.producers)
        self.spans.extend(decision.spans)

    def absorb_ending(self, ending: Ending) -> None:
        """Take over what the end of a transaction came to."""
        self.partitions.update(ending.partitions)
        self.producers.update(ending.producers)
        self.spans.extend(ending.spans)
        self.aborted.extend(ending.aborted)

    def merge(self, later: "LogChanges") -> None:
        """Take over changes that were made on top of these."""
        self.partitions.update(later.partitions)
        self.producers.update(later.producers)
        self.spans.extend(later.spans)
        self.replaced.extend(later.replaced)
        for pid, offset in later.trimmed.items():
            self.trimmed[pid] = max(offset, self.trimmed.get(pid, 0))
        self.transactions.update(later.transactions)
        self.id_of_producer.update(later.id_of_producer)
        self.pending.update(later.pending)
        self.aborted.extend(later.aborted)
        self.newest_object = max(self.newest_object, later.newest_object)

    def add_partitions(self, pids: Iterable[int]) -> None:
        """New, empty logs."""
        for pid in pids:
            self.partitions[pid] = PartitionState(LogBounds(0, 0, 0, 0, 0))
