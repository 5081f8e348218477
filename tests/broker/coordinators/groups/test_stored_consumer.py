"""A group of the consumer protocol in the catalog's form, and back."""

from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.stored_consumer import restore_consumer_group, to_store
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics, SimulatedConsumer, group_of, settle


def test_a_group_comes_back_as_it_was() -> None:
    """In the middle of a rebalance, too: members go on where they were, and nothing is to be stored again."""
    topics = FakeTopics(t=5)
    group = group_of(topics)
    one, two = SimulatedConsumer("one", instance_id="i", rack_id="r", server_assignor="range"), SimulatedConsumer("two")
    settle(group, [one])
    two.beat(group, 0)
    one.beat(group, 0)
    again = restore_consumer_group(to_store("g", group.take_unsaved(), 7), GroupPolicy(), topics, 10_000, 3_000)

    assert (again.members, again.targets) == (group.members, group.targets)
    assert (again.group_epoch, again.assignment_epoch, again.state) == (group.group_epoch, group.assignment_epoch, group.state)
    assert not again.is_unsaved
    assert again.wake_ms == 8_000  # one has to give up a partition within its rebalance timeout
    epoch = again.group_epoch
    settle(again, [one, two], 3_000)
    assert again.group_epoch == epoch
    assert one.holds | two.holds == topics.all_partitions("t")
    assert not one.holds & two.holds


def test_topics_that_changed_meanwhile_are_noticed() -> None:
    """A crash between the change of a topic and the next heartbeat loses nothing."""
    topics = FakeTopics(t=2)
    group, one = group_of(topics), SimulatedConsumer("one")
    settle(group, [one])
    stored = to_store("g", group.take_unsaved(), 0)
    topics.grow("t", 3)
    again = restore_consumer_group(stored, GroupPolicy(), topics, 10_000, 0)
    settle(again, [one])

    assert one.holds == topics.all_partitions("t")
