"""Writes groups to preallocated segment files and makes them durable. Blocking; used by one thread (the next file is prepared
on a second one).

W1  What ``append`` and then ``sync`` let through is durable; before ``sync`` nothing may be answered.
W2  After a failed write the segment is cut back to what was whole and never appended to again, so nothing half written
    stays in front of later groups (O3), and no position is given twice (O2).
W3  After a failed sync, or an I/O error on writing, nothing is ever tried again: the system may have dropped the dirty
    pages and report success the next time.
W4  What is withdrawn is cut off durably before anything else is written; its segment is not appended to again.
W5  Segment numbers only grow, in the order of use. The file that is appended to always has the largest number.

The first file after a start is small, so that starting is quick. Each further one is made ahead of need, and filled with zeros so
that flushing into it writes no metadata; when flushes are large, that would only double the writing, and is left out.
"""

import errno
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage import segment
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Buffer, Extent, TocEntry

FIRST_SEGMENT_BYTES: Final = 4 << 20
_PREPARE_AT: Final = 0.25
_FILL_CHUNK: Final = bytes(1 << 20)
_FILL_WORTHWHILE_GROUP_BYTES: Final = 256 << 10
_ROUND: Final = 1 << 20
_IOV_MAX: Final = min(1024, os.sysconf("SC_IOV_MAX") if "SC_IOV_MAX" in os.sysconf_names else 16)
_OUT_OF_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_PASSING: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def segment_path(directory: Path, number: int) -> Path:
    """Where segment ``number`` lies."""
    return directory / f"{number:016x}.segment"


@dataclass(slots=True)
class _OpenSegment:
    number: int
    path: Path
    fd: int
    key: bytes
    limit: int
    position: int = segment.HEADER_BYTES
    last_group: int = segment.HEADER_BYTES
    sequence: int = 0
    unsynced: bool = False


