"""What is pending, and until when."""

from broker.coordinators.groups.pending_offsets import PendingOffsets

A, B, C = ("g", "t", 0), ("g", "t", 1), ("h", "t", 0)


def test_an_offset_is_pending_until_the_last_transaction_that_carries_it_ends() -> None:
    """Two transactions may carry offsets for the same partition; naming one twice counts once."""
    pending = PendingOffsets()
    pending.add("x", [A, B])
    pending.add("x", [A])
    pending.add("y", [A, C])
    assert len(pending) == 3
    pending.end("x")
    assert A in pending
    assert B not in pending
    pending.end("y")
    assert len(pending) == 0


def test_groups_are_known_by_the_transaction() -> None:
    """None for a transaction that carries nothing; ending that changes nothing."""
    pending = PendingOffsets()
    pending.add("x", [A, B, C])
    pending.end("other")
    assert pending.groups_of("x") == {"g", "h"}
    assert pending.groups_of("other") == set()
