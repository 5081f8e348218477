"""What holds for members of either protocol; :mod:`test_consumer_group` and :mod:`test_classic_members` say more."""

from tests.broker.coordinators.groups.classic_crowd import SimulatedClassic
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics, SimulatedConsumer, group_of, settle


def test_members_are_counted_by_protocol() -> None:
    """Also when one changes over under its own id, and when it goes."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedClassic("one"), SimulatedConsumer("two")
    settle(group, [two])
    one.step(group, topics, 0)
    assert (group.classic_count, group.has_only_classic_members) == (1, False)
    group.leave("two", None, -1)
    assert group.has_only_classic_members
    changed = SimulatedConsumer("one")
    changed.beat(group, 0)
    assert (group.classic_count, group.members["one"].classic) == (0, None)
    assert group.wake_ms == 5_000  # the time it had as a classic member to ask for its assignment ran; it looks again then
    assert group.expire(5_000) == []
    group.leave("one", None, -1)

    assert (group.classic_count, group.has_only_classic_members) == (0, False)


def test_all_is_reconciled_when_everybody_has_what_it_is_to_have() -> None:
    """Not while anybody waits, nor while there is something to assign."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one])
    assert group.is_reconciled
    two.beat(group, 0)
    assert not group.is_reconciled
    settle(group, [one, two])
    assert group.is_reconciled
    group.leave("two", None, -1)

    assert not group.is_reconciled
