"""The simple assignor of share groups: balance, sharing, stickiness."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.assignors import Assignment, Subscriber
from broker.coordinators.groups.share_assignor import assign_simple

T, U = b"T" * 16, b"U" * 16


def subscribers(topics: dict[str, set[bytes]], before: Assignment | None = None) -> list[Subscriber]:
    return [Subscriber(name, frozenset(wanted), (before or {}).get(name, {})) for name, wanted in topics.items()]


def sizes(assignment: Assignment) -> list[int]:
    return sorted(sum(map(len, topics.values())) for topics in assignment.values())


def holders(assignment: Assignment) -> Counter[tuple[bytes, int]]:
    return Counter(
        (topic, index) for topics in assignment.values() for topic, indexes in topics.items() for index in indexes
    )


def moves(before: Assignment, after: Assignment) -> int:
    """Partitions that members get which they did not have."""
    return sum(
        len(indexes - before.get(name, {}).get(topic, frozenset()))
        for name, topics in after.items()
        for topic, indexes in topics.items()
    )


def test_nobody_and_nothing() -> None:
    """No members, no topics."""
    assert assign_simple([], {}) == {}
    assert assign_simple(subscribers({"a": {T}}), {}) == {"a": {}}
    assert assign_simple(subscribers({"a": set()}), {T: 3}) == {"a": {}}


def test_one_member_has_everything() -> None:
    """Of what it subscribes to."""
    assert assign_simple(subscribers({"a": {T, U}}), {T: 2, U: 1}) == {"a": {T: frozenset({0, 1}), U: frozenset({0})}}


def test_more_partitions_than_members_are_not_shared() -> None:
    """Each is read by one; the larger shares differ by one."""
    found = assign_simple(subscribers({"a": {T}, "b": {T}, "c": {T}}), {T: 7})

    assert sizes(found) == [2, 2, 3]
    assert set(holders(found).values()) == {1}


def test_more_members_than_partitions_share_them() -> None:
    """Each partition as often as any other, and nobody is idle."""
    found = assign_simple(subscribers({name: {T} for name in "abcde"}), {T: 2})

    assert sizes(found) == [1, 1, 1, 1, 2]
    assert holders(found) == {(T, 0): 3, (T, 1): 3}


def test_different_subscriptions_are_shared_topic_by_topic() -> None:
    """So a member of two topics has its share of each."""
    found = assign_simple(subscribers({"a": {T}, "b": {U}, "c": {T, U}}), {T: 4, U: 4})

    assert {name: {topic: len(indexes) for topic, indexes in topics.items()} for name, topics in found.items()} == {
        "a": {T: 2},
        "b": {U: 2},
        "c": {T: 2, U: 2},
    }


def test_what_is_no_longer_wanted_is_taken_away() -> None:
    """A topic left, a partition gone."""
    before: Assignment = {"a": {T: frozenset({0, 9}), U: frozenset({0})}}

    assert assign_simple(subscribers({"a": {T}}, before), {T: 1, U: 1}) == {"a": {T: frozenset({0})}}


def test_a_member_that_goes_moves_nothing_else() -> None:
    """Its partitions go to those with least."""
    before = assign_simple(subscribers({name: {T} for name in "abc"}), {T: 9})
    after = assign_simple(subscribers({"a": {T}, "b": {T}}, before), {T: 9})

    assert sizes(after) == [4, 5]
    assert moves(before, after) == 3


@given(
    partitions=st.integers(1, 12),
    others=st.integers(0, 4),
    steps=st.lists(st.sets(st.integers(0, 11), min_size=1), min_size=1, max_size=5),
)
def test_members_that_come_and_go_are_balanced(partitions: int, others: int, steps: list[set[int]]) -> None:
    """Whoever is there: equal sharing, equal sizes, and the same question has the same answer, which moves nothing."""
    counts = {T: partitions, U: others} if others else {T: partitions}
    before: Assignment = {}
    for step in steps:
        members = subscribers({f"m{number:02}": {T, U} for number in sorted(step)}, before)
        found = assign_simple(members, counts)
        total = partitions + others
        sharing = -(-len(step) // total)
        assert set(holders(found).values()) == {sharing}
        assert len(holders(found)) == total
        assert max(sizes(found)) - min(sizes(found)) <= 1
        assert assign_simple(members, counts) == found
        again = assign_simple([Subscriber(each.member_id, each.topics, found[each.member_id]) for each in members], counts)
        assert moves(found, again) == 0
        before = found


@given(st.lists(st.sets(st.sampled_from([T, U, b"V" * 16]), max_size=3), min_size=1, max_size=8), st.integers(1, 5))
def test_any_subscriptions_are_covered(wanted: list[set[bytes]], count: int) -> None:
    """Every partition of a topic that anybody wants has a reader, and nobody has what it does not want."""
    counts = dict.fromkeys(set().union(*wanted), count)
    found = assign_simple(subscribers({f"m{number}": topics for number, topics in enumerate(wanted)}), counts)

    assert set(holders(found)) == {(topic, index) for topic in counts for index in range(count)}
    for number, topics in enumerate(wanted):
        assert found[f"m{number}"].keys() <= topics
