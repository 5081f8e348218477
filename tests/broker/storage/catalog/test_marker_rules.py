"""What the end of a transaction does to logs."""

from broker.model import LogBounds
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.marker_rules import AbortedEntry, end, refusal, write
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_COMMIT_MARKER,
    FLAG_FINAL_OFFSETS,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.catalog.transactions import (
    AbortedTransaction,
    Marker,
    MarkerWish,
    TransactionState,
    TransactionStatus,
)
from broker.wire.error_codes import ErrorCode

NOW = 5000
WINDOW = ((0, 1, 4, NOW - 9),)


def view(*opened: tuple[int, int], log_start: int = 0, running: int = 10) -> LogChanges:
    """Partition 1 with ten records, and transactions open on it; partition 2 with none."""
    changes = LogChanges(LogState(None))
    stable = opened[0][0] if opened else 10
    changes.partitions[1] = PartitionState(LogBounds(log_start, 10, max(stable, log_start), 0, 1000), running, opened)
    changes.partitions[2] = PartitionState(LogBounds(0, 3, 3, 0, 30))
    for first, producer_id in opened:
        changes.producers[1, producer_id] = ProducerState(producer_id, 4, 1, NOW - 9, WINDOW, first)
    changes.producers[2, 7] = ProducerState(7, 4, 1, NOW - 9, WINDOW)
    return changes


def transaction(*pids: int) -> TransactionState:
    return TransactionState(
        transactional_id="t",
        producer_id=7,
        epoch=4,
        timeout_ms=60,
        status=TransactionStatus.ONGOING,
        started_ms=NOW - 10,
        updated_ms=NOW - 10,
        partitions=frozenset(pids),
    )


def test_a_commit_takes_one_offset_on_each_partition_with_records() -> None:
    """Not on those that were added only, nor on those that are gone (M1)."""
    ending = end(transaction(3, 2, 1), 4, True, NOW, view((4, 7)))

    assert ending.markers == [Marker(1, 10, 7, 4, True, NOW)]
    flags = FLAG_COMMIT_MARKER | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS
    assert ending.spans == [(1, Span(10, 10, -5, 7, MARKER_BYTES, NOW, NOW, 1, flags))]
    assert ending.partitions == {1: PartitionState(LogBounds(0, 11, 11, 0, 1000 + MARKER_BYTES), NOW)}
    assert ending.aborted == []


def test_an_abort_is_indexed_with_what_is_stable_behind_it() -> None:
    """By the offset of its marker (M4)."""
    ending = end(transaction(1), 5, False, NOW, view((4, 7), (6, 8)))

    assert ending.aborted == [(1, AbortedEntry(AbortedTransaction(7, 4, 10), 6))]
    ((_, span),) = ending.spans
    assert (span.object_id, span.flags & FLAG_ABORT_MARKER) == (-6, FLAG_ABORT_MARKER)


def test_what_is_stable_moves_to_the_next_open_transaction() -> None:
    """Or not at all when an earlier one is open (M2)."""
    first = end(transaction(1), 4, True, NOW, view((4, 7), (6, 8)))
    assert first.partitions[1].bounds.last_stable_offset == 6
    assert first.partitions[1].open_transactions == ((6, 8),)

    second = end(transaction(1), 4, True, NOW, view((4, 8), (6, 7)))
    assert second.partitions[1].bounds.last_stable_offset == 4


def test_what_is_stable_never_lies_before_the_log() -> None:
    """A transaction that is open may have lost its first records to retention (I5)."""
    ending = end(transaction(1), 4, True, NOW, view((2, 7), (4, 8), log_start=5))

    assert ending.partitions[1].bounds.last_stable_offset == 5


def test_the_running_timestamp_never_falls() -> None:
    """Records may lie in the future of the clock that markers have."""
    ending = end(transaction(1), 4, True, NOW, view((4, 7), running=NOW + 50))

    assert ending.partitions[1].running_timestamp == NOW + 50
    assert ending.spans[0][1].running_timestamp == NOW + 50
    assert ending.spans[0][1].max_timestamp == NOW


def test_a_marker_of_the_same_epoch_leaves_the_sequence_alone() -> None:
    """The producer goes on counting, and its last batches are still recognised (M3)."""
    ending = end(transaction(1), 4, True, NOW, view((4, 7)))

    assert ending.producers == {(1, 7): ProducerState(7, 4, 1, NOW, WINDOW)}


def test_a_marker_of_a_higher_epoch_begins_anew() -> None:
    """The next batch has sequence 0, and earlier ones are of an old epoch (M3)."""
    ending = end(transaction(1), 5, True, NOW, view((4, 7)))

    assert ending.producers == {(1, 7): ProducerState(7, 5, -1, NOW)}


def test_a_marker_from_outside_ends_one_partition() -> None:
    """As the coordinator's would, and says nothing of others (M5)."""
    ending = write(MarkerWish(1, 7, 4, False, 0), NOW, view((4, 7), (6, 8)))

    assert ending.markers == [Marker(1, 10, 7, 4, False, NOW)]
    assert ending.partitions[1].bounds.last_stable_offset == 6
    assert ending.aborted == [(1, AbortedEntry(AbortedTransaction(7, 4, 10), 6))]
    assert ending.producers[1, 7].open_first_offset is None


def test_a_marker_from_outside_takes_an_offset_where_nothing_is_open() -> None:
    """Nothing is aborted by it, and a producer of a lower epoch is fenced; one that nobody knew is known then."""
    ending = write(MarkerWish(2, 7, 5, False, 0), NOW, view())
    assert (ending.markers, ending.aborted) == ([Marker(2, 3, 7, 5, False, NOW)], [])
    assert ending.producers[2, 7] == ProducerState(7, 5, -1, NOW)
    assert write(MarkerWish(2, 99, 3, True, 0), NOW, view()).producers[2, 99] == ProducerState(99, 3, -1, NOW)


def test_which_markers_from_outside_are_refused() -> None:
    """By partition, producer, epoch, and the coordinator's epoch (M6)."""
    changes = view((4, 7))
    changes.set_transaction(transaction(1))

    def refused(pid: int = 1, producer_id: int = 7, epoch: int = 4, coordinator: int = 0, version: int = 0) -> ErrorCode:
        return refusal(MarkerWish(pid, producer_id, epoch, True, coordinator, version), changes)

    assert refused() is refused(epoch=5) is refused(producer_id=99, coordinator=-1) is ErrorCode.NONE
    assert refused(9) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert refused(producer_id=-1) is refused(epoch=-1) is ErrorCode.INVALID_REQUEST
    assert refused(epoch=3) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert refused(coordinator=-1) is refused(producer_id=99, coordinator=-2) is ErrorCode.TRANSACTION_COORDINATOR_FENCED
    assert refused(version=2) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert refused(epoch=5, version=2) is refused(pid=2, version=2) is ErrorCode.NONE
