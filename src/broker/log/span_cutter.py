"""Writes rewritten batches one behind the other into an object and cuts spans from them. Blocks."""

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS, FLAG_LOG_APPEND_TIME
from broker.storage.catalog.span_times import of_batch, of_both
from broker.storage.objects.base import Buffer, NewObject
from broker.storage.objects.footer import UNKNOWN, FooterEntry, PartitionName
from broker.wire.records.batch import parse_header


class SpanCutter:
    """The spans of one log, from offset ``base`` on. A gap is the front of the span behind it."""

    def __init__(
        self,
        object_id: int,
        new: NewObject,
        base: int,
        *,
        span_bytes: int,
        span_batches: int,
        flags: int = 0,
        pid: int = 0,
        name: PartitionName | None = None,
    ) -> None:
        """``span_bytes`` and ``span_batches`` are what a span may have; ``flags`` are what all have, besides FLAG_FINAL_OFFSETS. ``pid`` and ``name`` say in the
        object's footer whose log it is."""
        self._object_id = object_id
        self._new = new
        self._spans: list[Span] = []
        self._base = base
        self._common = flags | FLAG_FINAL_OFFSETS
        self._pid = pid
        self._name = UNKNOWN if name is None else name
        self._records = 0
        self._sources: set[int] = set()
        self._span_bytes = span_bytes
        self._span_batches = span_batches
        self._position = self._length = self._count = 0
        self._last = self._max_timestamp = self._running = -1
        self._flags = self._common

    def add(self, batch: Buffer, source: Span) -> None:
        """The next batch, which has its offset; ``source`` is the span it comes from."""
        header = parse_header(batch)
        size = len(batch)
        if self._count and (self._length + size > self._span_bytes or self._count >= self._span_batches):
            self._cut(self._last)
        if not self._count:
            self._position = self._new.position
        self._new.write(batch)
        self._count += 1
        self._length += size
        self._records += header.record_count
        if source.object_id >= 0:
            self._sources.add(source.object_id)
        self._last = header.last_offset
        self._max_timestamp = of_both(self._max_timestamp, of_batch(header.max_timestamp, source.max_timestamp))
        self._running = source.running_timestamp
        self._flags |= source.flags & (FLAG_LOG_APPEND_TIME | FLAG_COMPACTED)

    def finish(self, last: Span) -> list[Span]:
        """The spans, the last of which ends where the span ``last`` does."""
        self._running = last.running_timestamp
        self._cut(last.last)
        return self._spans

    def _cut(self, last: int) -> None:
        span = Span(
            self._base,
            last,
            self._object_id,
            self._position,
            self._length,
            self._max_timestamp,
            self._running,
            self._count,
            self._flags,
        )
        self._spans.append(span)
        self._new.describe(
            FooterEntry(
                self._pid,
                self._name,
                span.position,
                span.length,
                span.batch_count,
                self._records,
                span.max_timestamp,
                span.base,
                span.last,
                span.flags,
                tuple(sorted(self._sources)),
            )
        )
        self._base = last + 1
        self._begin()

    def _begin(self) -> None:
        self._position = self._length = self._count = self._records = 0
        self._sources = set()
        self._last = self._max_timestamp = self._running = -1
        self._flags = self._common
