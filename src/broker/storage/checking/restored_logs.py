"""Rule: what logs, producers and transactions become when the bytes of objects are gone over in order. Pure.

Rewritten parts keep their offsets. What was appended is committed anew, by the rules by which it was committed first (:mod:`broker.storage.catalog.commit_rules`): so
repeated batches are found again and come to nothing.

T1  A transaction whose marker lies in the bytes is what the marker says. One without is ended here, one way or the other, and counted: its marker
    was in the catalog only, or it was still open. It is ended where its producer goes on without it, else behind everything.
T2  A batch that does not follow its producer's last one is taken all the same, and counted: what was between them is lost, or was written at the same
    time elsewhere (V3). What repeats an older one, or comes from an epoch that had ended, was refused when it came, and is refused again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broker.model import LogBounds
from broker.storage.catalog import marker_rules, producer_rules
from broker.storage.catalog.base import BatchEntry, CommitGroup, ProducerState, Span, SpanEntry
from broker.storage.catalog.commit_rules import PartitionState, decide
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.catalog.transactions import AbortedTransaction, MarkerWish, TransactionState, TransactionStatus
from broker.storage.objects.footer import FooterEntry
from broker.storage.recovery import entry_of
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.records.batch import BatchHeader, compute_crc, iter_batches
from broker.wire.records.control import ABORT, decode_marker


@dataclass(slots=True)
class Counts:
    """What was met on the way."""

    batches: int = 0
    records: int = 0
    damaged: int = 0
    repeated: int = 0
    out_of_order: int = 0
    refused: int = 0
    undecided: int = 0


@dataclass(slots=True)
class Step:
    """What an object's bytes came to: rows to be written."""

    spans: list[tuple[int, Span]] = field(default_factory=list)
    aborted: list[tuple[int, AbortedEntry]] = field(default_factory=list)


