"""What groups led by epochs have in common, on a group that has nothing else; real ones are tested beside."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.consumer_member import Target
from broker.coordinators.groups.epoch_group import EpochGroup, GroupTiming, Unsaved
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.consumer_crowd import FakeTopics

TIMING = GroupTiming()


@dataclass(frozen=True)
class Someone:
    member_id: str
    state_bytes: int = 10
    topic_names: frozenset[str] = frozenset({"t"})
    topic_regex: str = ""


class PlainGroup(EpochGroup[Someone]):
    """Everybody is to have everything."""

    def _living_state(self) -> GroupState:
        return GroupState.STABLE if self.members else GroupState.EMPTY

    def _new_targets(self) -> Mapping[str, Target]:
        whole = {topic_id: frozenset(range(count)) for topic_id, count in self.subscribed.counts().items()}
        return dict.fromkeys(self.members, whole)

    def hear(self, member: Someone, now_ms: int = 0) -> None:
        self._check_memory(member)
        is_new = member.member_id not in self.members
        self._put(member)
        if is_new:
            self.subscribed.add(member)
        if is_new or self.subscribed.are_outdated:
            self._refresh_topics(bump=is_new)
        self._assign_if_due(TIMING, now_ms)
        self._keep_alive(member, now_ms)

    def lose(self, *member_ids: str) -> None:
        self._fence(member_ids)


class CountingGroup(PlainGroup):
    first_assignment_epoch = 1
    each_leaver_counts = True


class Kept:
    """What a catalog has that takes each change, or refuses it."""

    def __init__(self) -> None:
        self.members: dict[str, tuple[Someone, Target]] = {}
        self.epochs = (0, 0)

    def take(self, unsaved: Unsaved[Someone]) -> None:
        assert not unsaved.members.keys() & unsaved.removed
        self.epochs = (unsaved.group_epoch, unsaved.assignment_epoch)
        self.members |= unsaved.members
        for member_id in unsaved.removed:
            self.members.pop(member_id, None)


def group_of(topics: FakeTopics, kind: type[PlainGroup] = PlainGroup, **policy: int) -> PlainGroup:
    return kind("g", GroupPolicy(**policy), topics)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["hear", "grow", "lose", "wait", "save", "refuse"]), st.integers(0, 4), st.integers(1, 50)
        ),
        max_size=40,
    )
)
def test_what_is_promised_holds_whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    """E1 to E4, and epochs never fall."""
    topics = FakeTopics(t=2)
    group, kept, now_ms, epochs = group_of(topics), Kept(), 0, (1, 0)
    for what, number, size in steps:
        member_id = f"m{number}"
        if what == "hear":
            group.hear(Someone(member_id, size), now_ms)
        elif what == "grow":
            topics.grow("t", len(topics.all_partitions("t")) + 1)
        elif what == "lose" and member_id in group.members:
            group.lose(member_id)
        elif what == "wait":
            now_ms += size * 100
            late = group.expire(now_ms)
            assert not group.members.keys() & set(late)
        elif what == "save":
            kept.take(group.take_unsaved())
            assert not group.is_unsaved
        elif what == "refuse":
            group.not_saved(group.take_unsaved(), [])
            assert group.is_unsaved
        assert epochs[0] <= group.group_epoch
        assert epochs[1] <= group.assignment_epoch <= group.group_epoch
        epochs = (group.group_epoch, group.assignment_epoch)
        assert group.wake_ms <= min(group._session_ends.values(), default=NEVER)
        assert group._session_ends.keys() == group.members.keys()
        assert group.state_bytes == sum(member.state_bytes for member in group.members.values())
    kept.take(group.take_unsaved())

    assert kept.members == {
        member_id: (member, group.targets.get(member_id, {})) for member_id, member in group.members.items()
    }
    assert kept.epochs == epochs


def test_members_that_go_at_once_are_one_epoch_or_one_each() -> None:
    """As the kind of group has it; a group that nobody is in has nothing to assign."""
    for kind, grown in ((PlainGroup, 1), (CountingGroup, 2)):
        group = group_of(FakeTopics(t=1), kind)
        assert group.assignment_epoch == kind.first_assignment_epoch
        for member_id in ("one", "two", "three"):
            group.hear(Someone(member_id))
        epoch = group.group_epoch
        group.lose("one", "two")
        assert (group.group_epoch, set(group.members)) == (epoch + grown, {"three"})
        group.lose("three")
        assert (group.group_epoch, group.assignment_epoch) == (epoch + grown + 1, epoch + grown + 1)
        assert not group.is_subscribed_to("t")


def test_changes_in_a_short_time_are_one_assignment() -> None:
    """The first is made at once."""
    group = group_of(FakeTopics(t=1))
    group.hear(Someone("one"))
    assert (group.group_epoch, group.generation) == (2, 2)
    group.hear(Someone("two"), 500)
    group.hear(Someone("three"), 999)
    assert (group.group_epoch, group.generation, set(group.targets)) == (4, 2, {"one"})
    group.hear(Someone("one"), 1_000)

    assert (group.group_epoch, group.generation, set(group.targets)) == (4, 4, {"one", "two", "three"})


def test_what_members_say_may_not_take_too_much_memory() -> None:
    """Who says less than before is always heard."""
    group = group_of(FakeTopics(t=1), group_bytes_max=100)
    group.hear(Someone("one", 60))
    group.hear(Someone("two", 40))
    for member in (Someone("three", 1), Someone("two", 41)):
        with pytest.raises(BrokerError) as raised:
            group.hear(member)
        assert raised.value.code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert group.state_bytes == 100
    group.hear(Someone("two", 39))

    assert (group.state_bytes, group.member_count) == (99, 2)


def test_who_is_silent_for_a_session_is_out() -> None:
    """Nobody earlier, and the group knows when to look again."""
    group = group_of(FakeTopics(t=1))
    group.hear(Someone("one"))
    group.hear(Someone("two"), 4_000)
    assert group.wake_ms == 45_000
    assert group.expire(44_999) == []
    assert group.expire(45_000) == ["one"]
    assert group.wake_ms == 49_000
    assert group.expire(49_000) == ["two"]

    assert (group.wake_ms, group.state) == (NEVER, GroupState.EMPTY)


def test_who_could_not_be_stored_has_not_joined() -> None:
    """The others stay, and all that was refused is to be stored again."""
    group = group_of(FakeTopics(t=1))
    group.hear(Someone("one"))
    group.take_unsaved()
    group.hear(Someone("two"))
    group.lose("one")
    group.hear(Someone("three"))
    group.not_saved(group.take_unsaved(), ["three", "gone"])
    again = group.take_unsaved()

    assert (set(again.members), again.removed, set(group.members)) == ({"two"}, {"one", "three"}, {"two"})


def test_a_group_goes_on_where_it_was_stored() -> None:
    """With its epochs and what it knew of topics; members have one session to be heard of."""
    topics = FakeTopics(t=2)
    group, kept = group_of(topics), Kept()
    group.hear(Someone("one"))
    unsaved = group.take_unsaved()
    kept.take(unsaved)
    again = group_of(topics)
    again.adopt(*kept.epochs, kept.members.values(), 7_000, 100)
    assert again.is_unsaved
    again.restored(unsaved.topics_digest)

    assert (again.members, again.targets, again.state_bytes) == (group.members, group.targets, group.state_bytes)
    assert (again.group_epoch, again.assignment_epoch, again.wake_ms, again.is_unsaved) == (2, 2, 7_100, False)
    again.hear(Someone("one"), 200)
    assert again.group_epoch == 2
    assert again.is_subscribed_to("t")


def test_a_dead_group_shows_that_it_is() -> None:
    """Whoever is in it; its owner may find that it is not after all."""
    group = group_of(FakeTopics(t=1))
    group.hear(Someone("one"))
    group.close()
    assert group.state is GroupState.DEAD
    group.state = GroupState.EMPTY

    assert group.state is GroupState.STABLE
