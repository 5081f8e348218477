"""What a group knows of the topics it subscribes to."""

import pytest

from broker.coordinators.groups.consumer_member import ConsumerMember
from broker.coordinators.groups.subscribed_topics import SubscribedTopics
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics

NOBODY = ConsumerMember(member_id="m")


def member(*names: str, regex: str = "") -> ConsumerMember:
    return ConsumerMember(member_id="m", topic_names=frozenset(names), topic_regex=regex)


def test_topics_count_while_anybody_subscribes() -> None:
    """By as many as there are."""
    topics = SubscribedTopics(FakeTopics(a=2, b=1))
    topics.change(NOBODY, member("a"))
    topics.change(NOBODY, member("a", "b", "missing"))
    assert (topics.has("a"), topics.has("b"), sorted(topics.counts().values())) == (True, True, [1, 2])
    topics.remove(member("a", "b", "missing"))

    assert (topics.has("a"), topics.has("b")) == (True, False)
    assert len(topics.ids_of(member("a", "missing"))) == 1


def test_only_changes_that_concern_the_group_are_changes() -> None:
    """More partitions, another topic of the name; not other topics."""
    there = FakeTopics(a=2, b=1)
    topics = SubscribedTopics(there)
    topics.change(NOBODY, member("a"))
    assert topics.are_outdated
    assert topics.refresh()
    assert not topics.are_outdated
    there.grow("b", 9)
    assert topics.are_outdated
    assert not topics.refresh()
    there.grow("a", 3)
    assert topics.refresh()
    there.delete("a")
    there.create("a", 3)

    assert topics.refresh()


def test_patterns_are_known_while_anybody_has_them() -> None:
    """What was found for one is good for the next member with the same."""
    topics = SubscribedTopics(FakeTopics(a=1, ab=1))
    assert not topics.change(NOBODY, member(regex="a.*"))
    assert topics.has_unresolved
    assert topics.take_resolved({"a.*": frozenset({"a", "ab"}), "gone": frozenset({"x"})}, topics.topics.version)
    assert topics.change(NOBODY, member(regex="a.*"))
    assert not topics.take_resolved({"a.*": frozenset({"a", "ab"})}, topics.topics.version)
    assert (topics.has("ab"), topics.has("x"), len(topics.ids_of(member(regex="a.*")))) == (True, False, 2)
    topics.remove(member(regex="a.*"))
    assert topics.has("ab")
    topics.remove(member(regex="a.*"))

    assert not topics.has("ab")
    assert topics.patterns == {}


def test_after_a_restart_a_pattern_matches_what_it_did() -> None:
    """All there is, or, where somebody had it resolved who may not know of all, what members have; then it is looked at again soon."""
    there = FakeTopics(a=1, ab=1)
    everything = {"a.*": frozenset({"a", "ab"})}

    def restored(digest: str, held: str) -> SubscribedTopics:
        topics = SubscribedTopics(there)
        topics.add(member(regex="a.*"))
        topics.digest = digest
        topics.take_restored(everything, there.version, frozenset({held}))
        return topics

    seen = []
    for names in everything["a.*"], frozenset({"a"}):
        before = SubscribedTopics(there)
        before.add(member(regex="a.*"))
        before.take_resolved({"a.*": names}, there.version)
        before.refresh()
        seen.append(before.digest)
    all_of_it, a_part, changed = restored(seen[0], "a"), restored(seen[1], "a"), restored("something else", "a")

    assert (all_of_it.has("ab"), all_of_it.has_stale_patterns) == (True, False)
    assert (a_part.has("a"), a_part.has("ab"), a_part.has_stale_patterns) == (True, False, True)
    assert (changed.has("ab"), changed.has_stale_patterns) == (True, False)


def test_a_pattern_that_is_none_is_refused() -> None:
    """With the reason."""
    topics = SubscribedTopics(FakeTopics())
    topics.check_pattern("")
    topics.check_pattern("a+")
    with pytest.raises(BrokerError, match=r"`\(` is not a valid regular expression: missing") as raised:
        topics.check_pattern("(")

    assert raised.value.code == ErrorCode.INVALID_REGULAR_EXPRESSION
