"""What a catalog knows of its logs in memory, and changes to that which are not visible yet.

L1  Readers see only what was published, and :meth:`LogState.publish` is called only after the changes are durable.
L2  Changes that are dropped leave nothing behind.
L3  Every run of recent spans is contiguous and ends at the high watermark.

``publish`` may run on another thread than the readers; both hold the same short lock, so an answer is one snapshot.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from broker.model import LogBounds
from broker.storage.catalog.base import ProducerState, Span, SpanAnswer, SpanQuery
from broker.storage.catalog.commit_rules import Decision, PartitionState, View
from broker.storage.catalog.span_run import SpanRun


class LogState:
    """Published state of all logs. ``tail_limit`` bounds the spans kept in memory, None keeps them all."""

    def __init__(self, tail_limit: int | None) -> None:
        self.partitions: dict[int, PartitionState] = {}
        self.producers: dict[int, dict[int, ProducerState]] = {}
        self.runs: dict[int, SpanRun] = {}
        self.newest_object = -1
        self._tail_limit = tail_limit
        self._tail_order: deque[int] = deque()
        self._lock = Lock()

    def partition(self, pid: int) -> PartitionState | None:
        return self.partitions.get(pid)

    def producer(self, pid: int, producer_id: int) -> ProducerState | None:
        known = self.producers.get(pid)
        return None if known is None else known.get(producer_id)

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
            for pid, offset in changes.trimmed.items():
                if (run := self.runs.get(pid)) is not None:
                    run.drop_below(offset)
            self.newest_object = max(self.newest_object, changes.newest_object)

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


@dataclass(slots=True)
class LogChanges:
    """Changes on top of a state, or of other changes; later decisions see earlier ones. None stands for "gone"."""

    base: View
    partitions: dict[int, PartitionState | None] = field(default_factory=dict)
    producers: dict[tuple[int, int], ProducerState | None] = field(default_factory=dict)
    spans: list[tuple[int, Span]] = field(default_factory=list)
    trimmed: dict[int, int] = field(default_factory=dict)
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

    def absorb(self, decision: Decision) -> None:
        """Take over what a commit group came to."""
        self.partitions.update(decision.partitions)
        self.producers.update(decision.producers)
        self.spans.extend(decision.spans)

    def merge(self, later: "LogChanges") -> None:
        """Take over changes that were made on top of these."""
        self.partitions.update(later.partitions)
        self.producers.update(later.producers)
        self.spans.extend(later.spans)
        for pid, offset in later.trimmed.items():
            self.trimmed[pid] = max(offset, self.trimmed.get(pid, 0))
        self.newest_object = max(self.newest_object, later.newest_object)

    def add_partitions(self, pids: Iterable[int]) -> None:
        """New, empty logs."""
        for pid in pids:
            self.partitions[pid] = PartitionState(LogBounds(0, 0, 0, 0, 0))
