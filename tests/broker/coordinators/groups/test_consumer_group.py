"""Groups of the consumer protocol: epochs, reconciliation, refusals, and crowds of members under a simulated clock."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import MemberState
from broker.coordinators.groups.epoch_group import GroupTiming
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.stored_consumer import restore_consumer_group, to_store
from broker.errors import BrokerError
from broker.storage.catalog.base import StoredConsumerGroup
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.consumer_crowd import TIMING, FakeTopics, SimulatedConsumer, group_of, settle


def refusal(consumer: SimulatedConsumer, group: ConsumerGroup, **changed: Any) -> ErrorCode:
    with pytest.raises(BrokerError) as raised:
        group.heartbeat(consumer.command(**changed), TIMING, 0)
    return ErrorCode(raised.value.code)


# --- joining and rebalancing -------------------------------------------------------------------------------------------------


def test_one_member_gets_everything_at_once() -> None:
    """Epoch 2 (a group begins with 1), with the assignment in the first answer."""
    topics = FakeTopics(t=3, u=1)
    group, one = group_of(topics), SimulatedConsumer("one", ("t", "u", "missing"))
    answer = one.beat(group, 0)

    assert answer is not None
    assert answer.member_epoch == group.group_epoch == group.assignment_epoch == 2
    assert one.holds == topics.all_partitions("t", "u")
    assert group.state is GroupState.STABLE


def test_the_second_gets_a_partition_when_the_first_has_given_it_up() -> None:
    """Revoke before assign; each step is visible in states and epochs."""
    group = group_of(FakeTopics(t=4))
    one, two = SimulatedConsumer("one"), SimulatedConsumer("two")
    one.beat(group, 0)
    one.beat(group, 0)
    two.beat(group, 0)
    assert (two.epoch, two.holds, group.members["two"].state) == (3, set(), MemberState.UNRELEASED_PARTITIONS)
    assert group.state is GroupState.RECONCILING
    one.beat(group, 0)
    assert (one.epoch, len(one.holds), group.members["one"].state) == (2, 2, MemberState.UNREVOKED_PARTITIONS)
    two.beat(group, 0)
    assert two.holds == set()
    one.beat(group, 0)
    assert (one.epoch, group.members["one"].state) == (3, MemberState.STABLE)
    two.beat(group, 0)

    assert (two.epoch, len(two.holds), one.holds & two.holds) == (3, 2, set())
    assert group.state is GroupState.STABLE


def test_a_heartbeat_that_says_nothing_new_changes_nothing() -> None:
    """There is nothing to store, and no assignment in the answer."""
    group, one = group_of(FakeTopics(t=4)), SimulatedConsumer("one")
    settle(group, [one])
    group.take_unsaved()
    answer = one.beat(group, 9)

    assert answer is not None
    assert answer.assigned is None
    assert not group.is_unsaved


def test_several_changes_in_a_short_time_are_one_assignment() -> None:
    """Within the interval the group is Assigning, and members go on with what they have."""
    timing = GroupTiming(assignment_interval_ms=1_000)
    group = group_of(FakeTopics(t=4))
    group.heartbeat(SimulatedConsumer("one").command(), timing, 0)
    for number in range(3):
        answer = group.heartbeat(SimulatedConsumer(f"more-{number}").command(), timing, 500)
        assert (answer.member_epoch, answer.assigned) == (2, {})
    assert (group.group_epoch, group.assignment_epoch, group.state) == (5, 2, GroupState.ASSIGNING)
    more = SimulatedConsumer("more-0")
    more.epoch, more.is_told = 2, False
    group.heartbeat(more.command(), timing, 1_000)

    assert group.assignment_epoch == 5


def test_the_assignor_most_members_wish_for_is_used() -> None:
    """A change of it is a rebalance."""
    group = group_of(FakeTopics(t=4))
    one, two, three = (SimulatedConsumer(name, server_assignor=wish) for name, wish in (("1", "range"), ("2", "uniform"), ("3", "range")))
    settle(group, [one, two])
    assert group.assignor == "range"
    epoch = group.group_epoch
    one.beat(group, 0, server_assignor="uniform")
    assert (group.assignor, group.group_epoch) == ("uniform", epoch + 1)
    assert group_of(FakeTopics(), consumer_assignor="range").assignor == "range"  # type: ignore[arg-type]
    settle(group, [three])

    assert group.assignor == "uniform"


# --- topics and subscriptions ------------------------------------------------------------------------------------------------


def test_topics_that_grow_appear_or_go_are_a_rebalance() -> None:
    """Noticed with the next heartbeat; other topics' changes are none."""
    topics = FakeTopics(t=2, other=1)
    group, one = group_of(topics), SimulatedConsumer("one", ("t", "u"))
    settle(group, [one])
    for step, change in enumerate((lambda: topics.grow("t", 3), lambda: topics.create("u", 2), lambda: topics.delete("t")), 3):
        change()
        settle(group, [one])
        assert group.group_epoch == step
        assert one.holds == topics.all_partitions("t", "u")
    topics.grow("other", 5)
    settle(group, [one])

    assert group.group_epoch == 5


