"""One round of compaction over one log: reads spans, and writes what stays of them into new objects. Blocks; runs on a worker thread or in a
process of its own.

A round first takes in the keys of what is dirty (:meth:`CompactionRound.index`), as far as they fit, and then goes over the log from its start
(:meth:`CompactionRound.rewrite`), a part at a time. Each part becomes one object. Its last batch always stays, be it without records: so
whoever reads gets to the end of the log, and the part's spans cover its offsets.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.log.compaction_rules import AbortedIndex, KeyMap, KeysFull, Sieve
from broker.log.marker_batches import batch_of_span, is_marker
from broker.log.span_cutter import SpanCutter
from broker.log.stored_batches import Piece, StoredDataError, check_crc, walk
from broker.model import value
from broker.storage.catalog.base import Span
from broker.storage.catalog.commit_rules import SPAN_BATCHES, SPAN_BYTES
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import Buffer, RawObjects
from broker.storage.objects.footer import PartitionName
from broker.wire.errors import DecodeError
from broker.wire.records.batch import BatchHeader, stamp
from broker.wire.records.rewrite import placeholder

_ROOM_EXTRA: Final = 1 << 20


class Uncleanable(Exception):
    """The log cannot be compacted, and trying again will not help: its data is damaged, or too large for the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundSettings:
    """What a round goes by. ``keys`` is how many may be known at once; ``bytes_per_second`` bounds what is read and written; ``grace_ms``
    is K7's. ``pid`` and ``name`` go into the footers of objects."""

    start: int
    log_start: int
    leader_epoch: int
    now_ms: int
    delete_retention_ms: int
    keys: int
    bytes_per_second: float
    grace_ms: int = 0
    pid: int = 0
    name: PartitionName | None = None


@value
class Indexed:
    """``latest`` is the last offset up to which all keys are known; ``is_full``: no more of them fit."""

    latest: int
    is_full: bool


@value
class Rewritten:
    """What a part of the log became. ``object_end`` is the size of its object."""

    spans: Sequence[Span]
    object_end: int
    forgotten: Sequence[int]
    bytes_read: int
    records_read: int
    records_kept: int


class CompactionRound:
    """Owns what a round knows: the keys, and the transactions of which it has come across data."""

    def __init__(
        self, objects: RawObjects, settings: RoundSettings, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._objects = objects
        self._settings = settings
        self._keys = KeyMap(settings.keys, settings.start)
        self._sieve = Sieve(self._keys, settings.now_ms, settings.delete_retention_ms, settings.grace_ms)
        self._began_s = time.monotonic()
        self._pause = pause
        self._debt_s = 0.0

    def index(self, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Indexed:
        """Take in the keys of the next dirty spans. Raises StorageUnavailable and Uncleanable."""
        index = AbortedIndex(aborted)
        for span in spans:
            data = self._read(span)
            for at, header in self._batches(span, data):
                try:
                    taken = self._keys.add(data, at, header, index.marker_of(header) is not None)
                except (DecodeError, KeysFull) as error:
                    raise _uncleanable(span, error) from error
                if not taken:
                    return Indexed(self._keys.latest, True)
            self._keys.latest = span.last
        return Indexed(self._keys.latest, False)

    def rewrite(self, object_id: int, spans: Sequence[Span], aborted: Sequence[AbortedTransaction]) -> Rewritten:
        """Write what stays of the next spans as object ``object_id``, durably. Raises StorageUnavailable and Uncleanable, and then there is
        no such object."""
        self._sieve.late_ms = int((time.monotonic() - self._began_s) * 1000)
        tally = self._sieve.tally
        read_before, kept_before = tally.records_read, tally.records_kept
        size = sum(span.length for span in spans)
        new = self._objects.create(object_id, size + _ROOM_EXTRA)
        try:
            cutter = SpanCutter(
                object_id,
                new,
                spans[0].base,
                flags=FLAG_COMPACTED,
                span_bytes=SPAN_BYTES,
                span_batches=SPAN_BATCHES,
                pid=self._settings.pid,
                name=self._settings.name,
            )
            self._sift(spans, AbortedIndex(aborted), cutter)
            rewritten = cutter.finish(spans[-1])
            self._slow_down(sum(span.length for span in rewritten))
            end = new.finish()
        except BaseException:
            new.discard()
            raise
        forgotten, self._sieve.forgotten = self._sieve.forgotten, []
        return Rewritten(
            rewritten, end, forgotten, size, tally.records_read - read_before, tally.records_kept - kept_before
        )

    def _sift(self, spans: Sequence[Span], index: AbortedIndex, cutter: SpanCutter) -> None:
        for number, span in enumerate(spans):
            data = self._read(span)
            batches = self._batches(span, data)
            for place, (at, header) in enumerate(batches):
                kept: Buffer | None = None
                if header.last_offset >= self._settings.log_start:
                    try:
                        kept = self._sieve.keep(data, at, header, index)
                    except DecodeError as error:
                        raise _uncleanable(span, error) from error
                if kept is None and number == len(spans) - 1 and place == len(batches) - 1:
                    kept = placeholder(header)
                if kept is not None:
                    cutter.add(kept, span)

    def _read(self, span: Span) -> memoryview:
        if is_marker(span):
            return batch_of_span(span, self._settings.leader_epoch)
        self._slow_down(span.length)
        return self._objects.read(span.object_id, span.position, span.length)

    def _batches(self, span: Span, data: memoryview) -> list[tuple[int, BatchHeader]]:
        """The batches of a span, checked, with their offsets in place."""
        is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
        found: list[tuple[int, BatchHeader]] = []
        try:
            for at, base, header in walk(Piece(data, span.base, span.last, is_final, True)):
                check_crc(data, at, header)
                if not is_final:
                    epoch = self._settings.leader_epoch
                    stamp(data, at, base, epoch)
                    header = header._replace(base_offset=base, partition_leader_epoch=epoch)
                found.append((at, header))
        except StoredDataError as error:
            raise _uncleanable(span, error) from error
        return found

    def _slow_down(self, size: int) -> None:
        self._debt_s += size / self._settings.bytes_per_second
        if self._debt_s >= 0.01:
            self._pause(self._debt_s)
            self._debt_s = 0.0


def _uncleanable(span: Span, error: Exception) -> Uncleanable:
    return Uncleanable(f"object {span.object_id} at {span.position}, offsets {span.base} to {span.last}: {error}")
