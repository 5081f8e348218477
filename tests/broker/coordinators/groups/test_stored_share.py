"""Share groups in the form that is stored."""

from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.stored_share import restore_share_group, to_store_share
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics
from tests.broker.coordinators.groups.test_share_group import Sharer, group_of


def test_a_group_comes_back_as_it_was() -> None:
    """Members go on with their epochs and partitions, and have a session to be heard of; everything is to be begun once more."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), Sharer("one"), Sharer("two")
    for _ in range(2):
        one.beat(group, rack_id="r")
        two.beat(group)
    stored = to_store_share("g", group.take_unsaved(), 7)
    assert (stored.state_ms, {member.member_id for member in stored.members}) == (7, {"one", "two"})
    back: ShareGroup = restore_share_group(stored, GroupPolicy(), topics, 10_000, 500)

    assert (back.members, back.targets) == (group.members, group.targets)
    assert (back.group_epoch, back.assignment_epoch) == (group.group_epoch, group.assignment_epoch)
    assert (back.wake_ms, back.is_unsaved) == (10_500, False)
    assert back.to_begin == topics.all_partitions("t")
    answer = one.beat(back, 600)
    assert answer is not None
    assert (answer.assigned, back.is_unsaved) == (None, False)