def test_what_is_no_longer_subscribed_to_is_given_up() -> None:
    """And what is subscribed to now comes."""
    topics = FakeTopics(t=2, u=2)
    group, one = group_of(topics), SimulatedConsumer("one")
    settle(group, [one])
    one.beat(group, 0, topic_names=frozenset({"u"}), owned=one.owned())
    settle(group, [one])

    assert one.holds == topics.all_partitions("u")
    assert not group.is_subscribed_to("t")
    assert group.is_subscribed_to("u")


def test_a_pattern_is_resolved_elsewhere() -> None:
    """Until then it stands for nothing; a new topic that matches is a rebalance."""
    topics = FakeTopics(orders_1=2, users=1)
    group, one = group_of(topics), SimulatedConsumer("one", (), topic_regex="orders.*")
    one.beat(group, 0)
    assert one.holds == set()
    assert group.subscribed.has_unresolved

    def resolve() -> None:
        group.patterns_resolved(
            {text: pattern.matching(topics.names()) for text, pattern in group.subscribed.patterns.items()}, topics.version
        )

    resolve()
    settle(group, [one])
    assert one.holds == topics.all_partitions("orders_1")
    topics.create("orders_2", 1)
    one.beat(group, 0)
    assert group.subscribed.has_stale_patterns
    resolve()
    settle(group, [one])

    assert one.holds == topics.all_partitions("orders_1", "orders_2")
    assert group.is_subscribed_to("orders_2")
    assert not group.subscribed.has_stale_patterns


def test_a_pattern_that_is_none_is_refused() -> None:
    """Nobody has joined then."""
    group = group_of(FakeTopics())

    assert refusal(SimulatedConsumer("one", topic_regex="["), group) is ErrorCode.INVALID_REGULAR_EXPRESSION
    assert group.state is GroupState.EMPTY
    assert not group.is_unsaved


# --- refusals ----------------------------------------------------------------------------------------------------------------


def test_epochs_that_do_not_fit_are_fenced() -> None:
    """Newer than known, or older than the last; the last one counts while the member holds no more than it may."""
    group, one = group_of(FakeTopics(t=2)), SimulatedConsumer("one")
    settle(group, [one])
    settle(group, [SimulatedConsumer("two")])
    settle(group, [one])
    assert one.epoch == 3

    assert refusal(one, group, member_epoch=4) is ErrorCode.FENCED_MEMBER_EPOCH
    assert refusal(one, group, member_epoch=2, owned=None) is ErrorCode.FENCED_MEMBER_EPOCH
    assert refusal(SimulatedConsumer("nobody"), group, member_epoch=1) is ErrorCode.UNKNOWN_MEMBER_ID


def test_an_answer_that_got_lost_is_given_again() -> None:
    """The member comes with the epoch before, and what it had then."""
    topics = FakeTopics(t=2)
    group, one, two = group_of(topics), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one, two])
    before, held = one.epoch, set(one.holds)
    topics.grow("t", 4)
    lost = one.beat(group, 0, is_lost=True)
    assert lost is not None
    assert lost.member_epoch > before
    again = one.beat(group, 0, rebalance_timeout_ms=5_000, topic_names=one.topics)

    assert again is not None
    assert again.assigned == lost.assigned
    assert held <= one.holds


