"""Rule: what one commit group comes to, given the partitions and producers it names.

Every catalog shares it, so that they cannot differ: offsets are assigned, producers checked, and spans cut around the
batches that are refused or were there before. Nothing is changed here; the :class:`Decision` says what to change.

A transactional batch is taken iff its producer has a transaction open that has the batch's epoch and this partition. It is decided from
states alone, as everything here is: a group must come to the same when it is recovered.

A span is also cut when it grows beyond ``SPAN_BYTES`` or ``SPAN_BATCHES``, because a span is the least that can be
found and walked: a small fetch in a large flush must not read all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from broker.model import Appended, LogBounds, value
from broker.storage.catalog import producer_rules
from broker.storage.catalog.base import BatchEntry, CommitGroup, ProducerState, Span, SpanEntry
from broker.storage.catalog.span_flags import FLAG_LOG_APPEND_TIME
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode

SPAN_BYTES: Final = 1 << 20
SPAN_BATCHES: Final = 1024

_NONE: Final = int(ErrorCode.NONE)


@value
class PartitionState:
    """A partition as the sequencer knows it. ``running_timestamp`` is the largest timestamp ever appended; ``open_transactions`` are those
    with records here, as (first offset, producer id), in that order."""

    bounds: LogBounds
    running_timestamp: int = -1
    open_transactions: tuple[tuple[int, int], ...] = ()

    @property
    def first_open_offset(self) -> int | None:
        """Where the earliest open transaction begins."""
        return self.open_transactions[0][0] if self.open_transactions else None


@dataclass(slots=True)
class Decision:
    """Answers in the group's shape, and the new states of everything that changed."""

    answers: list[list[Appended]] = field(default_factory=list)
    spans: list[tuple[int, Span]] = field(default_factory=list)
    partitions: dict[int, PartitionState] = field(default_factory=dict)
    producers: dict[tuple[int, int], ProducerState] = field(default_factory=dict)


class View(Protocol):
    """The states before the group: of partitions by pid, of producers by (pid, producer id), of the transactional ids that have them now."""

    def partition(self, pid: int) -> PartitionState | None: ...

    def producer(self, pid: int, producer_id: int) -> ProducerState | None: ...

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None: ...


def decide(group: CommitGroup, view: View) -> Decision:
    """Check, number and place every batch of ``group``, in order."""
    decision = Decision()
    for entry in group.spans:
        state = decision.partitions.get(entry.pid) or view.partition(entry.pid)
        if state is None:
            decision.answers.append(_unknown_partition(entry.batches))
        else:
            _append(group, entry, state, view, decision)
    return decision


def _append(group: CommitGroup, entry: SpanEntry, state: PartitionState, view: View, decision: Decision) -> None:
    pid, bounds = entry.pid, state.bounds
    log_start, offset = bounds.log_start, bounds.high_watermark
    running, position, appended_bytes = state.running_timestamp, entry.position, 0
    open_transactions = state.open_transactions
    answers: list[Appended] = []
    cutter = _SpanCutter(pid, group.object_id, decision.spans)
    for batch in entry.batches:
        if batch.producer_id >= 0 or batch.transactional:
            key = (pid, batch.producer_id)
            producer = decision.producers.get(key) or view.producer(pid, batch.producer_id)
            refused = _refused_or_duplicate(pid, producer, batch, log_start, view)
            if refused is not None:
                answers.append(refused)
                cutter.close()
                position += batch.length
                continue
            if batch.transactional and (producer is None or producer.open_first_offset is None):
                open_transactions = (*open_transactions, (offset, batch.producer_id))
            decision.producers[key] = producer_rules.after_append(producer, batch, offset, group.now_ms)
        if batch.max_timestamp > running:
            running = batch.max_timestamp
        cutter.add(batch, offset, position, running)
        answers.append(Appended(_NONE, offset, batch.max_timestamp if batch.log_append_time else -1, log_start))
        offset += batch.record_count
        position += batch.length
        appended_bytes += batch.length
    cutter.close()
    decision.answers.append(answers)
    if appended_bytes:
        if not open_transactions:
            stable = offset
        elif state.open_transactions:
            stable = bounds.last_stable_offset
        else:
            stable = open_transactions[0][0]
        decision.partitions[pid] = PartitionState(
            LogBounds(log_start, offset, stable, bounds.leader_epoch, bounds.bytes + appended_bytes),
            running,
            open_transactions,
        )


