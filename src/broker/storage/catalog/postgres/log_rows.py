"""Rule: the forms in which states of logs, producers and transactions stand in the database's columns."""

import struct
from collections.abc import Sequence
from typing import Final

from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey, ProducerState
from broker.storage.catalog.postgres.texts import of_bytes
from broker.storage.catalog.producer_rules import Remembered
from broker.storage.catalog.transactions import TransactionState, TransactionStatus

_REMEMBERED: Final = struct.Struct(">iiqq")


def packed_window(window: Sequence[Remembered]) -> bytes:
    """A producer's last batches as ``producer.recent``."""
    return b"".join(_REMEMBERED.pack(*remembered) for remembered in window)


def window_of(recent: bytes) -> tuple[Remembered, ...]:
    """The same, read back."""
    return tuple(_REMEMBERED.iter_unpack(recent))


def producer_of(numbers: Sequence[int], recent: bytes) -> ProducerState:
    """From a row of kind "producer"."""
    producer_id, epoch, last_sequence, last_timestamp, first_open = numbers
    return ProducerState(
        producer_id, epoch, last_sequence, last_timestamp, window_of(recent), None if first_open < 0 else first_open
    )


def transaction_of(
    transactional_id: bytes, numbers: Sequence[int], group_ids: Sequence[bytes], pids: frozenset[int]
) -> TransactionState:
    """From a row of kind "transaction", and those of kind "added"."""
    producer_id, epoch, timeout_ms, status, started_ms, updated_ms, last_epoch, previous_producer_id, _ = numbers
    return TransactionState(
        transactional_id=of_bytes(transactional_id),
        producer_id=producer_id,
        epoch=epoch,
        timeout_ms=timeout_ms,
        status=TransactionStatus(status),
        started_ms=started_ms,
        updated_ms=updated_ms,
        partitions=pids,
        groups=frozenset(map(of_bytes, group_ids)),
        last_epoch=last_epoch,
        previous_producer_id=previous_producer_id,
    )


def offset_of(partition_index: int, numbers: Sequence[int], texts: Sequence[bytes]) -> tuple[OffsetKey, CommittedOffset]:
    """From a row of kind "offset"."""
    offset, leader_epoch, commit_ms, expire_ms = numbers
    group_id, topic, metadata, topic_id = texts
    return (of_bytes(group_id), of_bytes(topic), partition_index), CommittedOffset(
        offset=offset,
        leader_epoch=leader_epoch,
        metadata=of_bytes(metadata),
        commit_ms=commit_ms,
        expire_ms=expire_ms,
        topic_id=topic_id,
    )
