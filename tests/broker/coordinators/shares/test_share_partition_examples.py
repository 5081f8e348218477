"""A share partition by example: bounds, limits, the last delivery, what is stored."""

from broker.coordinators.shares.limits import ALIGNMENT_MAX, ShareLimits
from broker.coordinators.shares.runs import RecordState, StoredRun
from broker.coordinators.shares.share_partition import (
    ACCEPT,
    GAP,
    REJECT,
    RELEASE,
    Acknowledgement,
    FetchedBatch,
    PendingChange,
    Released,
    SharePartition,
)
from broker.wire.error_codes import ErrorCode

LIMITS = ShareLimits(deliveries_max=3, lock_ms=100, locks_max=10)


def take(
    partition: SharePartition,
    *batches: tuple[int, int],
    member: str = "ann",
    limits: ShareLimits = LIMITS,
    records_max: int = 500,
    is_exact: bool = False,
) -> list[tuple[int, int, int]]:
    """Acquire of batches given by their offsets."""
    given = partition.acquire(
        member,
        partition.next_fetch_offset(),
        [FetchedBatch(*each) for each in batches],
        limits,
        0,
        records_max=records_max,
        batch_size=500,
        is_exact=is_exact,
    )
    return [tuple(each) for each in given]


def say(partition: SharePartition, *said: tuple[int, int, int], member: str = "ann") -> ErrorCode:
    change = partition.acknowledge(member, [Acknowledgement(a, b, [kind]) for a, b, kind in said], LIMITS, 0)
    if isinstance(change, PendingChange):
        partition.finish(change, True)
        return ErrorCode.NONE
    return change


def test_no_more_than_the_limit_is_in_flight() -> None:
    """A batch is given whole, but only while there is room for its first record."""
    partition = SharePartition(0)
    assert take(partition, (0, 7), (8, 15), (16, 20)) == [(0, 15, 1)]
    assert not partition.can_acquire(LIMITS)
    assert take(partition, (16, 20), member="bob") == []
    say(partition, (0, 11, ACCEPT))
    assert take(partition, (16, 20), member="bob") == [(16, 20, 1)]


def test_an_exact_limit_counts_locks_as_well() -> None:
    """Nothing is rounded up to the end of a batch."""
    partition = SharePartition(0)
    assert take(partition, (0, 50), is_exact=True, records_max=7) == [(0, 6, 1)]
    assert take(partition, (0, 50), is_exact=True, records_max=7) == [(7, 9, 1)]
    assert take(partition, (0, 50), is_exact=True, records_max=7) == []


def test_a_huge_batch_is_given_in_parts() -> None:
    """However many records somebody puts into one, what is kept of it is bounded."""
    partition = SharePartition(0)
    huge = (0, 10_000_000)
    assert take(partition, huge) == [(0, 9 + ALIGNMENT_MAX, 1)]
    say(partition, (0, 9 + ALIGNMENT_MAX, ACCEPT))
    assert take(partition, huge) == [(10 + ALIGNMENT_MAX, 19 + 2 * ALIGNMENT_MAX, 1)]


def test_the_last_delivery_is_one_of_its_own() -> None:
    """So that a record nobody can bear does not take others along."""
    partition = SharePartition(0)
    for count in (1, 2):
        assert take(partition, (0, 2)) == [(0, 2, count)]
        assert say(partition, (0, 2, RELEASE)) is ErrorCode.NONE
    assert take(partition, (0, 2), member="ann") == [(0, 0, 3)]
    assert take(partition, (0, 2), member="bob") == [(1, 1, 3)]
    assert say(partition, (0, 0, RELEASE)) is ErrorCode.NONE
    assert (partition.start, partition.acquired) == (1, 1)


def test_what_comes_back_comes_in_smaller_parts() -> None:
    """Half as many each time, from the middle of the way to the limit on."""
    partition = SharePartition(0)
    limits = ShareLimits(deliveries_max=6)
    given = []
    for _ in range(6):
        given.append(take(partition, (0, 15), limits=limits))
        partition.release_member("ann", limits)
    assert given == [[(0, 15, 1)], [(0, 15, 2)], [(0, 15, 3)], [(0, 7, 4)], [(0, 3, 5)], [(0, 0, 6)]]
    assert partition.start == 1


