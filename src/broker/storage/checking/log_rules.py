"""Rule: whether a log's rows agree with each other (I3, I5, I6), fed row by row. Pure; memory is bounded by the producers with open transactions."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from broker.model import value
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_COMMIT_MARKER,
    FLAG_FINAL_OFFSETS,
    MARKER_BYTES,
)
from broker.storage.checking.dump import AbortedRow, LogRow


@value
class Finding:
    """Something that is not as it should be. ``where`` is a partition or an object, ``rule`` the invariant that is broken."""

    where: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.what}"


def log_name(log: LogRow) -> str:
    """How a log is named in findings."""
    return f"{log.topic}-{log.index} (log {log.pid})"


@dataclass(slots=True)
class LogCheck:
    """One log. Feed spans in order, then the rest in any order, then :meth:`finish`."""

    log: LogRow
    spans: int = 0
    _bytes: int = 0
    _next: int | None = None
    _running: int = -1
    _starts: bool = False
    _open: int | None = None
    _stable_behind: int = -1
    _aborted_last: int = -1
    _found: list[Finding] = field(default_factory=list)

    def span(self, span: Span) -> None:
        """The next span."""
        log = self.log
        self.spans += 1
        self._bytes += span.length
        at = f"the span of offsets {span.base} to {span.last}"
        if span.last < span.base or span.base < 0:
            self._add("I3", f"{at} has no offsets")
        if self._next is not None and span.base != self._next:
            kind = "overlaps the one before" if span.base < self._next else "leaves a gap behind the one before"
            self._add("I3", f"{at} {kind}, which ends at {self._next - 1}")
        if span.last < log.log_start and span.last >= log.trimmed_below:
            self._add("I3", f"{at} lies before the log's start {log.log_start} and is not left to be dropped")
        if span.base <= log.log_start <= span.last:
            self._starts = True
        if span.length < 0 or span.batch_count < 0 or (span.object_id >= 0 and span.position < 0):
            self._add("I3", f"{at} lies at byte {span.position}, {span.length} long, with {span.batch_count} batches")
        if span.running_timestamp < max(self._running, span.max_timestamp):
            self._add(
                "I3",
                f"{at} has the running timestamp {span.running_timestamp}, below {max(self._running, span.max_timestamp)}",
            )
        if span.object_id < 0:
            self._marker(span, at)
        self._next = span.last + 1
        self._running = max(self._running, span.running_timestamp)

    def producer(self, state: ProducerState) -> None:
        """A producer that the log remembers."""
        log = self.log
        who = f"producer {state.producer_id}"
        if any(base >= log.high_watermark or base < 0 for _, _, base, _ in state.window):
            self._add("I6", f"{who} remembers a batch beyond the log's end {log.high_watermark}")
        bases = [base for _, _, base, _ in state.window]
        if bases != sorted(bases, reverse=True) or len(bases) > 5:
            self._add("I6", f"{who} remembers batches at {bases}, not newest first")
        if state.window and state.window[0][1] != state.last_sequence:
            self._add(
                "I6", f"{who} is at sequence {state.last_sequence}, its latest batch ends at {state.window[0][1]}"
            )
        first = state.open_first_offset
        if first is not None:
            if not 0 <= first < log.high_watermark:
                self._add("I5", f"{who} has a transaction open from offset {first}, outside of the log")
            self._open = first if self._open is None else min(self._open, first)

    def aborted(self, row: AbortedRow) -> None:
        """An aborted transaction, in order of the markers."""
        what = f"the transaction of producer {row.producer_id} that was aborted at offset {row.last}"
        if not 0 <= row.first < row.last < self.log.high_watermark:
            self._add("I5", f"{what} began at {row.first}; the log ends at {self.log.high_watermark}")
        if (
            row.last <= self._aborted_last
            or row.stable_behind < self._stable_behind
            or row.stable_behind > row.last + 1
        ):
            self._add(
                "I5",
                f"{what} left everything below {row.stable_behind} stable, which cannot follow {self._stable_behind}",
            )
        self._aborted_last, self._stable_behind = row.last, max(row.stable_behind, self._stable_behind)

    def finish(self) -> Iterator[Finding]:
        """All that is wrong."""
        log = self.log
        if not 0 <= log.log_start <= log.high_watermark:
            self._add("I3", f"the log reaches from {log.log_start} to {log.high_watermark}")
        if self._next is None:
            if log.log_start != log.high_watermark:
                self._add("I3", f"no span holds offsets {log.log_start} to {log.high_watermark - 1}")
        else:
            if self._next != log.high_watermark:
                self._add("I3", f"the spans end at {self._next}, the log at {log.high_watermark}")
            if not self._starts and log.log_start < log.high_watermark:
                self._add("I3", f"no span holds the log's first offset {log.log_start}")
        if self._bytes != log.bytes:
            self._add("I3", f"the spans have {self._bytes} bytes, the log says {log.bytes}")
        if self._running > log.running_timestamp:
            self._add("I3", f"the spans reach timestamp {self._running}, the log says {log.running_timestamp}")
        expected = {log.high_watermark} if self._open is None else {self._open, max(self._open, log.log_start)}
        if log.last_stable not in expected:
            self._add("I5", f"the last stable offset is {log.last_stable}, it should be {max(expected)}")
        yield from self._found

    def _marker(self, span: Span, at: str) -> None:
        kinds = span.flags & (FLAG_COMMIT_MARKER | FLAG_ABORT_MARKER)
        is_one = kinds in (FLAG_COMMIT_MARKER, FLAG_ABORT_MARKER) and span.flags & FLAG_FINAL_OFFSETS
        if not is_one or span.base != span.last or span.length != MARKER_BYTES or span.batch_count != 1:
            self._add("I3", f"{at} names no object and is no marker")

    def _add(self, rule: str, what: str) -> None:
        self._found.append(Finding(log_name(self.log), rule, what))
