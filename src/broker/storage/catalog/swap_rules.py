"""Rule: when spans may take the place of others, and what that does to their log. What can be compacted of a log at all.

W1  The old spans must all be there as they were read: nothing was dropped, and nobody else has replaced one of them.
W2  The new ones cover the same offsets, and tile them (I3). Bounds other than the size do not change.
W3  The running timestamp stays monotone: what went may have been the largest, and then the new spans say more than they have, never less.
W4  What the log's start has passed meanwhile is not put back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from broker.storage.catalog.base import Dirt, Span, SpanSwap
from broker.storage.catalog.commit_rules import PartitionState


def swapped(state: PartitionState, present: Sequence[Span], swap: SpanSwap) -> tuple[PartitionState, list[Span]] | None:
    """The log's state after ``swap`` and the spans that are new in it; None when it must be refused. ``present`` are the spans that lie where
    the old ones lay."""
    assert all(span.object_id == swap.object_id for span in swap.new), "W2: in one object"
    return exchanged(state, present, swap.old, swap.new)


def exchanged(
    state: PartitionState, present: Sequence[Span], old: Sequence[Span], new: Sequence[Span]
) -> tuple[PartitionState, list[Span]] | None:
    """The same for spans that are only told from others, wherever the ``new`` ones lie."""
    check(old, new)
    if list(present) != list(old):
        return None
    kept = [span for span in new if span.last >= state.bounds.log_start]
    size = state.bounds.bytes - sum(span.length for span in old) + sum(span.length for span in kept)
    return replace(state, bounds=replace(state.bounds, bytes=size)), kept


def dirt(spans: Iterable[Span], first_dirty: int, upper: int, youngest_ms: int) -> Dirt:
    """As :meth:`LogCatalog.dirt`, from the ``spans`` of a log from its start on."""
    clean = dirty = 0
    end, oldest_ms = first_dirty, -1
    for span in spans:
        if span.last < first_dirty:
            clean += span.length
            continue
        if span.last >= upper or span.max_timestamp > youngest_ms:
            break
        dirty += span.length
        end = span.last + 1
        if span.max_timestamp >= 0:
            oldest_ms = span.max_timestamp if oldest_ms < 0 else min(oldest_ms, span.max_timestamp)
    return Dirt(clean, dirty, end, oldest_ms)


def check(old: Sequence[Span], new: Sequence[Span]) -> None:
    """What whoever asks for a swap must have seen to (W2, W3)."""
    assert new[0].base == old[0].base, "W2: the new spans begin where the old ones began"
    assert new[-1].last == old[-1].last, "W2: the new spans end where the old ones ended"
    assert all(left.last + 1 == right.base for left, right in pairwise(new)), "W2: without gaps"
    running = [span.running_timestamp for span in new]
    assert running == sorted(running), "W3"
    assert running[-1] == old[-1].running_timestamp, "W3"
