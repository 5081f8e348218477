"""How a group with members passes from one protocol to the other (KIP-848), as ``group.consumer.migration.policy`` allows.

Upgrade: the first member of the consumer protocol joins a classic group. Its members keep what the last assignment gave them, their
generation becomes their epoch. Downgrade: the last member of the consumer protocol is gone; the others become a classic group again,
with what they own, and must rebalance. Either is another object in the place of the first.

U1  What a cooperative member said that it holds when it joined, and was not assigned again, it may still be giving up: that stays its own
    until it joins again, unless somebody else was assigned it.
D1  A member's assignment afterwards is what it may still read, not what it was to have: others may be about to give that up.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.classic_members import by_id, by_name
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import ClassicTerms, ConsumerMember, MemberState, Partitions, Target
from broker.coordinators.groups.embedded_protocol import (
    Malformed,
    Subscription,
    assignment_version,
    read_assignment,
    read_subscription,
    subscription_of,
    write_assignment,
)
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.rebalancing import GroupState
from broker.coordinators.groups.subscribed_topics import Topics
from broker.coordinators.groups.subscription import CONSUMER_PROTOCOL_TYPE
from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

STICKY_PROTOCOLS: Final = ("sticky", "cooperative-sticky")
"""librdkafka's put into an assignment what the member had before: a hint for the next leader, which nobody misses when there is none."""


def upgraded(group: ClassicGroup, policy: GroupPolicy, topics: Topics, session_timeout_ms: int, now_ms: int) -> ConsumerGroup:
    """The consumer group that a classic one becomes. Raises GROUP_ID_NOT_FOUND when it may not or cannot. ``group`` is left as it is."""
    if not policy.may_upgrade:
        raise _cannot_upgrade(group, "online upgrade is disabled")
    if not group.uses_consumer_protocol:
        raise _cannot_upgrade(group, "the group does not use the consumer embedded protocol")
    if len(group.roster) > policy.consumer_group_max_size:
        raise _cannot_upgrade(group, "the group size exceeds the consumer group maximum size")
    try:
        members = [_upgraded_member(group, member, topics) for member in group.roster]
        claims = {member.member_id: by_id(_subscription(group, member).owned, topics) for member in group.roster}
    except Malformed as error:
        raise _cannot_upgrade(group, "the embedded consumer protocol is malformed") from error
    given = [partition for _, target in members for partition in _partitions(target)]
    if len(set(given)) < len(given):
        raise _cannot_upgrade(group, "its members share partitions")
    members = _still_giving_up(members, claims, set(given), topics)
    consumers = ConsumerGroup(group.group_id, policy, topics)
    consumers.adopt(group.generation, group.generation, members, session_timeout_ms, now_ms)
    consumers.subscribed.refresh()
    return consumers


def _cannot_upgrade(group: ClassicGroup, why: str) -> BrokerError:
    message = f"Cannot upgrade classic group {group.group_id} to consumer group because {why}."
    return BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, message)


def _upgraded_member(group: ClassicGroup, member: Member, topics: Topics) -> tuple[ConsumerMember, Target]:
    subscription = _subscription(group, member)
    assignment = read_assignment(member.assignment)
    if assignment.user_data and group.protocol not in STICKY_PROTOCOLS:
        raise _cannot_upgrade(
            group,
            "an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before "
            "re-attempting the upgrade",
        )
    target = _existing(by_id(assignment.partitions, topics), topics)
    assigned: Partitions = {topic_id: dict.fromkeys(indexes, group.generation) for topic_id, indexes in target.items()}
    return (
        ConsumerMember(
            member_id=member.member_id,
            instance_id=member.group_instance_id,
            rack_id=subscription.rack_id,
            client_id=member.client_id,
            client_host=member.client_host,
            rebalance_timeout_ms=member.rebalance_timeout_ms,
            topic_names=subscription.topics,
            epoch=group.generation,
            previous_epoch=group.generation,
            assigned=assigned,
            classic=ClassicTerms(session_timeout_ms=member.session_timeout_ms, protocols=member.protocols),
        ),
        target,
    )


def _still_giving_up(
    members: list[tuple[ConsumerMember, Target]],
    claims: dict[str, Target],
    taken: set[tuple[bytes, int]],
    topics: Topics,
) -> list[tuple[ConsumerMember, Target]]:
    """U1."""
    found = []
    for member, target in members:
        claimed = _existing(claims[member.member_id], topics)
        free = [partition for partition in _partitions(claimed) if partition not in taken]
        taken.update(free)
        if free:
            pending: dict[bytes, dict[int, int]] = {}
            for topic_id, index in free:
                pending.setdefault(topic_id, {})[index] = member.epoch
            member = replace(member, state=MemberState.UNREVOKED_PARTITIONS, pending_revocation=pending)
        found.append((member, target))
    return found


def _subscription(group: ClassicGroup, member: Member) -> Subscription:
    """What it said for the protocol in use; of a group that has none yet, what it says for the one it likes best."""
    metadata = member.metadata(group.protocol)
    return read_subscription(metadata) if metadata else subscription_of(member.protocols)


def _existing(target: Target, topics: Topics) -> Target:
    """Leaves out partitions that a leader made up."""
    found = {}
    for topic_id, indexes in target.items():
        topic = topics.by_id(topic_id)
        there = frozenset(index for index in indexes if topic is not None and 0 <= index < len(topic.pids))
        if there:
            found[topic_id] = there
    return found


def _partitions(target: Target) -> Iterable[tuple[bytes, int]]:
    return ((topic_id, index) for topic_id, indexes in target.items() for index in indexes)


def owned_by(member: ConsumerMember) -> Target:
    """Everything a member may still read."""
    owned = {topic_id: frozenset(indexes) for topic_id, indexes in member.assigned.items()}
    for topic_id, indexes in member.pending_revocation.items():
        owned[topic_id] = owned.get(topic_id, frozenset()) | indexes.keys()
    return owned


def may_downgrade(group: ConsumerGroup, policy: GroupPolicy) -> bool:
    """Whether the group, whose members are all of the classic protocol by now, becomes a classic one."""
    return policy.may_downgrade and len(group.members) <= policy.group_max_size


def downgraded(group: ConsumerGroup, generation: int, policy: GroupPolicy, topics: Topics, now_ms: int) -> ClassicGroup:
    """The classic group that a consumer group becomes, as if it had just completed the rebalance of ``generation``, the group epoch
    before what makes it classic. ``group`` is left as it is."""
    classic = ClassicGroup(group.group_id, policy)
    classic.generation = generation
    classic.protocol_type = CONSUMER_PROTOCOL_TYPE
    for member in group.members.values():
        assert member.classic is not None, "only members of the classic protocol are left"
        kept = Member(
            member.member_id,
            member.instance_id,
            member.client_id,
            member.client_host,
            member.classic.session_timeout_ms,
            member.rebalance_timeout_ms,
            member.classic.protocols,
        )
        classic.roster.add(kept, None)
        kept.heard_of(now_ms)
    classic.protocol = classic.roster.select_protocol()
    for kept in classic.roster:
        version = assignment_version(kept.metadata(classic.protocol))
        owned = by_name(owned_by(group.members[kept.member_id]), topics)
        classic.roster.assign(kept, write_assignment(version, owned))
    classic.state = GroupState.STABLE
    classic.restored()
    return classic
