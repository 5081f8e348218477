"""Rules for the front of a log: how far its start may move, and how far retention wants it to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from broker.errors import BrokerError
from broker.storage.catalog.base import Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.span_times import is_older
from broker.wire.error_codes import ErrorCode


def with_log_start(state: PartitionState, offset: int) -> PartitionState:
    """``state`` with its log start moved forward to ``offset``; unchanged when it is there already.

    Raises OFFSET_OUT_OF_RANGE when ``offset`` lies outside [0, high watermark].
    """
    bounds = state.bounds
    if not 0 <= offset <= bounds.high_watermark:
        raise out_of_range(offset, bounds.high_watermark)
    if offset <= bounds.log_start:
        return state
    # The start may pass records of an open transaction, but what is stable never lies before it.
    stable = max(bounds.last_stable_offset, offset)
    return replace(state, bounds=replace(bounds, log_start=offset, last_stable_offset=stable))


def out_of_range(offset: int, high_watermark: int) -> BrokerError:
    """The refusal of a log start outside the log."""
    return BrokerError(
        ErrorCode.OFFSET_OUT_OF_RANGE, f"offset {offset} is not between 0 and the high watermark {high_watermark}"
    )


def without_bytes(state: PartitionState, count: int) -> PartitionState:
    """``state`` after spans of ``count`` bytes were dropped."""
    return replace(state, bounds=replace(state.bounds, bytes=state.bounds.bytes - count))


def retention_offset(state: PartitionState, spans: Iterable[Span], oldest_ms: int | None, max_bytes: int | None) -> int:
    """Where the log should start. ``spans`` come in offset order from the log start's on and are read only as far as needed."""
    start, remaining = state.bounds.log_start, state.bounds.bytes
    for span in spans:
        too_old = oldest_ms is not None and is_older(span.max_timestamp, oldest_ms)
        too_much = max_bytes is not None and remaining - span.length >= max_bytes
        if not (too_old or too_much):
            break
        remaining -= span.length
        start = span.last + 1
    return start


def behind(state: PartitionState, spans: Sequence[Span]) -> PartitionState:
    """``state`` as :func:`retention_offset` goes on from it when all of ``spans``, the first of the log, can go."""
    left = state.bounds.bytes - sum(span.length for span in spans)
    return replace(state, bounds=replace(state.bounds, log_start=spans[-1].last + 1, bytes=left))