def _refused_or_duplicate(
    pid: int, producer: ProducerState | None, batch: BatchEntry, log_start: int, view: View
) -> Appended | None:
    duplicate = producer_rules.find_duplicate(producer, batch)
    if duplicate is not None:
        # Kafka gives the batch's timestamp as the log append time of a duplicate whatever the topic's timestamp type is.
        return Appended(_NONE, duplicate[2], duplicate[3], log_start, True)
    if batch.transactional:
        outside = _outside_transaction(view.transaction_of_producer(batch.producer_id), pid, batch)
        if outside is not None:
            return Appended(int(outside[0]), -1, -1, log_start, False, outside[1])
    refused = producer_rules.refusal(producer, batch)
    if refused is not None:
        return Appended(int(refused[0]), -1, -1, log_start, False, refused[1])
    return None


def _outside_transaction(
    transaction: TransactionState | None, pid: int, batch: BatchEntry
) -> tuple[ErrorCode, str] | None:
    """Why a transactional batch belongs to no open transaction of its producer on this partition; None when it does.

    Kafka asks the coordinator beforehand; here both are in one catalog, and the answer is the one at the commit.
    """
    if transaction is not None and batch.producer_epoch < transaction.epoch:
        return (
            ErrorCode.INVALID_PRODUCER_EPOCH,
            f"producer {batch.producer_id} has epoch {transaction.epoch}, the batch has {batch.producer_epoch}",
        )
    if (
        transaction is None
        or transaction.status is not TransactionStatus.ONGOING
        or transaction.epoch != batch.producer_epoch
        or pid not in transaction.partitions
    ):
        return ErrorCode.INVALID_TXN_STATE, f"producer {batch.producer_id} has no transaction open on this partition"
    return None


def _unknown_partition(batches: Sequence[BatchEntry]) -> list[Appended]:
    return [Appended(int(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), -1, -1, -1) for _ in batches]


class _SpanCutter:
    """Joins neighbouring batches into spans."""

    __slots__ = (
        "_base",
        "_count",
        "_flags",
        "_last",
        "_length",
        "_max",
        "_object_id",
        "_pid",
        "_position",
        "_running",
        "_spans",
    )

    def __init__(self, pid: int, object_id: int, spans: list[tuple[int, Span]]) -> None:
        self._pid, self._object_id, self._spans = pid, object_id, spans
        self._count = self._length = self._base = self._last = self._position = self._flags = 0
        self._max = self._running = -1

    def add(self, batch: BatchEntry, offset: int, position: int, running: int) -> None:
        if self._count and (self._length + batch.length > SPAN_BYTES or self._count >= SPAN_BATCHES):
            self.close()
        if not self._count:
            self._base, self._position, self._max, self._flags = offset, position, batch.max_timestamp, 0
        elif batch.max_timestamp > self._max:
            self._max = batch.max_timestamp
        if batch.log_append_time:
            self._flags |= FLAG_LOG_APPEND_TIME
        self._last = offset + batch.record_count - 1
        self._running = running
        self._length += batch.length
        self._count += 1

    def close(self) -> None:
        """End the span that is being gathered, if there is one."""
        if self._count:
            span = Span(
                self._base,
                self._last,
                self._object_id,
                self._position,
                self._length,
                self._max,
                self._running,
                self._count,
                self._flags,
            )
            self._spans.append((self._pid, span))
            self._count = self._length = 0
