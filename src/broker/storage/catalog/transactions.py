"""Values of the transactional part of a catalog: what it knows of a transactional id, and what ending a transaction came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from broker.model import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, CommittedOffset, value
from broker.wire.error_codes import ErrorCode

OffsetKey = tuple[str, str, int]
"""(group id, topic name, partition index)."""

PendingOffsets = Mapping[OffsetKey, CommittedOffset]
"""Offsets of consumer groups that a transaction carries: nobody sees them unless it is committed."""


class TransactionStatus(IntEnum):
    """Kafka's states by Kafka's numbers, as far as they can be seen: a transaction ends in one step, so nothing is ever prepared."""

    EMPTY = 0
    ONGOING = 1
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionState:
    """A transactional id and its present or latest transaction.

    ``partitions`` are pids and ``groups`` group ids, as they were added to the open transaction. ``last_epoch`` is the epoch before the
    latest one that a client may retry with: of an InitProducerId (KIP-360) or an EndTxn (KIP-890); ``previous_producer_id`` is the
    producer id that goes with it where that was another one. ``started_ms`` is -1 while nothing is open.
    """

    transactional_id: str
    producer_id: int
    epoch: int
    timeout_ms: int
    status: TransactionStatus = TransactionStatus.EMPTY
    started_ms: int = -1
    updated_ms: int
    partitions: frozenset[int] = frozenset()
    groups: frozenset[str] = frozenset()
    last_epoch: int = NO_PRODUCER_EPOCH
    previous_producer_id: int = NO_PRODUCER_ID


@value
class Marker:
    """A control record that ends a transaction on one partition, at ``offset``."""

    pid: int
    offset: int
    producer_id: int
    epoch: int
    commit: bool
    timestamp: int


@value
class MarkerWish:
    """A marker that somebody else than the coordinator wants written to a partition: an operator who ends a transaction that hangs."""

    pid: int
    producer_id: int
    epoch: int
    commit: bool
    coordinator_epoch: int
    transaction_version: int = 0


@value
class Ended:
    """A transaction that was ended: its markers in order of pid, and the group offsets that took effect (none when it was aborted)."""

    markers: Sequence[Marker]
    offsets: PendingOffsets


@value
class InitAnswer:
    """What InitProducerId came to. ``ended`` is the transaction that was aborted on the way."""

    error_code: ErrorCode
    producer_id: int = NO_PRODUCER_ID
    epoch: int = NO_PRODUCER_EPOCH
    ended: Ended | None = None


@value
class EndAnswer:
    """What EndTxn came to, and the producer id and epoch to go on with. ``ended`` is None when there was nothing (more) to end."""

    error_code: ErrorCode
    producer_id: int = NO_PRODUCER_ID
    epoch: int = NO_PRODUCER_EPOCH
    ended: Ended | None = None


@value
class AbortedTransaction:
    """A transaction that was aborted on one partition, from its first record to its marker at ``last_offset``."""

    producer_id: int
    first_offset: int
    last_offset: int
