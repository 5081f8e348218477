"""A group as stored, there and back."""

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.limits import GroupPolicy
from broker.coordinators.groups.rebalancing import NEVER, GroupState
from broker.coordinators.groups.stored import restore
from broker.storage.catalog.base import StoredGroup, StoredMember
from broker.wire.error_codes import ErrorCode

SUBSCRIPTION = b"\0\x01\0\0\0\x01\0\x01t\xff\xff\xff\xff"


def stored_member(member_id: str, instance: str | None = None) -> StoredMember:
    return StoredMember(
        member_id=member_id,
        group_instance_id=instance,
        client_id="c",
        client_host="/h",
        session_timeout_ms=10_000,
        rebalance_timeout_ms=60_000,
        protocols=(("range", SUBSCRIPTION), ("rr", b"")),
        assignment=member_id.encode(),
    )


def stored(*members: StoredMember) -> StoredGroup:
    return StoredGroup(
        group_id="g",
        protocol_type="consumer",
        generation=7,
        protocol="range" if members else None,
        leader=members[-1].member_id if members else None,
        members=members,
    )


def test_a_stored_group_is_stable_again() -> None:
    """With its generation, leader, assignments and subscriptions; members have one session timeout."""
    group = restore(stored(stored_member("a", "i"), stored_member("b")), GroupPolicy(), 1000)

    assert group.state is GroupState.STABLE
    assert (group.generation, group.protocol, group.leader, group.subscribed) == (7, "range", "b", {"t"})
    assert group.wake_ms == 11_000
    assert group.heartbeat("a", "i", 7, 2000) is ErrorCode.NONE
    assert group.snapshot() == stored(stored_member("a", "i"), stored_member("b"))


def test_a_stored_empty_group_is_empty_again() -> None:
    """It still has its generation, and nothing to be woken for."""
    group = restore(stored(), GroupPolicy(), 1000)

    assert group.state is GroupState.EMPTY
    assert (group.generation, group.protocol_type, group.leader) == (7, "consumer", None)
    assert group.wake_ms == NEVER


def test_a_group_that_never_had_members_looks_the_same() -> None:
    """No protocol type is none, not an empty one."""
    fresh = ClassicGroup("g", GroupPolicy())

    assert restore(fresh.snapshot(), GroupPolicy(), 0).protocol_type is None
