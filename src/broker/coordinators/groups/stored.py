"""A stored group back in memory."""

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.member import Member
from broker.coordinators.groups.rebalancing import GroupState
from broker.storage.catalog.base import StoredGroup


def restore(stored: StoredGroup, policy: GroupPolicy, now_ms: int) -> ClassicGroup:
    """The group as it was when it was last saved. Its members get one session timeout to be heard of."""
    group = ClassicGroup(stored.group_id, policy)
    group.generation = stored.generation
    group.protocol_type = stored.protocol_type or None
    for kept in stored.members:
        member = Member(
            kept.member_id,
            kept.group_instance_id,
            kept.client_id,
            kept.client_host,
            kept.session_timeout_ms,
            kept.rebalance_timeout_ms,
            tuple((name, bytes(metadata)) for name, metadata in kept.protocols),
            kept.assignment,
        )
        group.roster.add(member, None)
        member.heard_of(now_ms)
    if stored.members:
        group.state = GroupState.STABLE
        if stored.leader in group.roster.members:
            group.roster.leader = stored.leader
    group.protocol = stored.protocol
    group.restored()
    return group
