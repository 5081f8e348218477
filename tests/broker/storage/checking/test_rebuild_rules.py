"""Of parts that hold the same offsets the one written last counts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from broker.storage.checking.rebuild_rules import WholePart, counting, gaps


def part(base: int, last: int, created: int) -> WholePart:
    return WholePart(base, last, 1000 + created, created, created)


def test_the_newer_part_counts() -> None:
    """It was made of the older ones (V1)."""
    old = [part(0, 9, 1), part(10, 19, 2), part(20, 29, 3)]
    new = part(0, 19, 4)
    assert counting([*old, new]) == [new, old[2]]


def test_gaps_are_told() -> None:
    """Offsets that no part holds."""
    assert gaps([part(5, 9, 1), part(10, 12, 2), part(20, 20, 3)]) == [(13, 19)]
    assert gaps([]) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=20))
def test_what_counts_never_overlaps(runs: list[tuple[int, int]]) -> None:
    """Whatever there is, and every part that does not count is in the way of one that does."""
    parts = [part(base, base + length, number) for number, (base, length) in enumerate(runs)]
    chosen = counting(parts)
    for before, behind in pairwise(chosen):
        assert before.last < behind.base
    for each in parts:
        assert each in chosen or any(other.base <= each.last and each.base <= other.last for other in chosen)