def test_a_group_has_room_for_so_many() -> None:
    """``group.consumer.max.size``; members that are there may go on."""
    group = group_of(FakeTopics(t=2), consumer_group_max_size=1)
    one = SimulatedConsumer("one")
    settle(group, [one])

    assert refusal(SimulatedConsumer("two"), group) is ErrorCode.GROUP_MAX_SIZE_REACHED
    assert one.beat(group, 0) is not None


def test_memory_is_bounded_and_given_back() -> None:
    """Whoever joins last is refused, and who subscribes to ever more; who is there goes on."""
    group = group_of(FakeTopics(t=2), group_bytes_max=8_000)
    members = [SimulatedConsumer(str(number)) for number in range(5)]
    settle(group, members)
    held = group.state_bytes
    assert 5_000 < held < 8_000
    many = frozenset("x" * 100 + str(number) for number in range(100))
    assert refusal(members[0], group, topic_names=many) is ErrorCode.GROUP_MAX_SIZE_REACHED
    assert refusal(SimulatedConsumer("last", many), group) is ErrorCode.GROUP_MAX_SIZE_REACHED
    assert members[0].beat(group, 0) is not None
    assert group.state_bytes == held
    group.expire(10**9)

    assert group.state_bytes == 0


# --- static members ----------------------------------------------------------------------------------------------------------


def test_a_static_member_gets_its_partitions_back() -> None:
    """It left for a while (-2): no rebalance, the same partitions under a new id."""
    group = group_of(FakeTopics(t=4))
    one, two = SimulatedConsumer("one", instance_id="i"), SimulatedConsumer("two")
    settle(group, [one, two])
    held, epoch = set(one.holds), group.group_epoch
    assert group.leave("one", "i", -2).member_epoch == -2
    back = SimulatedConsumer("back", instance_id="i")
    settle(group, [back, two])

    assert back.holds == held
    assert group.group_epoch == epoch
    assert "one" not in group.members


def test_an_instance_id_that_is_in_use_is_not_given_away() -> None:
    """Only when its holder has left or timed out; then the old id is fenced."""
    group = group_of(FakeTopics(t=4))
    one, other = SimulatedConsumer("one", instance_id="i"), SimulatedConsumer("other", instance_id="i")
    settle(group, [one])
    assert refusal(other, group) is ErrorCode.UNRELEASED_INSTANCE_ID
    group.leave("one", "i", -2)
    settle(group, [other])
    assert refusal(one, group) is ErrorCode.FENCED_INSTANCE_ID
    with pytest.raises(BrokerError) as raised:
        group.leave("one", "i", -1)
    assert raised.value.code == ErrorCode.FENCED_INSTANCE_ID
    group.leave("other", "i", -1)

    assert refusal(other, group) is ErrorCode.UNKNOWN_MEMBER_ID


# --- leaving and time --------------------------------------------------------------------------------------------------------


def test_who_leaves_makes_room() -> None:
    """The group epoch grows at once, the others get it with their next heartbeat."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one, two])
    assert group.leave("one", None, -1).member_epoch == -1
    assert group.state is GroupState.ASSIGNING
    settle(group, [two])
    assert two.holds == topics.all_partitions("t")
    epochs = group.assignment_epoch
    with pytest.raises(BrokerError):
        group.leave("one", None, -1)
    group.leave("two", None, -1)

    assert group.state is GroupState.EMPTY
    assert group.assignment_epoch == group.group_epoch == epochs + 1


def test_an_administrator_takes_members_out() -> None:
    """By id, or by instance id with or without the id."""
    group = group_of(FakeTopics(t=4))
    settle(group, [SimulatedConsumer("one"), SimulatedConsumer("two", instance_id="i"), SimulatedConsumer("three", instance_id="j")])

    assert group.remove("nobody", None) is group.remove("", "k") is group.remove("", None) is ErrorCode.UNKNOWN_MEMBER_ID
    assert group.remove("one", "i") is ErrorCode.FENCED_INSTANCE_ID
    assert group.remove("one", None) is group.remove("", "i") is group.remove("three", "j") is ErrorCode.NONE
    assert group.state is GroupState.EMPTY


def test_who_is_silent_is_taken_out() -> None:
    """After a session; ``wake_ms`` is never late."""
    group, one, two = group_of(FakeTopics(t=4)), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one, two], 0)
    two.beat(group, 5_000)
    assert group.wake_ms <= 10_000
    assert group.expire(9_999) == []
    assert group.expire(10_000) == ["one"]
    assert group.wake_ms == 15_000
    group.expire(15_000)

    assert group.wake_ms == NEVER


def test_who_does_not_give_up_partitions_in_time_is_taken_out() -> None:
    """After its rebalance timeout, heartbeats or not."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one])
    held = one.owned()
    two.beat(group, 0)
    for now_ms in (1_000, 3_000, 5_999):
        one.beat(group, now_ms, owned=held)
        two.beat(group, now_ms)
        assert group.expire(now_ms) == []
    assert group.expire(6_000) == ["one"]
    settle(group, [two], 6_000)

    assert two.holds == topics.all_partitions("t")


