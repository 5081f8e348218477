"""The vote for a generation's protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.protocol_selection import select_protocol

NAMES = ["range", "rr", "sticky"]


def preferences(*orders: str) -> list[tuple[tuple[str, bytes], ...]]:
    return [tuple((name, b"") for name in order.split()) for order in orders]


def test_the_first_common_choice_of_most_wins() -> None:
    """What not everybody supports gets no votes."""
    assert select_protocol(preferences("sticky range rr", "range rr", "rr range"), {"range", "rr"}) == "range"
    assert select_protocol(preferences("range rr", "rr range", "rr range"), {"range", "rr"}) == "rr"


def test_a_tie_goes_to_the_longest_standing_member() -> None:
    """So the outcome does not depend on chance."""
    assert select_protocol(preferences("rr range", "range rr"), {"range", "rr"}) == "rr"


def test_nobody_cannot_vote() -> None:
    """An empty group has no protocol."""
    with pytest.raises(ValueError):
        select_protocol([], {"range"})


@given(st.lists(st.permutations(NAMES), min_size=1), st.sets(st.sampled_from(NAMES), min_size=1))
def test_the_winner_is_a_candidate_with_the_most_first_choices(orders: list[list[str]], candidates: set[str]) -> None:
    """Whatever the members prefer."""
    winner = select_protocol([tuple((name, b"") for name in order) for order in orders], candidates)

    firsts = [next(name for name in order if name in candidates) for order in orders]
    assert winner in candidates
    assert all(firsts.count(winner) >= firsts.count(name) for name in candidates)
