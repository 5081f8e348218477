"""Share groups: epochs, who has what, refusals, and crowds of members under a simulated clock."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.epoch_group import GroupTiming, HeartbeatAnswer
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.share_member import ShareCommand
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics

TIMING = GroupTiming(session_timeout_ms=10_000, heartbeat_interval_ms=1_000, assignment_interval_ms=0)


class Sharer:
    """A client: it fetches what it ``holds`` and starts anew when it is fenced."""

    def __init__(self, member_id: str, *topics: str) -> None:
        self.member_id = member_id
        self.topics = frozenset(topics or ("t",))
        self.epoch = 0
        self.holds: set[tuple[bytes, int]] = set()

    def command(self, **changed: Any) -> ShareCommand:
        values: dict[str, Any] = {"member_id": self.member_id, "member_epoch": self.epoch}
        if self.epoch == 0:
            values["topic_names"] = self.topics
        return ShareCommand(**(values | changed))

    def beat(self, group: ShareGroup, now_ms: int = 0, timing: GroupTiming = TIMING, *, is_lost: bool = False, **changed: Any) -> HeartbeatAnswer | None:
        try:
            answer = group.heartbeat(self.command(**changed), timing, now_ms)
        except BrokerError:
            self.epoch = 0
            self.holds.clear()
            return None
        if is_lost:
            return answer
        self.epoch = answer.member_epoch
        if answer.assigned is not None:
            self.holds = {(topic, index) for topic, indexes in answer.assigned.items() for index in indexes}
        return answer


def group_of(topics: FakeTopics, **policy: int) -> ShareGroup:
    return ShareGroup("g", GroupPolicy(**policy), topics)


def refusal(group: ShareGroup, sharer: Sharer, **changed: Any) -> tuple[ErrorCode, str | None]:
    with pytest.raises(BrokerError) as raised:
        group.heartbeat(sharer.command(**changed), TIMING, 0)
    return raised.value.code, raised.value.message


def test_a_new_group_is_empty() -> None:
    """Epoch 1, and to be stored."""
    group = group_of(FakeTopics())

    assert (group.state, group.group_epoch, group.assignment_epoch, group.member_count) == (GroupState.EMPTY, 1, 1, 0)
    assert group.is_unsaved
    assert group.wake_ms == NEVER


def test_one_member_has_everything_at_once() -> None:
    """Also of topics that come later; those that are not there are no matter."""
    topics = FakeTopics(t=3)
    group, one = group_of(topics), Sharer("one", "t", "u")
    answer = one.beat(group)

    assert answer is not None
    assert (answer.member_epoch, group.group_epoch, group.state) == (2, 2, GroupState.STABLE)
    assert one.holds == topics.all_partitions("t")
    topics.create("u", 2)
    one.beat(group)
    assert one.holds == topics.all_partitions("t", "u")


def test_members_have_what_they_are_to_have_with_their_next_heartbeat() -> None:
    """Nobody waits: both may have the same meanwhile."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), Sharer("one"), Sharer("two")
    one.beat(group)
    two.beat(group)
    assert (len(one.holds), len(two.holds)) == (4, 2)
    one.beat(group)

    assert (len(one.holds), one.holds | two.holds) == (2, topics.all_partitions("t"))


def test_a_heartbeat_that_says_nothing_new_changes_nothing() -> None:
    """There is nothing to store, and no assignment in the answer."""
    group, one = group_of(FakeTopics(t=4)), Sharer("one")
    one.beat(group)
    group.take_unsaved()
    answer = one.beat(group, 9)

    assert answer is not None
    assert answer.assigned is None
    assert not group.is_unsaved


def test_an_answer_that_got_lost_is_given_again() -> None:
    """Else its partitions would be nobody's until something else changes."""
    topics = FakeTopics(t=2)
    group, one = group_of(topics), Sharer("one")
    one.beat(group)
    topics.grow("t", 4)
    one.beat(group, is_lost=True)
    one.beat(group)

    assert one.holds == topics.all_partitions("t")


