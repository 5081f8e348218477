"""What becomes of data after it was written, in the catalog that lives in memory only."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from broker.storage.catalog import log_rules, swap_rules
from broker.storage.catalog.base import Span
from broker.storage.catalog.life_cycle import (
    FINAL_LEVEL,
    SPANS_AT_ONCE,
    MergeCandidate,
    MergeSwap,
    RetentionLimit,
    Sorted,
)
from broker.storage.catalog.log_state import LogChanges, LogState, Replaced
from broker.storage.objects.base import WHOLE_OBJECTS

_ADJACENT_MARKERS = 8


@dataclass(slots=True)
class MemoryObject:
    """What is known of an object besides how many spans name it."""

    size: int = 0
    level: int = 0
    created_ms: int = 0
    named: int = 0
    dead_since_ms: int | None = None


class MemoryLifeCycle(ABC):
    """Implements :class:`broker.storage.catalog.life_cycle.LifeCycleCatalog`, and the objects' part of
    :class:`broker.storage.catalog.base.LogCatalog`, for :class:`broker.storage.catalog.memory.MemoryCatalog`."""

    _state: LogState
    shared = False

    def __init__(self) -> None:
        self.clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000
        self.has_small_objects = False
        """Whether each object holds one flush, as in a store that brokers share; then they are merged."""
        self._live: Counter[int] = Counter()
        self._objects: dict[int, MemoryObject] = {}
        self._forgotten: set[int] = set()
        self._condemned: set[int] = set()
        self._inline: dict[int, bytes] = {}

    @abstractmethod
    def _check_open(self) -> None:
        """Raises StorageUnavailable once the catalog was closed."""

    def _owner_of(self, object_id: int) -> bool | None:
        """Whether whoever was given this object's id may still commit it; None when nobody was."""
        return True

    def _may_name(self, object_id: int) -> bool:
        """Whether an object that is written as a whole got its id under the epoch that this catalog commits as."""
        return True

    # Objects

    async def take_dead_objects(self, limit: int, grace_ms: int = 0) -> list[int]:
        newest = self._state.newest_object
        before = self.clock() - grace_ms if self.shared else None
        return sorted(
            object_id
            for object_id, live in self._live.items()
            if live == 0
            and (object_id < newest or object_id >= WHOLE_OBJECTS or self.shared)
            and (before is None or self._dead_since(object_id) <= before)
        )[:limit]

    async def forget_objects(self, object_ids: Sequence[int]) -> None:
        self._check_open()
        for object_id in object_ids:
            if self._live.get(object_id) == 0:
                del self._live[object_id]
                self._objects.pop(object_id, None)
                self._inline.pop(object_id, None)
                self._forgotten.add(object_id)

    def _dead_since(self, object_id: int) -> int:
        known = self._objects.get(object_id)
        return 0 if known is None or known.dead_since_ms is None else known.dead_since_ms

    def _add_references(self, object_id: int, count: int, end: int, level: int = 0) -> None:
        """``count`` spans more name it (I4)."""
        known = self._objects.setdefault(object_id, MemoryObject(created_ms=self.clock(), level=level))
        known.size = max(known.size, end)
        known.named += count
        self._live[object_id] += count
        if not self._live[object_id]:
            known.dead_since_ms = self.clock()

    def _lower_counts(self, dropped: Iterable[Span]) -> None:
        for span in dropped:
            if span.object_id >= 0:  # a marker lies in none
                self._live[span.object_id] -= 1
                assert self._live[span.object_id] >= 0, "I4"
                if not self._live[span.object_id] and (known := self._objects.get(span.object_id)) is not None:
                    known.dead_since_ms = self.clock()

    # Merging

    async def merge_candidates(self, level: int, limit: int, below: int) -> list[MergeCandidate]:
        if not self.has_small_objects:
            return []
        found = [
            self._candidate(object_id, known)
            for object_id, known in self._objects.items()
            if known.level == level
            and self._live[object_id] > 0
            and (object_id < WHOLE_OBJECTS if level == 0 else known.size < below)
        ]
        return sorted(found, key=lambda each: (-each.age_ms, each.object_id))[:limit]

    async def sparse_objects(self, limit: int) -> list[MergeCandidate]:
        living: Counter[int] = Counter()
        for run in self._state.runs.values():
            for span in run:
                living[span.object_id] += span.length
        newest = self._state.newest_object
        found: list[MergeCandidate] = []
        for object_id, known in sorted(self._objects.items()):
            in_use = not self.has_small_objects and newest <= object_id < WHOLE_OBJECTS
            if not in_use and known.level < FINAL_LEVEL and self._live[object_id] and living[object_id] * 2 < known.size:
                candidate = self._candidate(object_id, known)
                found.append(replace(candidate, size=living[object_id]))
        return found[:limit]

    def _candidate(self, object_id: int, known: MemoryObject) -> MergeCandidate:
        return MergeCandidate(object_id, known.size, self._live[object_id], self.clock() - known.created_ms, known.level)

    async def spans_of_objects(self, object_ids: Sequence[int]) -> dict[int, list[Span]]:
        wanted = set(object_ids)
        found: dict[int, list[Span]] = {}
        for pid, run in self._state.runs.items():
            spans = list(run)
            places = [place for place, span in enumerate(spans) if span.object_id in wanted]
            if places:
                near = range(max(places[0] - _ADJACENT_MARKERS, 0), min(places[-1] + _ADJACENT_MARKERS + 1, len(spans)))
                found[pid] = [spans[at] for at in near if spans[at].object_id in wanted or spans[at].object_id < 0]
        return found

    async def swap_many(self, merge: MergeSwap) -> list[bool]:
        self._check_open()
        is_known = merge.object_id in self._live
        if not merge.is_named and not self._may_name(merge.object_id):
            return [False] * len(merge.swaps)
        if merge.object_id in self._condemned or (not is_known and merge.object_id in self._forgotten):
            return [False] * len(merge.swaps)
        if merge.is_named != is_known or (is_known and not self._live[merge.object_id]):
            return [False] * len(merge.swaps)
        changes = LogChanges(self._state)
        answers: list[bool] = []
        gone: list[Span] = []
        count = 0
        for swap in merge.swaps:
            state = changes.partition(swap.pid)
            first, last = swap.old[0].base, swap.old[-1].last
            present = [span for span in self._state.runs.get(swap.pid, ()) if span.last >= first and span.base <= last]
            outcome = None if state is None else swap_rules.exchanged(state, present, swap.old, swap.new)
            answers.append(outcome is not None)
            if outcome is not None:
                changes.partitions[swap.pid], new = outcome
                gone += present
                count += len(new)
                changes.replaced.append(Replaced(swap.pid, first, last, new, frozenset()))
        if any(answers):
            self._add_references(merge.object_id, count, merge.object_end, merge.level)
            self._lower_counts(gone)
            self._state.publish(changes)
        return answers

    # Retention

    async def retention_offsets(self, limits: Sequence[RetentionLimit]) -> dict[int, int]:
        offsets: dict[int, int] = {}
        for limit in limits:
            state = self._state.partitions.get(limit.pid)
            if state is None:
                continue
            spans = [span for span in self._state.runs.get(limit.pid, ()) if span.last >= state.bounds.log_start]
            offset = log_rules.retention_offset(state, spans[:SPANS_AT_ONCE], limit.oldest_ms, limit.max_bytes)
            if offset > state.bounds.log_start:
                offsets[limit.pid] = offset
        return offsets

    async def drain(self, limit: int) -> bool:
        """Nothing is dropped later than when it is deleted."""
        return False

    # Orphans and old entries

    async def sort_unnamed(self, object_ids: Sequence[int]) -> Sorted:
        orphans: list[int] = []
        foreign: list[int] = []
        for object_id in object_ids:
            if object_id in self._live:
                continue
            owner = self._owner_of(object_id)
            if owner is None:
                foreign.append(object_id)
            elif not owner or object_id in self._condemned:
                orphans.append(object_id)
        return Sorted(orphans, foreign)

    async def condemn(self, object_ids: Sequence[int]) -> list[int]:
        self._check_open()
        unnamed = [object_id for object_id in object_ids if object_id not in self._live]
        self._condemned.update(unnamed)
        return unnamed

    async def forget_settled(self, limit: int) -> int:
        self._check_open()
        settled = [object_id for object_id in self._condemned if self._owner_of(object_id) is False][:limit]
        self._condemned.difference_update(settled)
        return len(settled)

    async def clock_ms(self) -> int | None:
        return self.clock() if self.shared else None