# --- offsets -----------------------------------------------------------------------------------------------------------------


def test_who_may_commit() -> None:
    """A member of its epoch, or of one since it has the partition; anybody while nobody is there."""
    topics = FakeTopics(t=2)
    group, one, two = group_of(topics), SimulatedConsumer("one"), SimulatedConsumer("two")
    assert group.commit_error("", -1, [], knows_epochs=True) is ErrorCode.NONE
    settle(group, [one])
    assert one.epoch == 2
    settle(group, [two, one, two])
    ((kept, index),) = one.holds
    gone = (kept, 1 - index)

    def error(epoch: int, *partitions: tuple[bytes, int], member: str = "one", knows: bool = True) -> ErrorCode:
        return group.commit_error(member, epoch, partitions, knows_epochs=knows)

    assert one.epoch == 3
    assert error(3, gone) is ErrorCode.NONE
    assert error(2, (kept, index)) is ErrorCode.NONE
    assert error(2, gone) is ErrorCode.STALE_MEMBER_EPOCH
    assert error(4, (kept, index)) is ErrorCode.STALE_MEMBER_EPOCH
    assert error(2, gone, member="two") is ErrorCode.STALE_MEMBER_EPOCH
    assert error(-1, (kept, index)) is ErrorCode.STALE_MEMBER_EPOCH
    assert error(1, member="nobody") is ErrorCode.UNKNOWN_MEMBER_ID
    assert error(3, knows=False) is ErrorCode.UNSUPPORTED_VERSION


def test_who_may_fetch() -> None:
    """Administrators, who name no member, and members of their epoch."""
    group, one = group_of(FakeTopics(t=2)), SimulatedConsumer("one")
    settle(group, [one])

    assert group.fetch_error(None, -1) is ErrorCode.NONE
    assert group.fetch_error("one", 2) is ErrorCode.NONE
    assert group.fetch_error("one", 0) is ErrorCode.STALE_MEMBER_EPOCH
    assert group.fetch_error("nobody", 1) is group.fetch_error(None, 0) is ErrorCode.UNKNOWN_MEMBER_ID


# --- storing -----------------------------------------------------------------------------------------------------------------


def test_what_was_not_saved_is_saved_later() -> None:
    """And whoever was told that they could not join have not."""
    group, one, two = group_of(FakeTopics(t=2)), SimulatedConsumer("one"), SimulatedConsumer("two")
    settle(group, [one])
    group.take_unsaved()
    two.beat(group, 0)
    group.leave("one", None, -1)
    unsaved = group.take_unsaved()
    assert not group.is_unsaved
    group.not_saved(unsaved, ["two"])

    assert group.state is GroupState.EMPTY
    again = group.take_unsaved()
    assert again.removed == {"one", "two"}
    assert again.group_epoch >= unsaved.group_epoch


def test_a_dead_group_answers_nobody() -> None:
    """It is being deleted, or the broker stops."""
    group, one = group_of(FakeTopics(t=2)), SimulatedConsumer("one")
    group.close()

    assert group.state is GroupState.DEAD
    assert refusal(one, group) is ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert group.commit_error("", -1, [], knows_epochs=True) is ErrorCode.COORDINATOR_NOT_AVAILABLE
    with pytest.raises(BrokerError):
        group.leave("one", None, -1)


# --- crowds ------------------------------------------------------------------------------------------------------------------


