"""Finds offsets by timestamp: the catalog narrows it down to a span, a worker thread decodes the batch that matters."""

from collections.abc import Callable, Sequence
from typing import Final

import anyio
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from broker.errors import BrokerError, StorageUnavailable
from broker.log.reader import Reader
from broker.log.stored_batches import Piece, StoredDataError
from broker.log.timestamps import first_at, greatest
from broker.model import LogBounds
from broker.pacing import Pacer
from broker.storage.catalog.base import LogCatalog, Span, SpanAnswer, SpanQuery
from broker.wire.error_codes import ErrorCode
from broker.wire.records.record import Position

_SPANS_AT_ONCE: Final = 16
_BYTES_AT_ONCE: Final = 1024 * 1024
_SEARCHING: Final[RunVar[anyio.CapacityLimiter]] = RunVar("broker.log.offset_finder.searching")


class OffsetFinder:
    """Holds nothing of its own; made where it is needed."""

    def __init__(self, catalog: LogCatalog, reader: Reader) -> None:
        self._catalog = catalog
        self._reader = reader

    async def at_timestamp(self, pid: int, timestamp: int) -> tuple[LogBounds, Position | None]:
        """The first record of the log with a timestamp of at least ``timestamp``; and the bounds it was looked for in.

        Raises BrokerError: UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR.
        """
        answer = await self._catalog.spans_from_timestamp(pid, timestamp, _SPANS_AT_ONCE)
        bounds = _bounds(answer)
        spans = answer.spans
        while spans:
            for span in spans:
                # The largest timestamp up to a span may be of a span that is gone; then this one need not reach it.
                if span.max_timestamp >= timestamp:
                    found = await self._search(span, lambda piece: first_at(piece, timestamp, bounds.log_start, Pacer()))
                    if found is not None:
                        return bounds, found
            spans = await self._spans_after(pid, spans[-1])
        return bounds, None

    async def at_max_timestamp(self, pid: int) -> tuple[LogBounds, Position | None]:
        """The first record with the largest timestamp of the log (KIP-734). Raises BrokerError as :meth:`at_timestamp` does."""
        answer = await self._catalog.span_of_max_timestamp(pid)
        bounds = _bounds(answer)
        if not answer.spans:
            return bounds, None
        span = answer.spans[0]
        found = await self._search(span, lambda piece: greatest(piece, bounds.log_start, Pacer()))
        if found is None:
            # The record that gave the span its timestamp lies before the log's start, and compaction removed those behind.
            best = await self._latest_after(pid, span)
            if best is not None:
                found = await self._search(best, lambda piece: greatest(piece, bounds.log_start, Pacer()))
        return bounds, found

    async def _latest_after(self, pid: int, span: Span) -> Span | None:
        """The first span behind ``span`` with the largest timestamp."""
        best: Span | None = None
        while spans := await self._spans_after(pid, span):
            for each in spans:
                if best is None or each.max_timestamp > best.max_timestamp:
                    best = each
            span = spans[-1]
        return best

    async def _spans_after(self, pid: int, span: Span) -> Sequence[Span]:
        (answer,) = await self._catalog.find_spans([SpanQuery(pid, span.last + 1, _BYTES_AT_ONCE)])
        return answer.spans

    async def _search(self, span: Span, search: Callable[[Piece], Position | None]) -> Position | None:
        piece = await self._reader.read_span(span)
        try:
            return await run_sync(search, piece, limiter=_limiter())
        except StoredDataError as error:
            raise StorageUnavailable(f"object {span.object_id} at {span.position}: {error}") from error


def _limiter() -> anyio.CapacityLimiter:
    """One batch at a time is unpacked for all who ask: kilobytes may be many megabytes then."""
    try:
        return _SEARCHING.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(1)
        _SEARCHING.set(limiter)
        return limiter


def _bounds(answer: SpanAnswer) -> LogBounds:
    if answer.bounds is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return answer.bounds
