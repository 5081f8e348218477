"""The contract of a catalog for what becomes of data after it was written: merging, retention at scale, garbage, orphans.

Everything here may be done by any broker, and by two at once: nothing rests on who does it. What takes the place of something else is taken only
when that is still there as it was read (W1); counts of objects change in the transaction that changes spans (I4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from broker.model import value

if TYPE_CHECKING:
    from broker.storage.catalog.base import Span

PARTITIONS_AT_ONCE: Final = 200
"""So many partitions are swapped in one transaction at the most."""

SPANS_AT_ONCE: Final = 2000
"""So many spans of a log are dropped in one transaction at the most; what is left is dropped by :meth:`LifeCycleCatalog.drain`."""

FINAL_LEVEL: Final = 2
"""Objects of this level are not merged again. 0: as it was flushed; each merge is one more."""


@value
class MergeCandidate:
    """An object that may be merged: ``size`` bytes that ``spans`` spans name, written ``age_ms`` ago by the catalog's clock."""

    object_id: int
    size: int
    spans: int
    age_ms: int
    level: int = 0


@value
class LogSwap:
    """Spans of one log in place of others, for the same offsets, with nothing lost."""

    pid: int
    old: Sequence[Span]
    new: Sequence[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeSwap:
    """What a merge wants to become visible in one transaction: all ``new`` spans lie in object ``object_id`` of ``object_end`` bytes. ``is_named``: an
    earlier transaction of the same merge made spans name it."""

    swaps: Sequence[LogSwap]
    object_id: int
    object_end: int
    level: int
    is_named: bool


@value
class RetentionLimit:
    """What a log may let go of: data last stamped before ``oldest_ms``; the oldest data while ``max_bytes`` stay. None: no such limit."""

    pid: int
    oldest_ms: int | None
    max_bytes: int | None


@value
class Sorted:
    """Objects that lie in a store and that no span names, as the catalog sees them in one snapshot. ``orphans``: nobody can commit them any more.
    ``foreign``: the catalog has never given away their ids."""

    orphans: Sequence[int]
    foreign: Sequence[int]


class LifeCycleCatalog(Protocol):
    """What the life cycle of data needs of a catalog."""

    async def merge_candidates(self, level: int, limit: int, below: int) -> list[MergeCandidate]:
        """Living objects of a level below FINAL_LEVEL, oldest first: of level 0 the oldest there are, above it such as are smaller than ``below``
        bytes. A catalog whose objects hold many flushes each has none."""
        ...

    async def sparse_objects(self, limit: int) -> list[MergeCandidate]:
        """Objects, of any level below FINAL_LEVEL, of which less than half is named any more, and that nothing is appended to. ``size`` is what is
        still named, about. It may look at everything there is, beside those that commit."""
        ...

    async def spans_of_objects(self, object_ids: Sequence[int]) -> dict[int, list[Span]]:
        """The spans that lie in these objects, by pid and in order, and among them the markers next to them."""
        ...

    async def swap_many(self, merge: MergeSwap) -> list[bool]:
        """As :meth:`LogCatalog.swap_spans` for several logs (the same one may come several times): for each, whether it was done. All that is
        done is done in one transaction. When the object was named and is not any more, nothing is: it may be gone from the store."""
        ...

    async def retention_offsets(self, limits: Sequence[RetentionLimit]) -> dict[int, int]:
        """Where logs should start, of those that should start elsewhere than they do (as :meth:`LogCatalog.retention_offset`, or before that when it
        is more than SPANS_AT_ONCE spans away). One question, whatever the number of logs."""
        ...

    async def drain(self, limit: int) -> bool:
        """Drop up to ``limit`` spans of data that was deleted, with short locks. False: none are left, or others are at it."""
        ...

    async def sort_unnamed(self, object_ids: Sequence[int]) -> Sorted:
        """Which of these objects of a store are orphans. One snapshot, begun after this was called. Ids of living owners are in neither list."""
        ...

    async def condemn(self, object_ids: Sequence[int]) -> list[int]:
        """Objects that this broker wrote and does not want committed: those of them that never will be, and may be deleted. A commit that is
        still under way is refused from now on."""
        ...

    async def forget_settled(self, limit: int) -> int:
        """Drop up to ``limit`` rows that serve nobody any more, of each kind: blocks of object ids of owners that are gone, what was never committed by
        them, removals of topics that everybody has heard of, ends of leases. How many went."""
        ...

    async def clock_ms(self) -> int | None:
        """The catalog's own clock, where brokers share it; None: there is only this broker's."""
        ...