class Crowd:
    """Ten clients and a group that is stored; a restart loses whatever was not stored."""

    def __init__(self) -> None:
        self.topics = FakeTopics(t=7, u=5)
        self.group = group_of(self.topics)
        self.consumers = [
            SimulatedConsumer(str(number), ("t", "u") if number % 3 else ("t",), **({"instance_id": "static"} if number == 1 else {}))
            for number in range(10)
        ]
        self.alive: set[int] = set()
        self.now_ms = 0
        self.stored: dict[str, Any] = {}
        self.head: StoredConsumerGroup | None = None
        self.epochs = (0, 0)

    def save(self) -> None:
        unsaved = self.group.take_unsaved()
        self.head = to_store("g", unsaved, 0)
        for member_id in unsaved.removed:
            self.stored.pop(member_id, None)
        self.stored.update((member.member_id, member) for member in self.head.members)

    def restart(self) -> None:
        if self.head is None:
            return
        kept = StoredConsumerGroup(
            group_id="g",
            group_epoch=self.head.group_epoch,
            assignment_epoch=self.head.assignment_epoch,
            topics_digest=self.head.topics_digest,
            state_ms=0,
            members=list(self.stored.values()),
        )
        self.group = restore_consumer_group(kept, GroupPolicy(), self.topics, TIMING.session_timeout_ms, self.now_ms)

    def step(self, action: str, number: int) -> None:
        consumer = self.consumers[number]
        self.now_ms += 700
        self.group.expire(self.now_ms)
        match action:
            case "beat" | "lost":
                self.alive.add(number)
                consumer.beat(self.group, self.now_ms, is_lost=action == "lost")
            case "crash":
                # Its process is gone, and with it what it read. It may come back under the same id.
                self.alive.discard(number)
                consumer.epoch, consumer.is_told = 0, True
                consumer.holds.clear()
            case "leave":
                try:
                    self.group.leave(consumer.member_id, consumer.instance_id, -2 if consumer.instance_id else -1)
                except BrokerError:
                    pass
                self.step("crash", number)
            case "grow":
                topic = self.topics.by_name("t")
                assert topic is not None
                self.topics.grow("t", min(len(topic.pids) + 1, 12))
            case "restart":
                self.restart()
        self.save()
        self.check()

    def check(self) -> None:
        epochs = (self.group.group_epoch, self.group.assignment_epoch)
        assert epochs[0] >= self.epochs[0]
        assert epochs[1] >= self.epochs[1]
        assert epochs[0] >= epochs[1]
        self.epochs = epochs
        owned: dict[tuple[bytes, int], str] = {}
        for member in self.group.members.values():
            for partitions in (member.assigned, member.pending_revocation):
                for topic_id, indexes in partitions.items():
                    for index in indexes:
                        assert owned.setdefault((topic_id, index), member.member_id) == member.member_id
        held: dict[tuple[bytes, int], str] = {}
        for consumer in self.consumers:
            for partition in consumer.holds:
                # Who was fenced without knowing reads on until it hears of it: that is no owner any more.
                if owned.get(partition) == consumer.member_id:
                    assert held.setdefault(partition, consumer.member_id) == consumer.member_id


ACTIONS = st.sampled_from(["beat"] * 12 + ["lost", "lost", "crash", "leave", "grow", "restart"])


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 9)), max_size=120))
def test_a_crowd_never_shares_a_partition_and_ends_with_all_of_them(steps: list[tuple[str, int]]) -> None:
    """Members join, leave, crash, miss answers, topics grow, the broker restarts; then all are heard of until they agree."""
    crowd = Crowd()
    for action, number in steps:
        crowd.step(action, number)
    crowd.alive.add(1)
    crowd.now_ms += 20_000  # who is gone is taken out
    crowd.group.expire(crowd.now_ms)
    living = [crowd.consumers[number] for number in sorted(crowd.alive)]
    for _ in range(8):
        for consumer in living:
            consumer.beat(crowd.group, crowd.now_ms)
            crowd.check()

    assert crowd.group.state is GroupState.STABLE
    everything = [partition for consumer in living for partition in consumer.holds]
    wanted = crowd.topics.all_partitions("t", *(("u",) if any("u" in consumer.topics for consumer in living) else ()))
    assert sorted(everything) == sorted(wanted)
    assert {consumer.epoch for consumer in living} == {crowd.group.assignment_epoch}