def test_a_change_of_the_rack_is_no_new_epoch() -> None:
    """It is stored, and nothing moves."""
    group, one = group_of(FakeTopics(t=2)), Sharer("one")
    one.beat(group)
    group.take_unsaved()
    one.beat(group, rack_id="r")

    assert (group.group_epoch, group.members["one"].rack_id, group.is_unsaved) == (2, "r", True)


def test_what_a_member_leaves_is_taken_away_before_the_next_assignment() -> None:
    """S1, within the interval."""
    timing = GroupTiming(assignment_interval_ms=1_000)
    group, one = group_of(FakeTopics(t=2, u=2)), Sharer("one", "t", "u")
    one.beat(group, 0, timing)
    answer = one.beat(group, 500, timing, topic_names=frozenset({"u"}))

    assert answer is not None
    assert len(one.holds) == 2
    assert (answer.member_epoch, group.group_epoch, group.assignment_epoch) == (2, 3, 2)
    one.beat(group, 1_000, timing)
    assert (one.epoch, len(one.holds)) == (3, 2)


def test_several_changes_in_a_short_time_are_one_assignment() -> None:
    """Who comes within the interval has nothing yet."""
    timing = GroupTiming(assignment_interval_ms=1_000)
    group = group_of(FakeTopics(t=4))
    Sharer("one").beat(group, 0, timing)
    more = [Sharer(f"more-{number}") for number in range(3)]
    for sharer in more:
        sharer.beat(group, 500, timing)
    assert [len(sharer.holds) for sharer in more] == [0, 0, 0]
    for sharer in more:
        sharer.beat(group, 1_000, timing)

    assert [len(sharer.holds) for sharer in more] == [1, 1, 1]
    assert group.assignment_epoch == group.group_epoch == 5


def test_who_leaves_is_gone() -> None:
    """Each for itself; the last one leaves an empty group that has nothing to assign."""
    group, one, two = group_of(FakeTopics(t=2)), Sharer("one"), Sharer("two")
    one.beat(group)
    two.beat(group)
    assert group.leave("one", -1) == HeartbeatAnswer(member_id="one", member_epoch=-1)
    two.beat(group)
    assert len(two.holds) == 2
    with pytest.raises(BrokerError, match="Member one is not a member of group g"):
        group.leave("one", -1)
    group.leave("two", -1)

    assert (group.state, group.group_epoch, group.assignment_epoch) == (GroupState.EMPTY, 5, 5)
    assert group.state_bytes == 0


def test_refusals_say_what_is_wrong() -> None:
    """And leave the group as it was."""
    group, one = group_of(FakeTopics(t=2), share_group_max_size=1), Sharer("one")
    assert refusal(group, one, member_epoch=1)[0] is ErrorCode.UNKNOWN_MEMBER_ID
    one.beat(group)
    before = (group.group_epoch, dict(group.members))
    code, message = refusal(group, one, member_epoch=3)
    assert (code, "greater member epoch (3)" in str(message)) == (ErrorCode.FENCED_MEMBER_EPOCH, True)
    code, message = refusal(group, one, member_epoch=1)
    assert (code, "does not match the previous member epoch (0)" in str(message)) == (ErrorCode.FENCED_MEMBER_EPOCH, True)
    code, message = refusal(group, Sharer("two"))
    assert (code, message) == (
        ErrorCode.GROUP_MAX_SIZE_REACHED,
        "The share group has reached its maximum capacity of 1 members.",
    )
    assert (group.group_epoch, group.members) == before
    group.state = GroupState.DEAD
    assert refusal(group, one)[0] is ErrorCode.COORDINATOR_NOT_AVAILABLE
    with pytest.raises(BrokerError):
        group.leave("one", -1)


def test_what_members_say_is_bounded() -> None:
    """By the memory of a group."""
    group = group_of(FakeTopics(t=2), group_bytes_max=5_000)
    Sharer("one").beat(group)

    code, _ = refusal(group, Sharer("two", *(f"topic-{number:0200}" for number in range(20))))
    assert code is ErrorCode.GROUP_MAX_SIZE_REACHED
    assert list(group.members) == ["one"]


