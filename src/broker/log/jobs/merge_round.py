"""One merge: reads objects, each once and in order, and writes what lies in them as one object, log by log. Blocks; runs on a worker thread or in a
process of its own.

It holds all of it in memory meanwhile, which is what the size of a window bounds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from broker.log.marker_batches import batch_of_span, is_marker
from broker.log.span_cutter import SpanCutter
from broker.log.stored_batches import Piece, StoredDataError, check_crc, walk
from broker.model import value
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import RawObjects
from broker.storage.objects.footer import PartitionName
from broker.wire.records.batch import stamp

SPAN_BYTES: Final = 4 << 20
SPAN_BATCHES: Final = 4096
"""What a span of a merged object may have: the index of a log is small, and a reader's way in a span is not long."""

_ROOM_EXTRA: Final = 1 << 20
_READ_BYTES: Final = 8 << 20
_GAP_BYTES: Final = 256 << 10
"""Two pieces no farther apart are read in one go."""


@value
class RunToWrite:
    """Spans of a log, one behind the other, and the leader epoch to stamp what has none. ``name`` goes into the object's footer."""

    pid: int
    leader_epoch: int
    spans: Sequence[Span]
    name: PartitionName | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What each run became, None for those that are damaged and stay as they are. ``object_end`` is 0 when nothing was written."""

    runs: Sequence[Sequence[Span] | None]
    object_end: int
    bytes_read: int
    damage: Sequence[str]


def merge(objects: RawObjects, object_id: int, runs: Sequence[RunToWrite], inline: Mapping[int, bytes]) -> Merged:
    """Write ``runs``, which are in order of their logs, as object ``object_id``, durably. ``inline`` are the bytes of objects that are not in the
    store. Raises StorageUnavailable, of which ObjectUnreadable says what could not be read, and then there is no such object."""
    data = _Pieces(objects, inline)
    data.load(span for run in runs for span in run.spans if not is_marker(span))
    new = objects.create(object_id, data.size + _ROOM_EXTRA)
    written: list[list[Span] | None] = []
    damage: list[str] = []
    try:
        for run in runs:
            try:
                batches = [(span, _batches(span, run, data)) for span in run.spans]
            except StoredDataError as error:
                written.append(None)
                damage.append(f"log {run.pid}, offsets {run.spans[0].base} to {run.spans[-1].last}: {error}")
                continue
            cutter = SpanCutter(
                object_id,
                new,
                run.spans[0].base,
                span_bytes=SPAN_BYTES,
                span_batches=SPAN_BATCHES,
                pid=run.pid,
                name=run.name,
            )
            for span, parts in batches:
                for part in parts:
                    cutter.add(part, span)
            written.append(cutter.finish(run.spans[-1]))
        if not any(written):
            new.discard()
            return Merged(written, 0, data.size, damage)
        end = new.finish()
    except BaseException:
        new.discard()
        raise
    return Merged(written, end, data.size, damage)


class _Pieces:
    """The bytes of spans, read in order of where they lie."""

    def __init__(self, objects: RawObjects, inline: Mapping[int, bytes]) -> None:
        self._objects = objects
        self._inline = inline
        self._found: dict[tuple[int, int], memoryview] = {}
        self.size = 0

    def load(self, spans: Iterable[Span]) -> None:
        """Read them all. Raises ObjectUnreadable."""
        near: list[Span] = []
        for span in sorted(spans, key=lambda span: (span.object_id, span.position)):
            if near and not _belongs(near, span):
                self._read(near)
                near = []
            near.append(span)
        if near:
            self._read(near)

    def of(self, span: Span) -> memoryview:
        """A view that may be written to."""
        return self._found[span.object_id, span.position]

    def _read(self, near: Sequence[Span]) -> None:
        object_id, start = near[0].object_id, near[0].position
        end = max(span.position + span.length for span in near)
        if object_id in self._inline:
            data = memoryview(bytearray(memoryview(self._inline[object_id])[start:end]))
        else:
            data = self._objects.read(object_id, start, end - start)
        for span in near:
            at = span.position - start
            self._found[object_id, span.position] = data[at : at + span.length]
            self.size += span.length


def _belongs(near: Sequence[Span], span: Span) -> bool:
    first, last = near[0], near[-1]
    end = last.position + last.length
    return span.object_id == first.object_id and span.position - end <= _GAP_BYTES and span.position + span.length - first.position <= _READ_BYTES


def _batches(span: Span, run: RunToWrite, data: _Pieces) -> list[memoryview]:
    """The batches of a span, checked, with their offsets in place. Raises StoredDataError."""
    if is_marker(span):
        return [batch_of_span(span, run.leader_epoch)]
    piece = data.of(span)
    is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
    if len(piece) != span.length:
        raise StoredDataError(f"object {span.object_id} is shorter than the span at {span.position}")
    found: list[memoryview] = []
    for at, base, header in walk(Piece(piece, span.base, span.last, is_final, True)):
        check_crc(piece, at, header)
        if not is_final:
            stamp(piece, at, base, run.leader_epoch)
        found.append(piece[at : at + header.size])
    if not found:
        raise StoredDataError(f"object {span.object_id} has no batch at {span.position}")
    return found
