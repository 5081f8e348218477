"""The bounds on what clients can make groups take, as they stand. (That they hold is tested where they are enforced.)"""

from broker.coordinators.groups.limits import GroupPolicy


def test_the_bounds_leave_room_for_real_use() -> None:
    """A group of ten thousand members with a kilobyte of metadata each, and ten thousand groups, fit."""
    policy = GroupPolicy()

    assert policy.pending_max >= 10_000
    assert policy.group_bytes_max >= 10_000 * 1024
    assert policy.groups_max >= 10_000


def test_the_bounds_keep_memory_small() -> None:
    """All groups together stay far below what a broker has."""
    policy = GroupPolicy()

    assert policy.total_bytes_max <= 256 << 20
    assert policy.group_bytes_max <= policy.total_bytes_max