class SegmentWriter:
    """Owns the segment that is being appended to."""

    def __init__(
        self,
        directory: Path,
        directory_id: bytes,
        first_number: int,
        segment_bytes: int,
        io: FileOperations,
        now_ms: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._directory_id = directory_id
        self._next_number = first_number
        self._segment_bytes = segment_bytes
        self._io = io
        self._now_ms = now_ms
        self._current: _OpenSegment | None = None
        self._prepared: Future[_OpenSegment] | None = None
        self._hurry = Event()
        self._preparer = ThreadPoolExecutor(1, "segment-preparer")
        self._failure: str | None = None
        self._started = False

    def prepare(self) -> None:
        """Make the first file ready on the side, so that the first append does not wait for it."""
        if self._prepared is None and self._current is None:
            self._started = True
            size = min(self._segment_bytes, FIRST_SEGMENT_BYTES)
            self._prepared = self._preparer.submit(self._create_sized, size, True)

    @property
    def current_number(self) -> int | None:
        """The segment that must not be deleted."""
        return None if self._current is None else self._current.number

    def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        """Write one group. Raises StorageUnavailable when there is no space, StorageFailed on anything worse."""
        self.check()
        length = sum(memoryview(part).nbytes for part in parts)
        if length > segment.MAX_PAYLOAD:
            raise StorageUnavailable(f"a group of {length} bytes is more than a segment can hold")
        size = segment.GROUP_HEADER_BYTES + len(toc) * segment.ENTRY_BYTES + length
        try:
            current = self._segment_with_room(size)
        except OSError as error:
            raise self._classify(error, "cannot make a new segment file") from error
        head = segment.pack_group(current.key, current.sequence, length, toc)
        start = current.position
        try:
            write_all(self._io, current.fd, [head, *parts], start)
        except OSError as error:
            refusal = self._classify(error, f"cannot write to {current.path.name}")
            if self._failure is None:
                self._retire(keep=start)
            raise refusal from error
        current.position = start + size
        current.last_group = start
        current.sequence += 1
        current.unsynced = True
        self._prepare_ahead(current, size)
        return Extent(current.number, start + size - length, length)

    def sync(self) -> None:
        """Make all that was appended durable. Raises StorageFailed, for good (W3)."""
        self.check()
        current = self._current
        if current is not None and current.unsynced:
            try:
                self._io.sync_data(current.fd)
            except OSError as error:
                raise self._fail(f"cannot make {current.path.name} durable: {error}") from error
            current.unsynced = False

    def withdraw(self, extent: Extent) -> None:
        """Cut off the last group that was appended, for good (W4). Raises StorageFailed."""
        self.check()
        current = self._current
        if current is None or (extent.object_id, extent.position + extent.length) != (current.number, current.position):
            raise self._fail(f"{extent} is not the last group that was appended and cannot be withdrawn")
        try:
            self._io.truncate(current.fd, current.last_group)
            self._io.sync(current.fd)
        except OSError as error:
            raise self._fail(f"cannot withdraw a group from {current.path.name}: {error}") from error
        current.unsynced = False
        self._retire(keep=current.last_group)

    def check(self) -> None:
        """Raises StorageFailed when an earlier failure ended this writer (W3)."""
        if self._failure is not None:
            raise StorageFailed(self._failure)

    def close(self) -> None:
        """Give back what was allocated and not used."""
        self._hurry.set()
        self._preparer.shutdown()
        if self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            if prepared.exception() is None:
                self._discard(prepared.result())
        if self._current is not None and self._failure is None:
            self._retire(keep=self._current.position)
        elif self._current is not None:
            self._io.close(self._current.fd)
            self._current = None

    # Segments

    def _segment_with_room(self, size: int) -> _OpenSegment:
        current = self._current
        if current is not None and current.position + size <= current.limit:
            return current
        if current is not None:
            self._retire(keep=current.position)
        needed = segment.HEADER_BYTES + size
        opened = self._take_prepared()
        if opened is None:
            usual = self._segment_bytes if self._started else min(self._segment_bytes, FIRST_SEGMENT_BYTES)
            opened = self._create(max(usual, needed), needed)
            self._started = True
        elif opened.limit < needed:
            try:
                self._io.allocate(opened.fd, needed)
            except OSError:
                self._discard(opened)
                raise
            opened.limit = needed
        self._current = opened
        return opened

    def _create(self, wanted: int, needed: int) -> _OpenSegment:
        """A new file of ``wanted`` bytes, or, when space is short, just enough for ``needed``."""
        try:
            return self._create_sized(wanted, fill=False)
        except OSError as error:
            least = -(-needed // _ROUND) * _ROUND
            if error.errno not in _OUT_OF_SPACE or least >= wanted:
                raise
            return self._create_sized(least, fill=False)

    def _create_sized(self, length: int, fill: bool) -> _OpenSegment:
        number, self._next_number = self._next_number, self._next_number + 1
        path = segment_path(self._directory, number)
        key = os.urandom(8)
        fd = self._io.create(path)
        try:
            self._io.allocate(fd, length)
            header = segment.pack_header(segment.SegmentHeader(number, self._directory_id, key, self._now_ms()))
            write_all(self._io, fd, [header], 0)
            if fill:
                self._fill(fd, length)
            self._io.sync(fd)
            self._io.sync_directory(self._directory)
        except BaseException:
            self._io.close(fd)
            self._unlink(path)
            raise
        return _OpenSegment(number, path, fd, key, length)

    def _fill(self, fd: int, length: int) -> None:
        position = segment.HEADER_BYTES
        while position < length and not self._hurry.is_set():
            chunk = memoryview(_FILL_CHUNK)[: length - position]
            write_all(self._io, fd, [chunk], position)
            position += len(chunk)
            self._io.sync_data(fd)

    def _prepare_ahead(self, current: _OpenSegment, group_bytes: int) -> None:
        if self._prepared is None and current.position >= current.limit * _PREPARE_AT:
            self._hurry.clear()
            fill = group_bytes < _FILL_WORTHWHILE_GROUP_BYTES
            self._prepared = self._preparer.submit(self._create_sized, self._segment_bytes, fill)

    def _take_prepared(self) -> _OpenSegment | None:
        if self._prepared is None:
            return None
        self._hurry.set()
        prepared, self._prepared = self._prepared, None
        try:
            return prepared.result()
        except OSError:
            # Tried again in the foreground, where the answer goes to somebody.
            return None

    def _retire(self, keep: int) -> None:
        """Leave the current segment behind, durable and cut to ``keep`` bytes."""
        current = self._current
        assert current is not None
        self.sync()
        self._current = None
        try:
            self._io.truncate(current.fd, keep)
        except OSError:
            # Only unused space stays taken; groups end at the first that is not valid (S5).
            pass
        finally:
            self._io.close(current.fd)

    def _discard(self, opened: _OpenSegment) -> None:
        self._io.close(opened.fd)
        self._unlink(opened.path)

    def _unlink(self, path: Path) -> None:
        try:
            self._io.unlink(path)
        except OSError:
            # The catalog never names it, so the next start removes it.
            pass

    # Failures

    def _classify(self, error: OSError, what: str) -> StorageUnavailable | StorageFailed:
        if error.errno in _PASSING:
            return StorageUnavailable(f"{what}: {error.strerror}")
        return self._fail(f"{what}: {error}")

    def _fail(self, message: str) -> StorageFailed:
        self._failure = message
        return StorageFailed(message)


def write_all(io: FileOperations, fd: int, parts: Sequence[Buffer], position: int) -> None:
    """Write ``parts`` back to back, however few the system takes at once."""
    pending: list[Buffer] = [part for part in parts if len(part)]
    while pending:
        written = io.write(fd, pending[:_IOV_MAX], position)
        if written <= 0:
            raise OSError(errno.EIO, "a write made no progress")
        position += written
        whole = 0
        while whole < len(pending) and written >= (size := memoryview(pending[whole]).nbytes):
            written -= size
            whole += 1
        del pending[:whole]
        if written:
            pending[0] = memoryview(pending[0]).cast("B")[written:]
