"""Rules of merging: which objects are merged together and when, and what of a log is written as one run. Pure.

M1  A run is whole spans without a gap: those of the objects that are merged, and the markers between and beside them.
M2  What is written of a run has its offsets in the bytes; nothing is left out, so merging waits for no transaction.
M3  A window holds no more than fits into memory; it is at least one object, however large.
M4  Objects of one writer come together, because they hold the same partitions: a *lane* is the ids of a stretch, and a stretch is one writer's.
M5  A byte is rewritten twice at the most: from level 0 to 1, and to 2 when many small objects of level 1 have gathered.
M6  What is swapped in one transaction is small: commits to the same logs wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from broker.model import value
from broker.storage.catalog.base import Span
from broker.storage.catalog.life_cycle import PARTITIONS_AT_ONCE, LogSwap, MergeCandidate
from broker.storage.objects.base import is_inline

LANES: Final = 8
SPANS_IN_WINDOW: Final = 50_000
INLINE_BYTES_IN_WINDOW: Final = 4 << 20
SPANS_IN_SWAP: Final = 150
"""A transaction that replaces five hundred takes ten milliseconds, and one that replaced thousands took hundreds, on a busy machine."""

_STRETCH_BITS: Final = 8
_MANY_OBJECTS: Final = 100
"""So many spans a reader of one partition may have to go through that are of one flush each."""

_MANY_SMALL: Final = 32
_SMALL_PART: Final = 4
"""An object is small below this part of what is aimed at."""


@value
class MergeLimits:
    """``bytes`` is how large objects are to become, ``age_ms`` how old flushes may get before they are merged in any case."""

    bytes: int
    age_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Objects to be merged into one. ``lane`` names who else would pick the same ones."""

    lane: str
    object_ids: tuple[int, ...]
    size: int
    level: int
    """What the result is: one more than the highest of what goes into it."""


@value
class Run:
    """Spans of one log, one behind the other."""

    pid: int
    spans: Sequence[Span]


def small_below(limits: MergeLimits) -> int:
    """Objects smaller than this should be merged once more."""
    return limits.bytes // _SMALL_PART


def windows(candidates: Sequence[MergeCandidate], level: int, limits: MergeLimits) -> list[Window]:
    """What is due of the candidates of a level, the oldest first, a window for each lane."""
    if level:
        if len(candidates) < _MANY_SMALL and sum(each.size for each in candidates) < limits.bytes:
            return []
        window = _fill(f"{level}/all", candidates, limits)
        return [window] if len(window.object_ids) > 1 else []
    total = sum(each.size for each in candidates)
    if not candidates or not (
        candidates[0].age_ms >= limits.age_ms or len(candidates) >= _MANY_OBJECTS or total >= limits.bytes
    ):
        return []
    if total < 2 * limits.bytes:
        return [_fill("0/all", candidates, limits)]
    lanes: dict[int, list[MergeCandidate]] = {}
    for each in candidates:
        lanes.setdefault((each.object_id >> _STRETCH_BITS) % LANES, []).append(each)
    return [_fill(f"0/{lane}", members, limits) for lane, members in sorted(lanes.items())]


def sparse_window(candidates: Sequence[MergeCandidate], limits: MergeLimits) -> Window | None:
    """Objects of which little is left, to be written anew."""
    return _fill("sparse", candidates, limits) if candidates else None


def runs(spans: Mapping[int, Sequence[Span]]) -> list[Run]:
    """The spans of objects, and markers near them, by log: cut where something else lies between (M1), and where a run gets long (M6)."""
    found: list[Run] = []
    for pid in sorted(spans):
        run: list[Span] = []
        for span in spans[pid]:
            if run and (run[-1].last + 1 != span.base or len(run) == SPANS_IN_SWAP):
                found += _worth(pid, run)
                run = []
            run.append(span)
        found += _worth(pid, run)
    return found


def chunks(swaps: Sequence[LogSwap]) -> list[list[LogSwap]]:
    """What is swapped in one transaction: no more than PARTITIONS_AT_ONCE runs and SPANS_IN_SWAP spans (M6), in order of the logs."""
    chunked: list[list[LogSwap]] = []
    spans = 0
    for swap in swaps:
        spans += len(swap.old)
        if not chunked or len(chunked[-1]) == PARTITIONS_AT_ONCE or spans > SPANS_IN_SWAP:
            chunked.append([])
            spans = len(swap.old)
        chunked[-1].append(swap)
    return chunked


def _worth(pid: int, run: list[Span]) -> list[Run]:
    return [Run(pid, tuple(run))] if any(span.object_id >= 0 for span in run) else []


def _fill(lane: str, candidates: Sequence[MergeCandidate], limits: MergeLimits) -> Window:
    """As many of the candidates as fit (M3), in their order."""
    size = spans = inline = level = 0
    chosen: list[int] = []
    for each in candidates:
        size += each.size
        spans += each.spans
        inline += each.size if is_inline(each.object_id) else 0
        if chosen and (size > limits.bytes or spans > SPANS_IN_WINDOW or inline > INLINE_BYTES_IN_WINDOW):
            size -= each.size
            break
        chosen.append(each.object_id)
        level = max(level, each.level + 1)
    return Window(lane, tuple(chosen), size, level)
