"""Members of the classic protocol in a consumer group: who is told what, who must do what by when."""

from typing import Any

import pytest

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import MemberState
from broker.coordinators.groups.embedded_protocol import read_assignment
from broker.coordinators.groups.rebalancing import GroupState
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from tests.broker.coordinators.groups.classic_crowd import SimulatedClassic, subscription
from tests.broker.coordinators.groups.consumer_crowd import TIMING, FakeTopics, SimulatedConsumer, group_of, settle


def mixed(topics: FakeTopics, *members: SimulatedClassic, **policy: int) -> tuple[ConsumerGroup, SimulatedConsumer]:
    """A group of one consumer and these, settled."""
    group, consumer = group_of(topics, **policy), SimulatedConsumer("consumer")
    for _ in range(6):
        consumer.beat(group, 0)
        for member in members:
            member.step(group, topics, 0)
    assert group.state is GroupState.STABLE
    return group, consumer


def refused(call: Any, *args: Any, **changed: Any) -> ErrorCode:
    with pytest.raises(BrokerError) as raised:
        call(*args, **changed)
    return ErrorCode(raised.value.code)


def test_a_member_joins_and_is_told_its_part() -> None:
    """JoinGroup is answered at once with the epoch as generation, SyncGroup with what the member has; nobody leads."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one")
    group, consumer = mixed(topics, one)

    assert len(one.holds) == len(consumer.holds) == 2
    assert one.generation == group.members["one"].epoch == group.assignment_epoch
    joined = group.classic_join(one.command(topics), TIMING, 0)
    assert (joined.leader, joined.members, joined.protocol, joined.protocol_type) == ("", (), "range", "consumer")
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.NONE


def test_a_heartbeat_calls_for_what_is_new() -> None:
    """A new target, partitions to give up, and partitions that have become free."""
    topics = FakeTopics(t=6)
    one = SimulatedClassic("one", keeps=True)
    group, consumer = mixed(topics, one)
    late = SimulatedConsumer("late")
    late.beat(group, 0)
    held = set(one.holds)
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.REBALANCE_IN_PROGRESS
    assert refused(one.sync, group, 0) is ErrorCode.REBALANCE_IN_PROGRESS
    one.generation = group.classic_join(one.command(topics), TIMING, 0).generation
    assert group.members["one"].state is MemberState.UNREVOKED_PARTITIONS
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.REBALANCE_IN_PROGRESS
    one.take(one.sync(group, 0), topics)
    assert one.holds < held
    assert one.must_join
    settle(group, [late, consumer])
    assert len(late.holds) == 1  # what the consumer gave up; the classic member has not said yet that it did
    one.step(group, topics, 0)
    settle(group, [late, consumer])
    assert len(late.holds) == 2
    group.leave("late", None, -1)
    consumer.beat(group, 0)
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.REBALANCE_IN_PROGRESS


def test_who_waits_for_others_is_called_when_they_are_done() -> None:
    """Not before."""
    topics = FakeTopics(t=4)
    group, consumer, one = group_of(topics), SimulatedConsumer("consumer"), SimulatedClassic("one")
    settle(group, [consumer])
    one.step(group, topics, 0)
    assert group.members["one"].state is MemberState.UNRELEASED_PARTITIONS
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.NONE
    settle(group, [consumer])
    assert group.classic_heartbeat("one", None, one.generation, TIMING, 0) is ErrorCode.REBALANCE_IN_PROGRESS
    one.must_join = True
    one.step(group, topics, 0)

    assert len(one.holds) == 2


def test_who_may_join() -> None:
    """With a protocol that all classic members know, a subscription that can be read, and room; new ones come back with an id."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one")
    group, _ = mixed(topics, one, group_bytes_max=20_000)

    def refusal(**changed: Any) -> ErrorCode:
        return refused(group.classic_join, one.command(topics, **changed), TIMING, 0)

    assert refusal(protocol_type="connect") is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert refusal(protocols=()) is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert refusal(protocols=(("other", subscription(("t",), {})),)) is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert refusal(protocols=(("range", b"?"),)) is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    huge = (("range", subscription(("t",), {})), ("more", bytes(30_000)))
    assert refusal(member_id="two", protocols=huge) is ErrorCode.GROUP_MAX_SIZE_REACHED
    group.policy.consumer_group_max_size = 2
    assert refusal(member_id="two") is ErrorCode.GROUP_MAX_SIZE_REACHED
    group.policy.consumer_group_max_size = 3
    asked = group.classic_join(one.command(topics, member_id="", fresh_member_id="new"), TIMING, 0)
    assert (asked.error, asked.member_id) == (ErrorCode.MEMBER_ID_REQUIRED, "new")
    assert "new" not in group.members
    older = one.command(topics, member_id="", fresh_member_id="new", requires_known_member_id=False)
    assert not group.classic_join(older, TIMING, 0).error
    group.close()
    assert refusal() is ErrorCode.COORDINATOR_NOT_AVAILABLE


