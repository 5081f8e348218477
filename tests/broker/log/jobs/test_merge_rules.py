"""Which objects are merged together, and what of a log is one run."""

from broker.log.jobs.merge_rules import (
    LANES,
    SPANS_IN_SWAP,
    MergeLimits,
    chunks,
    runs,
    small_below,
    sparse_window,
    windows,
)
from broker.storage.catalog.base import Span
from broker.storage.catalog.life_cycle import PARTITIONS_AT_ONCE, LogSwap, MergeCandidate
from broker.storage.objects.base import INLINE_OBJECTS

LIMITS = MergeLimits(1000, 60_000)


def candidate(object_id: int, size: int = 100, age_ms: int = 0, spans: int = 5, level: int = 0) -> MergeCandidate:
    return MergeCandidate(object_id, size, spans, age_ms, level)


def span(base: int, last: int, object_id: int = 1) -> Span:
    return Span(base, last, object_id, base, 10, 0, 0, 1, 0)


def test_nothing_is_due_before_its_time() -> None:
    """Age, number or size of what has gathered makes it so."""
    assert windows([], 0, LIMITS) == []
    assert windows([candidate(1), candidate(2)], 0, LIMITS) == []
    (old,) = windows([candidate(1, age_ms=60_000), candidate(2)], 0, LIMITS)
    assert (old.lane, old.object_ids, old.size, old.level) == ("0/all", (1, 2), 200, 1)
    (many,) = windows([candidate(number, 1) for number in range(100)], 0, LIMITS)
    assert len(many.object_ids) == 100
    (large,) = windows([candidate(1, 600), candidate(2, 400)], 0, LIMITS)
    assert large.object_ids == (1, 2)


def test_a_window_holds_what_fits_into_memory() -> None:
    """At least one, however large (M3)."""
    (one,) = windows([candidate(1, 1900, 60_000)], 0, LIMITS)
    assert one.object_ids == (1,)
    (some,) = windows([candidate(number, 400) for number in (1, 2, 3)], 0, LIMITS)
    assert (some.object_ids, some.size) == ((1, 2), 800)
    (few,) = windows([candidate(1, 1, 60_000, 30_000), candidate(2, 1, 0, 30_000)], 0, LIMITS)
    assert few.object_ids == (1,)
    many = [candidate(INLINE_OBJECTS + number, 3 << 20, 60_000) for number in range(3)]
    (inline,) = windows(many, 0, MergeLimits(1 << 30, 1000))
    assert len(inline.object_ids) == 1


def test_much_is_done_in_lanes() -> None:
    """So that several brokers merge at once, each the objects of few writers (M4)."""
    found = windows([candidate(number << 8, 300) for number in range(40)], 0, LIMITS)
    assert len(found) == LANES
    assert len({window.lane for window in found}) == LANES
    assert not set(found[0].object_ids) & set(found[1].object_ids)
    assert all(len({known >> 8 & LANES - 1 for known in window.object_ids}) == 1 for window in found)


def test_merged_objects_are_merged_again_when_many_are_small() -> None:
    """And become as large as others, for good (M5)."""
    assert small_below(LIMITS) == 250
    assert windows([candidate(number, 20, 10**9, level=1) for number in range(31)], 1, LIMITS) == []
    (window,) = windows([candidate(number, 20, level=1) for number in range(32)], 1, LIMITS)
    assert (len(window.object_ids), window.level) == (32, 2)
    (large,) = windows([candidate(number, 240, level=1) for number in range(5)], 1, LIMITS)
    assert len(large.object_ids) == 4


def test_sparse_objects_are_taken_as_they_come() -> None:
    """The result is one more than the most merged of them."""
    assert sparse_window([], LIMITS) is None
    window = sparse_window([candidate(1, level=1), candidate(2)], LIMITS)
    assert window is not None
    assert (window.object_ids, window.level) == ((1, 2), 2)


def test_runs_are_cut_where_something_else_lies_between() -> None:
    """Markers belong to those that they touch; alone they are no run (M1)."""
    spans = {
        7: [span(0, 4), span(5, 5, -1), span(6, 9), span(20, 29), span(35, 35, -1)],
        3: [span(9, 9, -2), span(10, 11)],
    }
    assert [(run.pid, [each.base for each in run.spans]) for run in runs(spans)] == [
        (3, [9, 10]),
        (7, [0, 5, 6]),
        (7, [20]),
    ]


def test_no_transaction_has_too_many_partitions() -> None:
    """However many are merged."""
    swaps = [LogSwap(pid, [span(0, 1)], [span(0, 1)]) for pid in range(450)]
    sizes = [len(chunk) for chunk in chunks(swaps)]
    assert max(sizes) == min(PARTITIONS_AT_ONCE, SPANS_IN_SWAP)
    assert sum(sizes) == 450
    assert chunks([]) == []


def test_no_transaction_replaces_too_many_spans() -> None:
    """Long runs are cut, and what is swapped at once is bounded by spans as well (M6)."""
    spans = [span(number, number) for number in range(2 * SPANS_IN_SWAP + 10)]
    cut = runs({7: spans})
    assert [len(run.spans) for run in cut] == [SPANS_IN_SWAP, SPANS_IN_SWAP, 10]
    assert [each for run in cut for each in run.spans] == spans

    rest = SPANS_IN_SWAP - 10
    chunked = chunks([LogSwap(run.pid, run.spans, []) for run in cut] + [LogSwap(8, spans[:rest], []), LogSwap(9, spans[:1], [])])
    assert [[len(swap.old) for swap in chunk] for chunk in chunked] == [[SPANS_IN_SWAP], [SPANS_IN_SWAP], [10, rest], [1]]
