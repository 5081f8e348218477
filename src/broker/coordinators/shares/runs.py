"""Runs of records in one state, and the ordered list of them that covers a share partition's records in flight. Pure.

Invariants

1. The runs cover ``start`` up to ``end`` (exclusive) in order, without gap or overlap.
2. A run is acquired exactly when it has a lock. ``change`` is set while an acknowledgement of it is on its way to the catalog.
3. Runs that lie next to each other and are alike are one, once :meth:`Runs.join` was called for where they meet.
"""

from bisect import bisect_right
from collections.abc import Iterator
from enum import IntEnum
from operator import attrgetter
from typing import Final, NamedTuple

_FIRST: Final = attrgetter("first")


class RecordState(IntEnum):
    """Kafka's numbers, as they are stored."""

    AVAILABLE = 0
    ACQUIRED = 1
    ACKNOWLEDGED = 2
    ARCHIVED = 4


FINAL: Final = (RecordState.ACKNOWLEDGED, RecordState.ARCHIVED)


class StoredRun(NamedTuple):
    """A run as it is stored: offsets ``first`` to ``last``, a state other than ACQUIRED, and how often they were delivered."""

    first: int
    last: int
    state: int
    deliveries: int


class Lock:
    """What one member acquired at one time, somewhere in ``first`` to ``last``; ``records`` of it are still held."""

    __slots__ = ("deadline_ms", "first", "last", "member_id", "records")

    def __init__(self, member_id: str, first: int, last: int, deadline_ms: int) -> None:
        self.member_id = member_id
        self.first = first
        self.last = last
        self.deadline_ms = deadline_ms
        self.records = 0


class Change:
    """An acknowledgement that is on its way to the catalog: the ranges it touches. ``is_durable`` says that it needs to get there."""

    __slots__ = ("is_durable", "lock", "ranges")

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.is_durable = False
        self.lock: Lock | None = None


class Run:
    """Offsets ``first`` to ``last``. ``target`` is what the state becomes once ``change`` is durable."""

    __slots__ = ("change", "deliveries", "first", "last", "lock", "state", "target")

    def __init__(self, first: int, last: int, state: RecordState, deliveries: int, lock: Lock | None = None) -> None:
        self.first = first
        self.last = last
        self.state = state
        self.deliveries = deliveries
        self.lock = lock
        self.change: Change | None = None
        self.target = state

    def __len__(self) -> int:
        return self.last - self.first + 1

    def is_like(self, other: "Run") -> bool:
        """Whether the two may be one."""
        return (
            self.state is other.state
            and self.deliveries == other.deliveries
            and self.lock is other.lock
            and self.change is other.change
            and self.target is other.target
        )

    def stored(self) -> StoredRun:
        """What is written of it: nobody has anything after a restart."""
        state = self.target if self.change is not None else self.state
        return StoredRun(
            self.first, self.last, int(RecordState.AVAILABLE if state is RecordState.ACQUIRED else state), self.deliveries
        )


class Runs:
    """The list. Looking a run up is a bisection; a split moves references only."""

    __slots__ = ("_runs", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self._runs: list[Run] = []

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    @property
    def end(self) -> int:
        """The offset after the last run."""
        return self._runs[-1].last + 1 if self._runs else self.start

    def append(self, run: Run) -> None:
        """Put a run at the end."""
        assert run.first == self.end, "runs leave no gap"
        self._runs.append(run)

    def within(self, first: int, last: int) -> list[Run]:
        """The runs that have any of ``first`` to ``last``."""
        runs = self._runs
        index = max(bisect_right(runs, first, key=_FIRST) - 1, 0)
        found = []
        while index < len(runs) and runs[index].first <= last:
            if runs[index].last >= first:
                found.append(runs[index])
            index += 1
        return found

    def cut(self, run: Run, first: int, last: int) -> Run:
        """The part ``first`` to ``last`` of ``run`` as a run of its own."""
        if run.first == first and run.last == last:
            return run
        index = bisect_right(self._runs, run.first, key=_FIRST) - 1
        assert self._runs[index] is run, "the run is in the list"
        parts = []
        if run.first < first:
            parts.append(_part(run, run.first, first - 1))
        middle = _part(run, first, last)
        parts.append(middle)
        if last < run.last:
            parts.append(_part(run, last + 1, run.last))
        self._runs[index : index + 1] = parts
        return middle

    def join(self, first: int, last: int) -> None:
        """Make one of runs that are alike, from the run before ``first`` to the one behind ``last``."""
        runs = self._runs
        low = max(bisect_right(runs, first, key=_FIRST) - 2, 0)
        high = min(bisect_right(runs, last, key=_FIRST) + 1, len(runs))
        joined: list[Run] = []
        for run in runs[low:high]:
            if joined and joined[-1].is_like(run):
                joined[-1].last = run.last
            else:
                joined.append(run)
        if len(joined) < high - low:
            runs[low:high] = joined

    def drop_final(self) -> None:
        """Move ``start`` past the records at the beginning that nobody will be given again."""
        count = 0
        for run in self._runs:
            if run.state not in FINAL or run.change is not None:
                break
            self.start = run.last + 1
            count += 1
        del self._runs[:count]

    def drop_below(self, offset: int) -> list[Run]:
        """Move ``start`` to ``offset`` whatever lies before it; the runs that went, a straddling one in part."""
        if offset <= self.start:
            return []
        going = self.within(self.start, offset - 1)
        if going and going[-1].last >= offset:
            going[-1] = self.cut(going[-1], going[-1].first, offset - 1)
        del self._runs[: len(going)]
        self.start = offset
        return going


def _part(run: Run, first: int, last: int) -> Run:
    part = Run(first, last, run.state, run.deliveries, run.lock)
    part.change = run.change
    part.target = run.target
    return part
