"""A share group as the catalog keeps it, there and back."""

from broker.coordinators.groups.consumer_member import Target
from broker.coordinators.groups.epoch_group import Unsaved
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.share_group import ShareGroup
from broker.coordinators.groups.share_member import ShareMember
from broker.coordinators.groups.subscribed_topics import Topics
from broker.storage.catalog.base import StoredShareGroup, StoredShareMember, StoredTarget


def to_store_share(group_id: str, unsaved: Unsaved[ShareMember], state_ms: int) -> StoredShareGroup:
    """What has changed, in the form that is stored."""
    return StoredShareGroup(
        group_id=group_id,
        group_epoch=unsaved.group_epoch,
        assignment_epoch=unsaved.assignment_epoch,
        topics_digest=unsaved.topics_digest,
        state_ms=state_ms,
        members=[
            StoredShareMember(
                member_id=member.member_id,
                rack_id=member.rack_id,
                client_id=member.client_id,
                client_host=member.client_host,
                topic_names=sorted(member.topic_names),
                epoch=member.epoch,
                previous_epoch=member.previous_epoch,
                assigned=_sorted(member.assigned),
                target=_sorted(target),
            )
            for member, target in unsaved.members.values()
        ],
    )


def restore_share_group(
    stored: StoredShareGroup, policy: GroupPolicy, topics: Topics, session_timeout_ms: int, now_ms: int
) -> ShareGroup:
    """The group as it was when it was last saved."""
    group = ShareGroup(stored.group_id, policy, topics)
    group.adopt(
        stored.group_epoch,
        stored.assignment_epoch,
        [(_member(kept), _target(kept.target)) for kept in stored.members],
        session_timeout_ms,
        now_ms,
    )
    group.restored(stored.topics_digest)
    return group


def _member(kept: StoredShareMember) -> ShareMember:
    return ShareMember(
        member_id=kept.member_id,
        rack_id=kept.rack_id,
        client_id=kept.client_id,
        client_host=kept.client_host,
        topic_names=frozenset(kept.topic_names),
        epoch=kept.epoch,
        previous_epoch=kept.previous_epoch,
        assigned=_target(kept.assigned),
    )


def _sorted(target: Target) -> StoredTarget:
    return {topic_id: sorted(indexes) for topic_id, indexes in target.items()}


def _target(stored: StoredTarget) -> Target:
    return {topic_id: frozenset(indexes) for topic_id, indexes in stored.items()}
