"""Rules for putting spans in the place of others."""

from dataclasses import replace

import pytest

from broker.model import LogBounds
from broker.storage.catalog import swap_rules
from broker.storage.catalog.base import Dirt, Span, SpanSwap
from broker.storage.catalog.commit_rules import PartitionState

STATE = PartitionState(LogBounds(0, 30, 30, 0, 300), 9)
OLD = [Span(0, 9, 1, 0, 100, 5, 5, 1), Span(10, 19, 1, 100, 100, 7, 7, 1), Span(20, 29, 1, 200, 100, 9, 9, 1)]
NEW = [Span(0, 5, 8, 64, 30, 4, 5, 1, 3), Span(6, 19, 8, 94, 40, 7, 7, 1, 3)]


def swap(**changes: object) -> SpanSwap:
    return replace(SpanSwap(pid=1, old=OLD[:2], new=NEW, object_id=8, object_end=134), **changes)  # type: ignore[arg-type]


def test_only_the_size_of_the_log_changes() -> None:
    """Offsets and open transactions stay (W2)."""
    state = replace(STATE, open_transactions=((30, 7),))
    outcome = swap_rules.swapped(state, OLD[:2], swap())

    assert outcome == (replace(state, bounds=LogBounds(0, 30, 30, 0, 170)), NEW)


def test_what_has_changed_meanwhile_is_not_replaced() -> None:
    """Dropped, replaced, or the same offsets elsewhere (W1)."""
    for present in ([], OLD[1:2], OLD, [OLD[0], replace(OLD[1], object_id=9)]):
        assert swap_rules.swapped(STATE, present, swap()) is None


def test_what_the_start_has_passed_stays_away() -> None:
    """A new span may end before the log's start although the old one did not (W4)."""
    state = replace(STATE, bounds=replace(STATE.bounds, log_start=7))
    outcome = swap_rules.swapped(state, OLD[:2], swap())

    assert outcome == (replace(state, bounds=replace(state.bounds, bytes=140)), NEW[1:])


@pytest.mark.parametrize(
    "new",
    [
        [replace(NEW[0], base=1), NEW[1]],
        [NEW[0], replace(NEW[1], last=18)],
        [NEW[0], replace(NEW[1], base=7)],
        [replace(NEW[0], running_timestamp=8), NEW[1]],
        [NEW[0], replace(NEW[1], running_timestamp=6)],
        [NEW[0], replace(NEW[1], object_id=1)],
    ],
)
def test_spans_that_do_not_tile_are_a_bug(new: list[Span]) -> None:
    """Nothing is replaced by what would break the index (W2, W3)."""
    with pytest.raises(AssertionError):
        swap_rules.swapped(STATE, OLD[:2], swap(new=new))


def test_what_can_be_compacted_ends_before_what_cannot() -> None:
    """At the last stable offset, or the first span that is too young; the span in which the last round ended counts as dirty."""
    assert swap_rules.dirt(OLD, 0, 30, 100) == Dirt(0, 300, 30, 5)
    assert swap_rules.dirt(OLD, 10, 30, 100) == Dirt(100, 200, 30, 7)
    assert swap_rules.dirt(OLD, 12, 30, 100) == Dirt(100, 200, 30, 7)
    assert swap_rules.dirt(OLD, 0, 29, 100) == Dirt(0, 200, 20, 5)
    assert swap_rules.dirt(OLD, 0, 30, 7) == Dirt(0, 200, 20, 5)
    assert swap_rules.dirt(OLD, 10, 30, 3) == Dirt(100, 0, 10, -1)
    assert swap_rules.dirt([replace(OLD[0], max_timestamp=-1)], 0, 30, 7) == Dirt(0, 100, 10, -1)