def test_what_nobody_accepts_is_given_up() -> None:
    """Released by a member, by its end, or by the clock: the limit is the limit."""
    partition = SharePartition(0)
    limits = ShareLimits(deliveries_max=1, lock_ms=100)
    assert take(partition, (0, 2), limits=limits) == [(0, 2, 1)]
    change = partition.acknowledge("ann", [Acknowledgement(0, 0, [RELEASE])], limits, 0)
    assert isinstance(change, PendingChange)
    assert change.archived == 1
    partition.finish(change, True)
    assert take(partition, (3, 3), member="bob", limits=limits) == [(3, 3, 1)]
    assert partition.release_member("bob", limits) == Released(0, 1)
    assert partition.expire(limits, 100) == Released(0, 2)
    assert (partition.start, partition.end) == (4, 4)


def test_an_acknowledgement_is_taken_as_a_whole() -> None:
    """One record of somebody else, and nothing has changed."""
    partition = SharePartition(0)
    take(partition, (0, 4))
    take(partition, (5, 6), member="bob")
    before = partition.runs()
    assert say(partition, (0, 1, ACCEPT), (4, 5, ACCEPT)) is ErrorCode.INVALID_RECORD_STATE
    assert say(partition, (0, 7, ACCEPT)) is ErrorCode.INVALID_REQUEST
    assert say(partition, (0, 2, ACCEPT), (2, 3, ACCEPT)) is ErrorCode.INVALID_RECORD_STATE
    assert say(SharePartition(0), (0, 0, ACCEPT)) is ErrorCode.INVALID_RECORD_STATE
    assert partition.runs() == before


def test_kinds_may_differ_record_by_record() -> None:
    """And each becomes what was said of it."""
    partition = SharePartition(0)
    take(partition, (0, 4))
    change = partition.acknowledge("ann", [Acknowledgement(0, 4, [RELEASE, ACCEPT, ACCEPT, REJECT, GAP])], LIMITS, 0)
    assert isinstance(change, PendingChange)
    partition.finish(change, True)
    assert partition.runs() == [
        StoredRun(0, 0, RecordState.AVAILABLE, 1),
        StoredRun(1, 2, RecordState.ACKNOWLEDGED, 1),
        StoredRun(3, 4, RecordState.ARCHIVED, 1),
    ]
    assert change.counts == {RELEASE: 1, ACCEPT: 2, REJECT: 1, GAP: 1}


def test_what_is_written_is_what_has_changed() -> None:
    """And everything when that is shorter than the changes since, or when a write has failed."""
    partition = SharePartition(0)
    take(partition, (0, 9))
    assert partition.take_delta() == (0, [StoredRun(0, 9, RecordState.AVAILABLE, 1)], False)
    say(partition, (4, 4, ACCEPT))
    assert partition.take_delta() == (0, [StoredRun(4, 4, RecordState.ACKNOWLEDGED, 1)], False)
    assert partition.is_dirty is False
    partition.give_back()
    assert partition.is_dirty
    assert partition.take_delta() == (0, partition.runs(), True)
    written = 0
    limits = ShareLimits(deliveries_max=10**9, locks_max=10)
    for _ in range(2000):
        partition.release_member("ann", limits)
        take(partition, (0, 9), limits=limits)
        written += len(partition.take_delta().runs)
    assert written < 2000 * 5


def test_what_is_nowhere_stored_was_never_delivered() -> None:
    """A crash between an acquisition and its write loses the one delivery, not the record."""
    partition = SharePartition(5, [StoredRun(3, 6, 2, 1), StoredRun(9, 9, 2, 1), StoredRun(8, 9, 4, 2)])
    assert (partition.start, partition.end) == (7, 10)
    assert take(partition, (0, 9)) == [(7, 7, 1)]


def test_records_that_the_log_lost_are_passed_over() -> None:
    """Whether they were in flight or not."""
    partition = SharePartition(0)
    take(partition, (0, 3))
    partition.release_member("ann", LIMITS)
    assert take(partition, (2, 3), (6, 7)) == [(2, 3, 2), (4, 7, 1)]
    assert partition.start == 2
    say(partition, (2, 7, ACCEPT))
    assert take(partition, (12, 12)) == [(12, 12, 1)]
    assert partition.start == 12


def test_locks_that_ended_early_do_not_pile_up() -> None:
    """However often a member comes and goes within a lock's time."""
    partition = SharePartition(0)
    limits = ShareLimits(deliveries_max=10**9, lock_ms=10**9)
    for _ in range(1000):
        take(partition, (0, 9), limits=limits)
        partition.release_member("ann", limits)
    assert len(partition._locks) < 200
    assert partition.next_deadline_ms is None