def test_who_is_not_heard_of_is_taken_out() -> None:
    """After a session, not before."""
    group, one, two = group_of(FakeTopics(t=2)), Sharer("one"), Sharer("two")
    one.beat(group, 0)
    two.beat(group, 6_000)
    assert group.expire(9_999) == []
    assert group.wake_ms == 10_000
    assert group.expire(10_000) == ["one"]
    assert group.wake_ms == 16_000
    assert group.expire(16_000) == ["two"]
    assert group.wake_ms == NEVER


def test_what_is_new_to_the_group_is_to_be_begun() -> None:
    """Once, unless it is lost; what is gone is forgotten."""
    topics = FakeTopics(t=2)
    group, one = group_of(topics), Sharer("one", "t", "u")
    one.beat(group)
    assert group.to_begin == topics.all_partitions("t")
    group.have_begun(topics.all_partitions("t"))
    assert not group.to_begin
    topics.create("u", 1)
    one.beat(group)
    assert group.to_begin == topics.all_partitions("u")
    group.leave("one", -1)
    group.have_lost({next(iter(topics.all_partitions("t")))[0]})
    Sharer("two").beat(group)
    assert group.to_begin == topics.all_partitions("t")
    topics.delete("t")
    topics.create("t", 1)
    Sharer("two", "t").beat(group)
    assert group.to_begin == topics.all_partitions("t")


def test_a_share_group_has_no_committed_offsets() -> None:
    """Whoever asks."""
    group = group_of(FakeTopics(t=2))

    assert group.commit_error("", -1, (), knows_epochs=True) is ErrorCode.GROUP_ID_NOT_FOUND
    assert group.transactional_commit_error("", None, -1) is ErrorCode.GROUP_ID_NOT_FOUND
    assert not group.is_subscribed_to("t")


def test_what_was_not_saved_is_saved_with_the_next_change() -> None:
    """Who wanted to join has not."""
    group, one, two = group_of(FakeTopics(t=2)), Sharer("one"), Sharer("two")
    one.beat(group)
    group.take_unsaved()
    two.beat(group)
    unsaved = group.take_unsaved()
    group.not_saved(unsaved, {"two"})
    assert list(group.members) == ["one"]
    again = group.take_unsaved()

    assert again.group_epoch == group.group_epoch > unsaved.group_epoch
    assert (set(again.members), again.removed) == ({"one"} & set(again.members), {"two"})


@given(st.lists(st.tuples(st.sampled_from(["joins", "beats", "loses", "leaves", "grows", "waits"]), st.integers(0, 7)), max_size=40))
def test_crowds_end_balanced(steps: list[tuple[str, int]]) -> None:
    """S1, S2 and E2, whoever comes, goes and is not heard."""
    topics = FakeTopics(t=3)
    group, now_ms = group_of(topics), 0
    crowd = [Sharer(f"m{number}") for number in range(8)]
    for what, number in steps:
        sharer = crowd[number]
        if what == "leaves":
            if sharer.member_id in group.members:
                group.leave(sharer.member_id, -1)
                sharer.epoch = 0
                sharer.holds = set()
        elif what == "grows":
            topics.grow("t", len(topics.all_partitions("t")) + 1)
        elif what == "waits":
            now_ms += 4_000
            group.expire(now_ms)
        elif what == "joins" or sharer.epoch:
            sharer.beat(group, now_ms, is_lost=what == "loses")
        assert group.wake_ms <= min(group._session_ends.values(), default=NEVER)
    there = [sharer for sharer in crowd if sharer.member_id in group.members]
    for _ in range(2):
        for sharer in there:
            sharer.beat(group, now_ms)
            if not sharer.epoch:
                sharer.beat(group, now_ms)

    sizes = [len(sharer.holds) for sharer in there]
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert set().union(*(sharer.holds for sharer in there)) == (topics.all_partitions("t") if there else set())
