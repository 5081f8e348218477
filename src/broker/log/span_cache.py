"""Spans that queries have found, so that a reader who goes through a log asks the catalog once for many fetches. Pure.

A span never changes, but others may be put in its place (merge, compaction), and its object is deleted some time later. What a span
that was replaced says of the log is still so, as long as its object is there; so spans are kept for ``keep_s``, which must be less than what
objects outlive them by, and whoever cannot read one forgets them and asks again. When word comes that a log was compacted, they are forgotten at once.

Invariants

1. The spans held of a partition are a run without gaps.
2. No more than ``capacity`` spans are held. The partition that was not asked about for longest goes first.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_run import SpanRun

SPAN_BYTES: Final = 256
"""About what a span takes in memory."""

RUN_SPANS_MAX: Final = 4096
KEEP_S: Final = 60.0


class _Held:
    __slots__ = ("found_at", "last", "run")

    def __init__(self, found_at: float) -> None:
        self.run = SpanRun()
        self.found_at = found_at
        self.last = -1


class SpanCache:
    """Bounded by ``capacity`` spans; 0 turns it off."""

    def __init__(self, capacity: int, keep_s: float = KEEP_S) -> None:
        self._capacity = capacity
        self._keep_s = keep_s
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self.count = 0

    def put(self, pid: int, spans: Sequence[Span], found_at: float) -> None:
        """Hold what a query that began at ``found_at`` has found; in place of what is held, unless it goes on from there."""
        if not spans or not self._capacity:
            return
        held = self._held.get(pid)
        if held is None or held.last + 1 != spans[0].base or self._is_old(held, found_at):
            self.forget(pid)
            held = self._held[pid] = _Held(found_at)
        for span in spans:
            held.run.append(span)
        held.last = spans[-1].last
        self.count += len(spans)
        while len(held.run) > RUN_SPANS_MAX:
            held.run.drop_first()
            self.count -= 1
        self._held.move_to_end(pid)
        while self.count > self._capacity:
            self.forget(next(iter(self._held)))

    def find(self, pid: int, offset: int, max_bytes: int, now: float) -> list[Span] | None:
        """The spans from the one that holds ``offset`` on, until ``max_bytes`` are covered, as far as they are held; None when the first is
        not."""
        held = self._held.get(pid)
        if held is None or offset > held.last or not held.run.covers(offset):
            return None
        if self._is_old(held, now):
            self.forget(pid)
            return None
        self._held.move_to_end(pid)
        return held.run.read(offset, max_bytes)

    def forget(self, pid: int) -> None:
        """Hold nothing of ``pid``: it is gone, or its spans were replaced."""
        held = self._held.pop(pid, None)
        if held is not None:
            self.count -= len(held.run)

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self.count = 0

    def _is_old(self, held: _Held, now: float) -> bool:
        return now - held.found_at > self._keep_s
