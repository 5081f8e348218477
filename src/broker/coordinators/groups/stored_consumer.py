"""A group of the consumer protocol as the catalog keeps it, there and back."""

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.consumer_member import ClassicTerms, ConsumerMember, MemberState, Target
from broker.coordinators.groups.epoch_group import Unsaved
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.subscribed_topics import Topics
from broker.storage.catalog.base import StoredClassicTerms, StoredConsumerGroup, StoredConsumerMember


def to_store(group_id: str, unsaved: Unsaved[ConsumerMember], state_ms: int) -> StoredConsumerGroup:
    """What has changed, in the form that is stored."""
    return StoredConsumerGroup(
        group_id=group_id,
        group_epoch=unsaved.group_epoch,
        assignment_epoch=unsaved.assignment_epoch,
        topics_digest=unsaved.topics_digest,
        state_ms=state_ms,
        members=[_stored(member, target) for member, target in unsaved.members.values()],
    )


def restore_consumer_group(
    stored: StoredConsumerGroup, policy: GroupPolicy, topics: Topics, session_timeout_ms: int, now_ms: int
) -> ConsumerGroup:
    """The group as it was when it was last saved."""
    group = ConsumerGroup(stored.group_id, policy, topics)
    group.adopt(
        stored.group_epoch,
        stored.assignment_epoch,
        [(_member(kept), {topic: frozenset(indexes) for topic, indexes in kept.target.items()}) for kept in stored.members],
        session_timeout_ms,
        now_ms,
    )
    group.restored(stored.topics_digest)
    return group


def _stored(member: ConsumerMember, target: Target) -> StoredConsumerMember:
    terms = member.classic
    return StoredConsumerMember(
        member_id=member.member_id,
        instance_id=member.instance_id,
        rack_id=member.rack_id,
        client_id=member.client_id,
        client_host=member.client_host,
        rebalance_timeout_ms=member.rebalance_timeout_ms,
        topic_names=sorted(member.topic_names),
        topic_regex=member.topic_regex,
        server_assignor=member.server_assignor,
        epoch=member.epoch,
        previous_epoch=member.previous_epoch,
        state=int(member.state),
        assigned=member.assigned,
        pending_revocation=member.pending_revocation,
        target={topic: sorted(indexes) for topic, indexes in target.items()},
        classic=None if terms is None else StoredClassicTerms(terms.session_timeout_ms, terms.protocols),
    )


def _member(kept: StoredConsumerMember) -> ConsumerMember:
    terms = kept.classic
    return ConsumerMember(
        member_id=kept.member_id,
        instance_id=kept.instance_id,
        rack_id=kept.rack_id,
        client_id=kept.client_id,
        client_host=kept.client_host,
        rebalance_timeout_ms=kept.rebalance_timeout_ms,
        topic_names=frozenset(kept.topic_names),
        topic_regex=kept.topic_regex,
        server_assignor=kept.server_assignor,
        epoch=kept.epoch,
        previous_epoch=kept.previous_epoch,
        state=MemberState(kept.state),
        assigned=kept.assigned,
        pending_revocation=kept.pending_revocation,
        classic=None
        if terms is None
        else ClassicTerms(
            session_timeout_ms=terms.session_timeout_ms,
            protocols=tuple((name, bytes(metadata)) for name, metadata in terms.protocols),
        ),
    )