def test_what_is_refused_to_members() -> None:
    """Other generations, other protocols, other instances, and members of the consumer protocol."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one")
    group, consumer = mixed(topics, one)

    assert refused(one.sync, group, 0, generation=one.generation + 1) is ErrorCode.ILLEGAL_GENERATION
    assert refused(one.sync, group, 0, protocol="other") is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert refused(one.sync, group, 0, protocol_type="connect") is ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert refused(one.sync, group, 0, member_id="nobody") is ErrorCode.UNKNOWN_MEMBER_ID
    assert refused(one.sync, group, 0, member_id="consumer", generation=consumer.epoch) is ErrorCode.UNKNOWN_MEMBER_ID
    assert refused(one.sync, group, 0, group_instance_id="i") is ErrorCode.UNKNOWN_MEMBER_ID
    assert one.sync(group, 0, protocol=None, protocol_type=None).protocol is None
    assert refused(group.classic_heartbeat, "one", None, one.generation - 1, TIMING, 0) is ErrorCode.ILLEGAL_GENERATION
    assert group.commit_error("one", one.generation, [], knows_epochs=False) is ErrorCode.NONE
    assert group.commit_error("one", one.generation + 1, [], knows_epochs=False) is ErrorCode.ILLEGAL_GENERATION
    assert group.commit_error("one", one.generation - 1, [(b"x", 0)], knows_epochs=True) is ErrorCode.ILLEGAL_GENERATION
    assert group.commit_error("consumer", consumer.epoch, [], knows_epochs=False) is ErrorCode.UNSUPPORTED_VERSION
    assert group.fetch_error("one", one.generation - 1) is ErrorCode.ILLEGAL_GENERATION


def test_static_members_take_each_other_s_place() -> None:
    """Of either kind, and keep its target; the old one is fenced."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one", instance_id="i")
    group, _ = mixed(topics, one)
    held = set(one.holds)
    up = SimulatedConsumer("up", instance_id="i")
    up.beat(group, 0)
    assert up.holds == held
    assert group.classic_count == 0
    assert refused(group.classic_heartbeat, "one", "i", one.generation, TIMING, 0) is ErrorCode.FENCED_INSTANCE_ID
    assert refused(group.classic_join, one.command(topics), TIMING, 0) is ErrorCode.FENCED_INSTANCE_ID
    down = SimulatedClassic("down", instance_id="i")
    assert not group.is_last_consumer("i")
    down.generation = group.classic_join(down.command(topics, member_id=""), TIMING, 0).generation
    down.take(down.sync(group, 0), topics)
    assert down.holds == held
    assert "up" not in group.members
    stranger = SimulatedClassic("stranger", instance_id="j")
    assert refused(group.classic_join, stranger.command(topics), TIMING, 0) is ErrorCode.UNKNOWN_MEMBER_ID
    assert read_assignment(down.sync(group, 0).assignment).partitions.keys() == {"t"}


def test_the_last_consumer_is_known() -> None:
    """A static one whose place a classic member would take."""
    topics = FakeTopics(t=4)
    group, one, two = group_of(topics), SimulatedConsumer("one", instance_id="i"), SimulatedClassic("two", instance_id="j")
    settle(group, [one])
    two.generation = group.classic_join(two.command(topics, member_id=""), TIMING, 0).generation

    assert group.is_last_consumer("i")
    assert not group.is_last_consumer("j")
    assert not group.is_last_consumer("k")
    assert not group.is_last_consumer(None)


def test_who_does_not_come_back_in_time_is_out() -> None:
    """M1: a session without a word, a generation without SyncGroup, a call to join again that is not followed."""
    topics = FakeTopics(t=4)
    silent, unsynced, stubborn = (SimulatedClassic(name) for name in ("silent", "unsynced", "stubborn"))
    group, consumer = mixed(topics, silent, stubborn)
    group.classic_join(unsynced.command(topics), TIMING, 1_000)
    assert group.classic_heartbeat("stubborn", None, stubborn.generation, TIMING, 1_500) is ErrorCode.REBALANCE_IN_PROGRESS
    assert group.classic_heartbeat("stubborn", None, stubborn.generation, TIMING, 4_000) is ErrorCode.REBALANCE_IN_PROGRESS
    assert group.wake_ms <= 6_000
    assert group.expire(5_999) == []
    assert group.expire(6_000) == ["unsynced"]
    assert group.expire(6_500) == ["stubborn"]
    consumer.beat(group, 6_500)
    assert group.expire(10_000) == ["silent"]
    assert group.state_bytes < 4_000


def test_members_that_are_left_alone_are_led_by_their_own_heartbeats() -> None:
    """Where the policy keeps the group what it is: topics that grow and what others left is assigned."""
    topics = FakeTopics(t=4)
    one = SimulatedClassic("one")
    group, _ = mixed(topics, one)
    group.leave("consumer", None, -1)
    assert group.has_only_classic_members
    one.step(group, topics, 0)
    assert one.holds == topics.all_partitions("t")
    topics.grow("t", 6)
    one.step(group, topics, 0)

    assert one.holds == topics.all_partitions("t")
