"""Segment files for whoever may block: what compaction reads, and the files that it writes.

A file that is written as a whole has the header of a segment, and behind it record batches without any framing (segment S7), then a footer that says
what they are (:mod:`broker.storage.objects.footer`; positions count from the file's begin). Its number says that it is one (O5). It is flushed in portions while it is written, so that no flush of the broker's waits behind a large one.
"""

import errno
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.storage import segment
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Buffer, NewObject
from broker.storage.objects.footer import WHOLE, Footer, FooterEntry, pack_footer
from broker.storage.objects.open_files import OpenFiles
from broker.storage.objects.segment_writer import segment_path, write_all
from broker.wire.records.crc import crc32c

_OPEN_FILES: Final = 16
_WRITE_BYTES: Final = 256 << 10
_FLUSH_BYTES: Final = 2 << 20


class RawFiles:
    """Implements :class:`broker.storage.objects.base.RawObjects`. ``reserve_bytes`` are left free for appends, come what may."""

    def __init__(
        self, directory: Path, directory_id: bytes, reserve_bytes: int, io: FileOperations | None = None
    ) -> None:
        self._directory = directory
        self._directory_id = directory_id
        self._reserve_bytes = reserve_bytes
        self._io = io or FileOperations()
        self._files = OpenFiles(_OPEN_FILES, self._open, self._io.close)

    @classmethod
    def elsewhere(cls, arguments: Sequence[str]) -> "RawFiles":
        """From what :meth:`ObjectStore.raw_elsewhere` said, in another process."""
        directory, directory_id, reserve_bytes = arguments
        return cls(Path(directory), bytes.fromhex(directory_id), int(reserve_bytes))

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        view = memoryview(bytearray(length))
        filled = 0
        try:
            with self._files.take(object_id) as fd:
                while filled < length:
                    count = self._io.read(fd, [view[filled:]], position + filled)
                    if count <= 0:
                        raise ObjectUnreadable(f"object {object_id} is shorter than asked", object_id, is_lost=True)
                    filled += count
        except OSError as error:
            message = f"cannot read object {object_id}: {error.strerror}"
            raise ObjectUnreadable(message, object_id, is_lost=isinstance(error, FileNotFoundError)) from error
        except segment.SegmentCorrupt as error:
            raise ObjectUnreadable(f"object {object_id}: {error}", object_id, is_lost=True) from error
        return view

    def create(self, object_id: int, room: int) -> NewObject:
        try:
            free = shutil.disk_usage(self._directory).free
            if free < room + self._reserve_bytes:
                raise StorageUnavailable(
                    f"{free} bytes are free, {room} are needed and {self._reserve_bytes} must be left"
                )
            return NewFile(self._directory, object_id, self._directory_id, self._io)
        except OSError as error:
            raise _unavailable("cannot make a new file", error) from error

    def close(self) -> None:
        self._files.close()

    def _open(self, number: int) -> int:
        fd = self._io.open(segment_path(self._directory, number))
        try:
            data = bytearray(segment.HEADER_BYTES)
            header = segment.unpack_header(bytes(data[: self._io.read(fd, [data], 0)]))
            if header.number != number or header.directory_id != self._directory_id:
                raise segment.SegmentCorrupt("the file belongs to another segment or data directory")
        except BaseException:
            self._io.close(fd)
            raise
        return fd


class NewFile:
    """Implements :class:`broker.storage.objects.base.NewObject`."""

    def __init__(self, directory: Path, number: int, directory_id: bytes, io: FileOperations) -> None:
        self._directory = directory
        self._io = io
        self._path = segment_path(directory, number)
        self._fd = io.create(self._path)
        created_ms = time.time_ns() // 1_000_000
        head = segment.pack_header(segment.SegmentHeader(number, directory_id, os.urandom(8), created_ms))
        self._number = number
        self._directory_id = directory_id
        self._created_ms = created_ms
        self._pending = bytearray(head)
        self._crc = crc32c(head)
        self._entries: list[FooterEntry] = []
        self._written = 0
        self._flushed = 0

    @property
    def position(self) -> int:
        return self._written + len(self._pending)

    def describe(self, entry: FooterEntry) -> None:
        self._entries.append(entry)

    def write(self, data: Buffer) -> None:
        self._crc = crc32c(data, self._crc)
        self._pending += data
        if len(self._pending) >= _WRITE_BYTES:
            try:
                self._drain()
                if self._written - self._flushed >= _FLUSH_BYTES:
                    self._io.sync_data(self._fd)
                    self._flushed = self._written
            except OSError as error:
                raise _unavailable(f"cannot write to {self._path.name}", error) from error

    def finish(self) -> int:
        end = self.position
        self._pending += pack_footer(
            Footer(
                object_id=self._number,
                kind=WHOLE,
                cluster_id=self._directory_id.hex(),
                created_ms=self._created_ms,
                payload_length=end,
                payload_crc=self._crc,
                entries=self._entries,
            )
        )
        try:
            self._drain()
            self._io.sync(self._fd)
            self._io.sync_directory(self._directory)
        except OSError as error:
            raise _unavailable(f"cannot make {self._path.name} durable", error) from error
        self._close()
        return end

    def discard(self) -> None:
        self._close()
        try:
            self._io.unlink(self._path)
        except OSError:
            # The catalog never names it, so the next start removes it.
            pass

    def _drain(self) -> None:
        write_all(self._io, self._fd, [self._pending], self._written)
        self._written += len(self._pending)
        self._pending = bytearray()

    def _close(self) -> None:
        if self._fd >= 0:
            self._io.close(self._fd)
            self._fd = -1


def _unavailable(what: str, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"{what}: {errno.errorcode.get(error.errno or 0, '')} {error.strerror}")
