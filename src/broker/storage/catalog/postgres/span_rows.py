"""Rule: the columns in which logs and spans are asked for, and what is made of their rows."""

from collections.abc import Sequence
from typing import Any, Final

from broker.model import LogBounds
from broker.storage.catalog.base import Span, SpanAnswer, SpanQuery

BOUNDS: Final = "log_start, high_watermark, last_stable, leader_epoch, bytes, epoch_starts"
BOUNDS_WIDTH: Final = 6
SPAN: Final = "base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags"
FOUND: Final = ", ".join(f"found.{column}" for column in SPAN.split(", "))
"""The same of a row named ``found``."""


def bounds_of(row: Sequence[Any]) -> LogBounds:
    """From the columns ``BOUNDS``."""
    log_start, high_watermark, last_stable, leader_epoch, size, starts = row
    pairs = () if starts is None else tuple(zip(starts[::2], starts[1::2], strict=True))
    return LogBounds(log_start, high_watermark, last_stable, leader_epoch, size, pairs)


def answer_of(rows: Sequence[Sequence[Any]]) -> SpanAnswer:
    """From rows of ``BOUNDS`` and ``SPAN``, all of one log: each span is a row, and a log without any is one as well; no row, no log."""
    if not rows:
        return SpanAnswer(None, ())
    bounds = bounds_of(rows[0][:BOUNDS_WIDTH])
    return SpanAnswer(bounds, [Span(*row[BOUNDS_WIDTH:]) for row in rows if row[BOUNDS_WIDTH] is not None])


def is_short(query: SpanQuery, answer: SpanAnswer, limit: int) -> bool:
    """Whether more spans would have been given if ``limit`` were not there."""
    return len(answer.spans) == limit and sum(span.length for span in answer.spans) < query.max_bytes
