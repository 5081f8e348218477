"""The newest batches of every partition, so that readers at the end of a log need neither catalog nor store.

Invariants

1. The batches held of a partition are contiguous in offsets: a run without gaps that ends with the newest batch of all put. One
   that comes late, after a newer one, is not held.
2. The bytes charged, counting everything that a held buffer keeps alive, never exceed the capacity.
3. The batch that goes first is the oldest of all partitions.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from typing import NamedTuple

from broker.storage.objects.base import Buffer

_COPY_WASTE_MIN = 4096
_COMPACT_AT = 64


class TailSlice(NamedTuple):
    """Whole batches in offset order, offsets already stamped, their size in bytes, and the offset after the last of them."""

    buffers: list[Buffer]
    size: int
    next_offset: int


EMPTY_SLICE = TailSlice([], 0, -1)


class _Run:
    """One partition's contiguous batches: parallel lists, of which those from ``head`` on are held."""

    __slots__ = ("bases", "buffers", "charges", "ends", "head", "left_early", "next_offset")

    def __init__(self, next_offset: int) -> None:
        self.head = 0
        self.left_early = 0  # batches that are still in the queue of ages, as the oldest of this run, and no longer here
        self.next_offset = next_offset
        self.bases: list[int] = []
        self.ends: list[int] = []  # bytes up to and including the batch, counted from the run's first ever
        self.buffers: list[Buffer] = []
        self.charges: list[int] = []

    def append(self, base: int, next_offset: int, buffer: Buffer, charge: int) -> None:
        self.ends.append((self.ends[-1] if self.ends else 0) + len(buffer))
        self.bases.append(base)
        self.buffers.append(buffer)
        self.charges.append(charge)
        self.next_offset = next_offset

    def drop_first(self) -> int:
        """Let go of the oldest batch; its charge. The lists are cut only now and then, so this is O(1) amortized."""
        head = self.head
        charge = self.charges[head]
        self.buffers[head] = b""
        self.head = head = head + 1
        if head >= _COMPACT_AT and head * 2 >= len(self.bases):
            del self.bases[:head], self.buffers[:head], self.charges[:head]
            # The end before the first batch is needed to tell where that batch begins.
            self.ends = [end - self.ends[head - 1] for end in self.ends[head:]]
            self.head = 0
        return charge


class TailCache:
    """Bounded by ``capacity`` bytes; 0 turns it off."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.charged = 0
        self._runs: dict[int, _Run] = {}
        self._ages: deque[tuple[int, _Run]] = deque()
        self._dead = 0
        """How many in the queue of ages stand for a batch that is not held any more."""

    def put(self, pid: int, base: int, last: int, batch: Buffer) -> None:
        """Hold ``batch``, which is offsets ``base`` to ``last`` of ``pid`` and must not change any more.

        A slice that would keep a much larger frame alive is copied.
        """
        if self.capacity <= 0:
            return
        run = self._runs.get(pid)
        if run is not None and base < run.next_offset:
            return
        size = len(batch)
        if type(batch) is memoryview:
            owner_size = len(batch.obj)  # type: ignore[arg-type]  # frames are bytearrays or bytes
            waste = owner_size - size
            if waste > _COPY_WASTE_MIN and waste > size >> 2:
                batch = bytes(batch)
            else:
                size = owner_size
        if run is None or run.next_offset != base:
            if run is not None:
                self._drop(run)
            run = self._runs[pid] = _Run(base)
            self._tidy()
        run.append(base, last + 1, batch, size)
        self._ages.append((pid, run))
        self.charged += size
        while self.charged > self.capacity:
            self._evict()

    def take(self, pid: int, offset: int, limit: int, upper: int, at_least_one: bool) -> TailSlice | None:
        """Batches from the one that holds ``offset`` on: up to ``limit`` bytes, of offsets below ``upper`` only.

        The first batch comes whatever its size when ``at_least_one``. None when ``offset`` lies outside what is held; the
        empty slice when it is the offset after the newest batch, or the limit admits nothing.
        """
        run = self._runs.get(pid)
        if run is None or offset > run.next_offset:
            return None
        if offset == run.next_offset:
            return EMPTY_SLICE
        bases, ends = run.bases, run.ends
        first = bisect_right(bases, offset, run.head) - 1
        if first < run.head:
            return None
        start = ends[first - 1] if first else 0
        stop = bisect_right(ends, start + limit, first)
        if stop == first and at_least_one:
            stop = first + 1
        if run.next_offset > upper:
            stop = min(stop, bisect_left(bases, upper, first))
        if stop <= first:
            return EMPTY_SLICE
        next_offset = bases[stop] if stop < len(bases) else run.next_offset
        return TailSlice(run.buffers[first:stop], ends[stop - 1] - start, next_offset)

    def has_batch(self, pid: int, offset: int) -> bool:
        """Whether the batch that holds ``offset`` is here."""
        run = self._runs.get(pid)
        return run is not None and run.head < len(run.bases) and run.bases[run.head] <= offset < run.next_offset

    def end(self, pid: int) -> int:
        """The offset behind the newest batch that is or was here, 0 when nothing is known of ``pid``."""
        run = self._runs.get(pid)
        return 0 if run is None else run.next_offset

    def drop_below(self, pid: int, offset: int) -> None:
        """Let go of the batches of ``pid`` that begin below ``offset``: they are about to be replaced. The end of the run stays known, so
        whoever waits there is still answered from here."""
        run = self._runs.get(pid)
        if run is None:
            return
        count = bisect_left(run.bases, offset, run.head) - run.head
        for _ in range(count):
            self.charged -= run.drop_first()
        run.left_early += count
        self._dead += count
        self._tidy()

    def forget(self, pid: int) -> None:
        """Let go of everything of ``pid``."""
        run = self._runs.pop(pid, None)
        if run is not None:
            self._drop(run)
            self._tidy()

    def clear(self) -> None:
        """Let go of everything."""
        for pid in list(self._runs):
            self.forget(pid)

    def _drop(self, run: _Run) -> None:
        """Release a run that is no longer the partition's; its places in the queue of ages are passed over later."""
        self.charged -= sum(run.charges[run.head :])
        self._dead += len(run.bases) - run.head
        run.head = 0
        run.bases.clear()
        run.buffers.clear()
        run.charges.clear()
        run.ends.clear()

    def _tidy(self) -> None:
        """A log that others write as well begins a new run again and again, and what was held of the one before would stand in the queue for ever: nothing has to
        make room as long as little is held."""
        if self._dead > _COMPACT_AT and self._dead * 2 > len(self._ages):
            self._ages = deque((pid, run) for pid, run in self._ages if self._is_held(pid, run))
            self._dead = 0

    def _is_held(self, pid: int, run: _Run) -> bool:
        """Whether a place in the queue of ages, looked at in its order, stands for a batch that is still here."""
        if self._runs.get(pid) is not run:
            return False
        if run.left_early:
            run.left_early -= 1
            return False
        return True

    def _evict(self) -> None:
        pid, run = self._ages.popleft()
        if not self._is_held(pid, run):
            self._dead -= 1
            return
        self.charged -= run.drop_first()
        if run.head == len(run.bases):
            del self._runs[pid]
