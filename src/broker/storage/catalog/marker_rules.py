"""Rule: what the end of a transaction does to the logs it wrote to.

M1  Each partition that has records of it gets one marker, which takes one offset. A partition that was added and not written to gets none.
M2  The last stable offset moves on to the first record of the earliest transaction that is still open there, else to the high watermark (I5).
M3  A marker of a higher epoch takes the producer there: its sequence begins anew and nothing it sent before is a duplicate any more. One of
    the same epoch leaves sequence and window alone.
M4  An aborted transaction is indexed by its marker's offset, together with the last stable offset behind it. Whatever ends later on this
    partition began at or after that one, and that is where a search can stop.
M5  A marker may be written from outside (WriteTxnMarkers), to one partition and without a word to the coordinator. It ends what the producer
    has open there, if anything, and takes an offset in any case. When the coordinator ends the transaction later it finds nothing open
    there (M1), and a producer that goes on opens it there anew: both as at Apache Kafka.
M6  Such a marker must not have an epoch below the producer's. Of a producer that follows KIP-890 it must be above it, unless it repeats
    one that is there. There is one coordinator, and its epoch is 0.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from broker.model import LogBounds, value
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.commit_rules import PartitionState, View
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_COMMIT_MARKER,
    FLAG_FINAL_OFFSETS,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.catalog.transactions import AbortedTransaction, Marker, MarkerWish, TransactionState
from broker.wire.error_codes import ErrorCode

FIRST_VERSION_THAT_BUMPS: Final = 2
"""The version of transactions in which each has an epoch of its own (KIP-890)."""
_LAST_EPOCH: Final = 2**15 - 2


@value
class AbortedEntry:
    """An aborted transaction of a partition, as it is indexed (M4)."""

    transaction: AbortedTransaction
    stable_behind: int


@dataclass(slots=True)
class Ending:
    """The markers of a transaction, and the new states of what they change."""

    markers: list[Marker] = field(default_factory=list)
    spans: list[tuple[int, Span]] = field(default_factory=list)
    partitions: dict[int, PartitionState] = field(default_factory=dict)
    producers: dict[tuple[int, int], ProducerState] = field(default_factory=dict)
    aborted: list[tuple[int, AbortedEntry]] = field(default_factory=list)


def end(transaction: TransactionState, marker_epoch: int, commit: bool, now_ms: int, view: View) -> Ending:
    """Write the markers of ``transaction``, as it was while it was open, to the partitions that have records of it."""
    ending = Ending()
    for pid in sorted(transaction.partitions):
        partition, producer = view.partition(pid), view.producer(pid, transaction.producer_id)
        if partition is not None and producer is not None and producer.open_first_offset is not None:
            marker = Marker(pid, partition.bounds.high_watermark, transaction.producer_id, marker_epoch, commit, now_ms)
            _append(marker, partition, producer, producer.open_first_offset, ending)
    return ending


def refusal(wish: MarkerWish, view: View) -> ErrorCode:
    """Why a marker may not be written from outside (M6)."""
    producer = view.producer(wish.pid, wish.producer_id)
    if view.partition(wish.pid) is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if wish.producer_id < 0 or wish.epoch < 0:
        return ErrorCode.INVALID_REQUEST
    if producer is not None:
        if wish.epoch < producer.epoch:
            return ErrorCode.INVALID_PRODUCER_EPOCH
        is_repeated = producer.open_first_offset is None or wish.epoch > _LAST_EPOCH
        if wish.epoch == producer.epoch and wish.transaction_version >= FIRST_VERSION_THAT_BUMPS and not is_repeated:
            return ErrorCode.INVALID_PRODUCER_EPOCH
    coordinator_epoch = -1 if view.transaction_of_producer(wish.producer_id) is None else 0
    return ErrorCode.NONE if wish.coordinator_epoch >= coordinator_epoch else ErrorCode.TRANSACTION_COORDINATOR_FENCED


def write(wish: MarkerWish, now_ms: int, view: View) -> Ending:
    """Write a marker from outside that is not refused (M5)."""
    ending = Ending()
    partition = view.partition(wish.pid)
    assert partition is not None, "refused before"
    producer = view.producer(wish.pid, wish.producer_id) or ProducerState(wish.producer_id, wish.epoch, -1, now_ms)
    marker = Marker(wish.pid, partition.bounds.high_watermark, wish.producer_id, wish.epoch, wish.commit, now_ms)
    _append(marker, partition, producer, producer.open_first_offset, ending)
    return ending


def span_of(marker: Marker, running_timestamp: int) -> Span:
    """How a marker stands in the index: a span whose bytes are made when they are read, so it names no object."""
    kind = FLAG_COMMIT_MARKER if marker.commit else FLAG_ABORT_MARKER
    return Span(
        marker.offset,
        marker.offset,
        -(marker.epoch + 1),
        marker.producer_id,
        MARKER_BYTES,
        marker.timestamp,
        running_timestamp,
        1,
        kind | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS,
    )


def _append(
    marker: Marker, partition: PartitionState, producer: ProducerState, first_offset: int | None, ending: Ending
) -> None:
    pid, bounds = marker.pid, partition.bounds
    still_open = tuple(entry for entry in partition.open_transactions if entry[1] != marker.producer_id)
    behind = marker.offset + 1
    # The log may have been cut off in the middle of an open transaction.
    stable = max(still_open[0][0], bounds.log_start) if still_open else behind
    running = max(partition.running_timestamp, marker.timestamp)
    ending.markers.append(marker)
    ending.spans.append((pid, span_of(marker, running)))
    ending.partitions[pid] = PartitionState(
        LogBounds(bounds.log_start, behind, stable, bounds.leader_epoch, bounds.bytes + MARKER_BYTES),
        running,
        still_open,
    )
    ending.producers[pid, marker.producer_id] = _after_marker(producer, marker)
    if not marker.commit and first_offset is not None:
        aborted = AbortedTransaction(marker.producer_id, first_offset, marker.offset)
        ending.aborted.append((pid, AbortedEntry(aborted, stable)))


def _after_marker(producer: ProducerState, marker: Marker) -> ProducerState:
    if marker.epoch > producer.epoch:
        return ProducerState(producer.producer_id, marker.epoch, -1, marker.timestamp)
    return replace(producer, last_timestamp=marker.timestamp, open_first_offset=None)
