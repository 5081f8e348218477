"""Rules: what of a log's rewritten parts counts when there is no catalog to say so, and what comes behind them. Pure.

V1  Parts have final offsets. Where two hold the same offsets, the one written later does: it was made of the other. Whichever counts holds what the log
    held there, for nothing is rewritten into something else.
V2  What was appended comes behind all rewritten parts, in the order in which it was written, unless a part that counts was made of it.
V3  The order of what different brokers wrote at the same time is known to the catalog only. It is taken by their clocks here.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from broker.model import value


@value
class WholePart:
    """A run of a log in an object that was written as a whole."""

    base: int
    last: int
    object_id: int
    created_ms: int
    place: int


def counting(parts: Iterable[WholePart]) -> list[WholePart]:
    """Those that count, in order of offsets (V1)."""
    chosen: list[WholePart] = []
    for part in sorted(parts, key=lambda each: (each.created_ms, each.object_id, each.base), reverse=True):
        at = bisect_left(chosen, part.base, key=lambda each: each.last)
        if at == len(chosen) or chosen[at].base > part.last:
            chosen.insert(at, part)
    return chosen


def gaps(parts: Sequence[WholePart]) -> list[tuple[int, int]]:
    """Offsets between parts that no part holds, as (first, last)."""
    return [(before.last + 1, part.base - 1) for before, part in pairwise(parts) if part.base > before.last + 1]