class RestoredLogs:
    """Implements :class:`broker.storage.catalog.commit_rules.View` over what was restored so far."""

    def __init__(self, commit_undecided: bool = False) -> None:
        self._commit_undecided = commit_undecided
        self.counts = Counts()
        self._partitions: dict[int, PartitionState] = {}
        self._producers: dict[tuple[int, int], ProducerState] = {}
        self._open: dict[int, dict[int, int]] = {}
        self._epochs: dict[int, int] = {}

    def partition(self, pid: int) -> PartitionState | None:
        return self._partitions.get(pid)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        return self._producers.get((pid, producer_id))

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        """Every transactional batch was in a transaction when it was committed first."""
        return TransactionState(
            transactional_id="",
            producer_id=producer_id,
            epoch=self._epochs.get(producer_id, 0),
            timeout_ms=0,
            status=TransactionStatus.ONGOING,
            updated_ms=0,
            partitions=_Everything(),
        )

    def partitions(self) -> Iterator[tuple[int, PartitionState]]:
        """Every log and its state."""
        yield from self._partitions.items()

    def producers(self) -> Iterator[tuple[int, ProducerState]]:
        """Every producer of every log, as (pid, state)."""
        for (pid, _), state in self._producers.items():
            yield pid, state

    @property
    def last_producer_id(self) -> int:
        """The largest producer id that was met, -1 when none was."""
        return max((producer_id for _, producer_id in self._producers), default=-1)

    def begin(self, pid: int, log_start: int = 0) -> None:
        """A log that begins at ``log_start``, with nothing in it yet."""
        self._partitions[pid] = PartitionState(LogBounds(log_start, log_start, log_start, 0, 0))

    # Rewritten parts

    def place(self, pid: int, entry: FooterEntry, object_id: int, data: memoryview) -> Step:
        """The next rewritten part of a log: it reaches from the log's end to ``entry.last``, gaps included. What is damaged in it stays, for readers
        to be told."""
        step = Step()
        state = self._partitions[pid]
        bounds, running = state.bounds, max(state.running_timestamp, entry.max_timestamp)
        try:
            for at, header in iter_batches(data):
                self._count(data, at, header)
                self._note(pid, data, at, header, step)
        except DecodeError:
            self.counts.damaged += 1
        span = Span(
            bounds.high_watermark,
            entry.last,
            object_id,
            entry.position,
            entry.length,
            entry.max_timestamp,
            running,
            entry.batches,
            entry.flags | FLAG_FINAL_OFFSETS,
        )
        step.spans.append((pid, span))
        open_transactions = self._open_of(pid)
        end = entry.last + 1
        stable = open_transactions[0][0] if open_transactions else end
        self._partitions[pid] = PartitionState(
            LogBounds(bounds.log_start, end, stable, 0, bounds.bytes + entry.length), running, open_transactions
        )
        return step

    def _note(self, pid: int, data: memoryview, at: int, header: BatchHeader, step: Step) -> None:
        if not header.has_producer:
            return
        key = (pid, header.producer_id)
        before = self._producers.get(key)
        if not header.is_control:
            if header.base_sequence >= 0:
                after = producer_rules.after_append(before, entry_of(header), header.base_offset, header.max_timestamp)
                self._remember(pid, after)
            return
        if before is None:
            return
        first = before.open_first_offset
        after = replace(before, epoch=max(before.epoch, header.producer_epoch), open_first_offset=None)
        if header.producer_epoch > before.epoch:
            after = replace(after, last_sequence=-1, window=())
        self._remember(pid, after)
        if first is not None and decode_marker(data, at, header).kind == ABORT:
            still_open = self._open_of(pid)
            stable = still_open[0][0] if still_open else header.base_offset + 1
            aborted = AbortedTransaction(header.producer_id, first, header.base_offset)
            step.aborted.append((pid, AbortedEntry(aborted, stable)))

    def _open_of(self, pid: int) -> tuple[tuple[int, int], ...]:
        return tuple(sorted((first, producer_id) for producer_id, first in self._open.get(pid, {}).items()))

    def _remember(self, pid: int, state: ProducerState) -> None:
        self._producers[pid, state.producer_id] = state
        if state.open_first_offset is None:
            self._open.get(pid, {}).pop(state.producer_id, None)
        else:
            self._open.setdefault(pid, {})[state.producer_id] = state.open_first_offset

    def _absorb(
        self, partitions: Mapping[int, PartitionState], producers: Mapping[tuple[int, int], ProducerState]
    ) -> None:
        self._partitions.update(partitions)
        for (pid, _), state in producers.items():
            self._remember(pid, state)

    # What was appended

    def append(self, object_id: int, parts: Sequence[tuple[int, int, memoryview]], now_ms: int) -> Step:
        """Flushed batches, as (pid, position, bytes), behind the logs' ends. A batch that is damaged ends its part."""
        step = Step()
        for pid, position, data in parts:
            batches: list[BatchEntry] = []
            latest: dict[int, BatchEntry] = {}
            start = behind = position
            try:
                for at, header in iter_batches(data):
                    if compute_crc(data, at, header.size) != header.crc:
                        self.counts.damaged += 1
                        break
                    entry = entry_of(header)
                    if self._begins_anew(pid, entry, latest):
                        self._commit(object_id, SpanEntry(pid, start, batches), now_ms, step)
                        start, batches, latest = behind, [], {}
                        self._let_begin(pid, entry, now_ms, step)
                    self._count(data, at, header, checked=True)
                    batches.append(entry)
                    latest[entry.producer_id] = entry
                    behind += header.size
            except DecodeError:
                self.counts.damaged += 1
            self._commit(object_id, SpanEntry(pid, start, batches), now_ms, step)
        return step

    def _begins_anew(self, pid: int, batch: BatchEntry, waiting: Mapping[int, BatchEntry]) -> bool:
        """Whether something of the producer's must be settled before its batch is taken."""
        if batch.producer_id < 0:
            return False
        state = self.producer(pid, batch.producer_id)
        epoch = None if state is None or state.open_first_offset is None else state.epoch
        earlier = waiting.get(batch.producer_id)
        if earlier is not None:
            epoch = earlier.producer_epoch if earlier.transactional else None
        if epoch is not None and (not batch.transactional or batch.producer_epoch > epoch):
            return True
        return batch.transactional and self._epochs.get(batch.producer_id) != batch.producer_epoch

    def _let_begin(self, pid: int, batch: BatchEntry, now_ms: int, step: Step) -> None:
        state = self.producer(pid, batch.producer_id)
        if state is not None and state.open_first_offset is not None:
            self._end(pid, state, now_ms, step)
        if batch.transactional:
            self._epochs[batch.producer_id] = batch.producer_epoch

    def _commit(self, object_id: int, entry: SpanEntry, now_ms: int, step: Step) -> None:
        while entry.batches:
            group = CommitGroup(object_id, entry.position, sum(each.length for each in entry.batches), [entry], now_ms)
            decision = decide(group, self)
            (answers,) = decision.answers
            gap = next(
                (
                    index
                    for index, answer in enumerate(answers)
                    if answer.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
                ),
                None,
            )
            if gap:
                # What comes before it first; then it is the first itself.
                self._commit(object_id, SpanEntry(entry.pid, entry.position, entry.batches[:gap]), now_ms, step)
                position = entry.position + sum(each.length for each in entry.batches[:gap])
                entry = SpanEntry(entry.pid, position, entry.batches[gap:])
            elif gap == 0:
                before = self._producers[entry.pid, entry.batches[0].producer_id]
                self._remember(entry.pid, replace(before, epoch=-1))
                self.counts.out_of_order += 1
            else:
                self.counts.repeated += sum(answer.duplicate for answer in answers)
                self.counts.refused += sum(answer.error_code != 0 for answer in answers)
                self._absorb(decision.partitions, decision.producers)
                step.spans += decision.spans
                return

    # Transactions that nobody ended

    def end_transactions(self, now_ms: int) -> Step:
        """Write a marker for each transaction that has none (T1)."""
        step = Step()
        for pid, opened in self._open.items():
            for producer_id in list(opened):
                self._end(pid, self._producers[pid, producer_id], now_ms, step)
        return step

    def _end(self, pid: int, state: ProducerState, now_ms: int, step: Step) -> None:
        self.counts.undecided += 1
        wish = MarkerWish(pid, state.producer_id, state.epoch, self._commit_undecided, 0)
        ending = marker_rules.write(wish, now_ms, self)
        self._absorb(ending.partitions, ending.producers)
        step.spans += ending.spans
        step.aborted += ending.aborted

    def _count(self, data: memoryview, at: int, header: BatchHeader, *, checked: bool = False) -> None:
        self.counts.batches += 1
        self.counts.records += header.record_count
        if not checked and compute_crc(data, at, header.size) != header.crc:
            self.counts.damaged += 1


class _Everything(frozenset[int]):
    def __contains__(self, item: object) -> bool:
        return True
