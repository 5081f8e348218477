"""The assignors: balanced, sticky, co-partitioned."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.assignors import (
    ASSIGNORS,
    Assignment,
    Assignor,
    Subscriber,
    assign_range,
    assign_uniform,
)

A, B, C = (letter * 16 for letter in (b"a", b"b", b"c"))
COUNTS = st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 9), min_size=1)
TOPICS = st.frozensets(st.sampled_from([A, B, C]))


def subscribers(wishes: list[frozenset[bytes]], before: Assignment | None = None) -> list[Subscriber]:
    return [
        Subscriber(f"m{number:02}", topics, (before or {}).get(f"m{number:02}", {})) for number, topics in enumerate(wishes)
    ]


def flat(assignment: Assignment) -> list[tuple[bytes, int]]:
    return [(topic, index) for topics in assignment.values() for topic, indexes in topics.items() for index in indexes]


def loads(assignment: Assignment) -> list[int]:
    return [sum(map(len, topics.values())) for topics in assignment.values()]


@pytest.mark.parametrize("assignor", ASSIGNORS.values(), ids=ASSIGNORS.keys())
@given(st.lists(TOPICS, max_size=6), COUNTS)
def test_every_partition_goes_to_one_subscriber(assignor: Assignor, wishes: list[frozenset[bytes]], counts: dict[bytes, int]) -> None:
    """And to nobody who did not ask for it; the same question has the same answer."""
    asked = subscribers(wishes)
    assignment = assignor(asked, counts)
    wanted = frozenset().union(*wishes)

    assert sorted(flat(assignment)) == sorted((topic, i) for topic, count in counts.items() if topic in wanted for i in range(count))
    assert all(assignment[each.member_id].keys() <= each.topics for each in asked)
    assert assignment.keys() == {each.member_id for each in asked}
    assert assignor(asked, counts) == assignment


@given(st.integers(1, 9), st.integers(1, 9), COUNTS, COUNTS)
def test_uniform_is_even_and_moves_no_more_than_it_must(
    before: int, after: int, counts: dict[bytes, int], later: dict[bytes, int]
) -> None:
    """Members come, go, and topics change."""
    everything = frozenset([A, B, C])
    first = assign_uniform(subscribers([everything] * before), counts)
    assert max(loads(first)) - min(loads(first)) <= 1
    second = assign_uniform(subscribers([everything] * after, first), later)
    assert max(loads(second)) - min(loads(second)) <= 1
    share, more = divmod(sum(later.values()), after)
    could_stay = [
        sum(len([i for i in indexes if i < later.get(topic, 0)]) for topic, indexes in first.get(f"m{number:02}", {}).items())
        for number in range(after)
    ]
    # Of those with more than their share, as many as there are larger shares keep one more.
    kept_at_best = sum(min(count, share) for count in could_stay) + min(more, sum(count > share for count in could_stay))
    kept = sum(
        len(indexes & first.get(member_id, {}).get(topic, frozenset()))
        for member_id, topics in second.items()
        for topic, indexes in topics.items()
    )
    assert kept == kept_at_best


@given(st.lists(TOPICS, min_size=1, max_size=6), COUNTS)
def test_uniform_is_as_even_as_subscriptions_allow(wishes: list[frozenset[bytes]], counts: dict[bytes, int]) -> None:
    """No partition could go to another subscriber who has two less; asked again, nothing moves."""
    asked = subscribers(wishes)
    assignment = assign_uniform(asked, counts)
    load = dict(zip(assignment, loads(assignment), strict=True))
    for member_id, topics in assignment.items():
        for topic in topics:
            others = [each.member_id for each in asked if topic in each.topics]
            assert all(load[member_id] - load[other] <= 1 for other in others)

    assert assign_uniform(subscribers(wishes, assignment), counts) == assignment


def test_range_divides_topics_alike() -> None:
    """Co-partitioned: the same numbers of both topics at the same member, neighbours together, static members first."""
    members = [
        Subscriber("z", frozenset([A, B]), instance_id="1"),
        Subscriber("a", frozenset([A, B])),
        Subscriber("b", frozenset([A, B])),
    ]
    assignment = assign_range(members, {A: 7, B: 7})

    assert [sorted(assignment[member][A]) for member in ("z", "a", "b")] == [[0, 1, 2], [3, 4], [5, 6]]
    assert all(topics[A] == topics[B] for topics in assignment.values())


@given(st.lists(TOPICS, min_size=1, max_size=6), COUNTS)
def test_range_gives_runs(wishes: list[frozenset[bytes]], counts: dict[bytes, int]) -> None:
    """Of lengths that differ by one at most among the subscribers of a topic."""
    asked = subscribers(wishes)
    assignment = assign_range(asked, counts)
    for topic, count in counts.items():
        mine = [assignment[each.member_id].get(topic, frozenset()) for each in asked if topic in each.topics]
        assert all(not run or sorted(run) == list(range(min(run), max(run) + 1)) for run in mine)
        assert not mine or set(Counter(map(len, mine))) <= {count // len(mine), count // len(mine) + 1}
