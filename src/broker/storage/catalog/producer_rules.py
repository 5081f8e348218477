"""Rule: may this batch of an idempotent producer be appended, was it appended before, and what is the producer's state then.

The exact rules of Kafka's brokers (KIP-98, window of five by KAFKA-5494, KIP-360, KIP-890), for one producer on one partition:

P1  A batch equal in (epoch, first sequence, last sequence) to one of the last five is a duplicate: it is answered with the
    original offset and time, and nothing is appended.
P2  A lower epoch than the partition has seen is INVALID_PRODUCER_EPOCH.
P3  A higher epoch must begin with sequence 0 and empties the window.
P4  Within an epoch the first sequence follows the last one; 0 follows 2^31-1.
P5  Without any state (first contact, or state that expired) every first sequence is accepted.
P6  A batch that lies wholly before a full window is DUPLICATE_SEQUENCE_NUMBER, which clients take as "already there,
    offset unknown". Kafka documents the code and today answers OUT_OF_ORDER_SEQUENCE_NUMBER, after which clients give up
    on a batch that is in the log.
P7  While the producer has a transaction open on the partition, a plain batch is INVALID_TXN_STATE.
P8  The first transactional batch opens the producer's transaction on the partition; its marker ends it
    (:mod:`broker.storage.catalog.marker_rules`).
"""

from typing import Final

from broker.storage.catalog.base import BatchEntry, ProducerState
from broker.wire.error_codes import ErrorCode

WINDOW: Final = 5
MAX_SEQUENCE: Final = 2**31 - 1
_SEQUENCES: Final = 2**31

Remembered = tuple[int, int, int, int]
"""(first sequence, last sequence, base offset, timestamp) of an appended batch."""


def next_sequence(last: int) -> int:
    """The sequence that follows ``last`` (P4)."""
    return 0 if last == MAX_SEQUENCE else last + 1


def find_duplicate(state: ProducerState | None, batch: BatchEntry) -> Remembered | None:
    """The earlier append that ``batch`` repeats (P1)."""
    if state is None or state.epoch != batch.producer_epoch:
        return None
    for remembered in state.window:
        if remembered[0] == batch.first_sequence and remembered[1] == batch.last_sequence:
            return remembered
    return None


def refusal(state: ProducerState | None, batch: BatchEntry) -> tuple[ErrorCode, str] | None:
    """Why ``batch``, which is no duplicate in the window, may not be appended; None when it may."""
    if batch.producer_epoch < 0 or batch.first_sequence < 0 or batch.last_sequence < 0:
        return ErrorCode.INVALID_RECORD, f"producer {batch.producer_id} sent a batch without epoch or sequence"
    if state is None or state.epoch < 0:  # P5
        return None
    if batch.producer_epoch < state.epoch:  # P2
        return (
            ErrorCode.INVALID_PRODUCER_EPOCH,
            f"producer {batch.producer_id} has epoch {state.epoch}, the batch has {batch.producer_epoch}",
        )
    if batch.producer_epoch > state.epoch:  # P3
        if batch.first_sequence != 0:
            return (
                ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
                f"producer {batch.producer_id} must begin epoch {batch.producer_epoch} with sequence 0, not {batch.first_sequence}",
            )
    elif batch.first_sequence != next_sequence(state.last_sequence):  # P4
        if _lies_before_window(state, batch):
            return (
                ErrorCode.DUPLICATE_SEQUENCE_NUMBER,
                f"producer {batch.producer_id} sent sequence {batch.first_sequence} again, which is older than its last {WINDOW} batches",
            )
        return (
            ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
            f"producer {batch.producer_id} sent sequence {batch.first_sequence} after {state.last_sequence}",
        )
    if state.open_first_offset is not None and not batch.transactional:  # P7
        return (
            ErrorCode.INVALID_TXN_STATE,
            f"producer {batch.producer_id} has a transaction open since offset {state.open_first_offset}",
        )
    return None


def after_append(state: ProducerState | None, batch: BatchEntry, base_offset: int, now_ms: int) -> ProducerState:
    """The producer's state once ``batch`` stands at ``base_offset``."""
    remembered = (batch.first_sequence, batch.last_sequence, base_offset, batch.max_timestamp)
    open_first_offset = base_offset if batch.transactional else None
    window: tuple[Remembered, ...] = (remembered,)
    if state is not None:
        if state.open_first_offset is not None:
            open_first_offset = state.open_first_offset
        if state.epoch == batch.producer_epoch:
            window = (remembered, *state.window[: WINDOW - 1])
    return ProducerState(
        batch.producer_id, batch.producer_epoch, batch.last_sequence, now_ms, window, open_first_offset
    )


def _lies_before_window(state: ProducerState, batch: BatchEntry) -> bool:
    """P6. Sequences are compared around the wrap: less than half the circle back counts as before."""
    if len(state.window) < WINDOW:
        return False
    oldest_first = state.window[-1][0]
    return (oldest_first - 1 - batch.last_sequence) % _SEQUENCES < _SEQUENCES // 2
