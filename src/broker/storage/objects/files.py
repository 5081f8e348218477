"""Record data in segment files of one local directory (format: :mod:`broker.storage.segment`)."""

import mmap
import os
import time
from collections.abc import AsyncIterator, Callable, Container, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import anyio
from anyio import to_thread

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage import segment
from broker.storage.batching_thread import BatchingThread, Job
from broker.storage.catalog.base import CommitGroup
from broker.storage.file_operations import FileOperations, make_directory
from broker.storage.objects.base import WHOLE_OBJECTS, Buffer, Extent, TocEntry
from broker.storage.objects.open_files import OpenFiles
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.segment_writer import SegmentWriter, segment_path
from broker.storage.recovery import recoverable_groups

DEFAULT_SEGMENT_BYTES: Final = 64 << 20
_SUFFIX: Final = ".segment"
_OPEN_FILES: Final = 128
_READERS: Final = 8

_Append = tuple[Sequence[Buffer], Sequence[TocEntry]]
_Request = _Append | Extent
"""What to append, or what to withdraw."""


def wall_clock_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class FileObjectStore:
    """Implements :class:`broker.storage.objects.base.ObjectStore` over preallocated files.

    Owns one thread that writes and flushes: appends that gather while it is busy share the next flush. Reads run on worker
    threads. ``first_number`` must be larger than any number this directory has used before (O2); each start begins a new file.
    """

    def __init__(
        self,
        directory: Path,
        segment_bytes: int = DEFAULT_SEGMENT_BYTES,
        *,
        directory_id: bytes = bytes(16),
        first_number: int = 1,
        io: FileOperations | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._directory = directory
        self._directory_id = directory_id
        self._now_ms = now_ms
        self._io = io or FileOperations()
        make_directory(directory, self._io)
        self._writer = SegmentWriter(directory, directory_id, first_number, segment_bytes, self._io, now_ms)
        self._writing = Lock()
        self._files = OpenFiles(_OPEN_FILES, self._open_segment, self._io.close)
        self._thread: BatchingThread[_Request, Extent] = BatchingThread("segment-writer", self._append_all)
        self._readers = anyio.CapacityLimiter(_READERS)
        self._reserve_bytes = 2 * segment_bytes
        self._next_whole = WHOLE_OBJECTS | first_number

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        return await self._thread.run((parts, toc))

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        return await to_thread.run_sync(self._read, object_id, ranges, limiter=self._readers)

    async def withdraw(self, extent: Extent) -> None:
        await self._thread.run(extent)

    def append_here(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        """:meth:`append` on the calling thread, for whoever owns one already."""
        with self._writing:
            extent = self._writer.append(parts, toc)
            self._writer.sync()
        return extent

    def withdraw_here(self, extent: Extent) -> None:
        """:meth:`withdraw` on the calling thread."""
        with self._writing:
            self._writer.withdraw(extent)

    def new_object_id(self) -> int:
        self._next_whole += 1
        return self._next_whole

    def raw(self) -> RawFiles:
        return RawFiles(self._directory, self._directory_id, self._reserve_bytes, self._io)

    def raw_elsewhere(self) -> Sequence[str]:
        return [str(self._directory.absolute()), self._directory_id.hex(), str(self._reserve_bytes)]

    def stored_elsewhere(self) -> Sequence[str] | None:
        return self.raw_elsewhere()

    async def delete(self, object_ids: Sequence[int]) -> None:
        if self._writer.current_number in object_ids:
            raise ValueError(f"segment {self._writer.current_number} is still being appended to")
        await to_thread.run_sync(self._delete, object_ids)

    async def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        for path in await to_thread.run_sync(lambda: list(self._directory.iterdir()), limiter=self._readers):
            number = _number_of(path)
            if number is None:
                continue
            try:
                status = await anyio.Path(path).stat()
            except FileNotFoundError:
                continue
            yield number, status.st_size, status.st_mtime

    async def aclose(self) -> None:
        await self._thread.aclose()
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self._close)

    def foreign(self, known: Container[int]) -> list[int]:
        """Segments here that are another data directory's. A file without a whole header is nobody's."""
        found = []
        for path in self._directory.iterdir():
            number = _number_of(path)
            if number is not None and number not in known:
                with path.open("rb") as file:
                    head = file.read(segment.HEADER_BYTES)
                try:
                    if segment.unpack_header(head).directory_id != self._directory_id:
                        found.append(number)
                except segment.SegmentCorrupt:
                    continue
        return sorted(found)

    def recoverable(self, known: Mapping[int, int]) -> list[CommitGroup]:
        """Before :meth:`sweep`: the durable groups behind what the catalog knows, in the order they were written.

        The catalog commits in that order too, so they lie in the last object it knows and in younger ones. Raises
        GroupDamaged, see :mod:`broker.storage.recovery`.
        """
        newest = max((number for number in known if number < WHOLE_OBJECTS), default=-1)
        groups: list[CommitGroup] = []
        numbers = sorted(number for path in self._directory.iterdir() if (number := _number_of(path)) is not None)
        for number in numbers:
            if not newest <= number < WHOLE_OBJECTS:
                continue
            with segment_path(self._directory, number).open("rb") as file:
                if os.fstat(file.fileno()).st_size < segment.HEADER_BYTES:
                    continue
                # Mapped: only the pages of what is recovered are read. It is unmapped with the last view of it.
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            try:
                header = segment.unpack_header(data[: segment.HEADER_BYTES])
            except segment.SegmentCorrupt:
                continue
            groups += recoverable_groups(data, header, known.get(number, 0), self._now_ms())
        return groups

    def sweep(self, known: Mapping[int, int]) -> list[int]:
        """Before the first append: make the directory agree with the catalog, which knows objects and where their data ends.

        Files it does not know were never acknowledged and go; unused space behind the known data is given back (behind that of a whole
        file there is its footer). Returns the
        known objects that are missing or too short, which only a damaged data directory has.
        """
        missing = set(known)
        for path in self._directory.iterdir():
            number = _number_of(path)
            if number is None:
                continue
            end = known.get(number)
            if end is None:
                self._unlink(path)
                continue
            size = path.stat().st_size
            if size >= end:
                missing.discard(number)
            if size > end and number < WHOLE_OBJECTS:
                self._cut(path, end)
        self._io.sync_directory(self._directory)
        return sorted(missing)

    def prepare(self) -> None:
        """After :meth:`sweep`: make the first file ready while the broker starts."""
        self._writer.prepare()

    # On the writer's thread

    def _append_all(self, jobs: list[Job[_Request, Extent]]) -> None:
        with self._writing:
            self._append_and_sync(jobs)

    def _append_and_sync(self, jobs: list[Job[_Request, Extent]]) -> None:
        written: list[tuple[Job[_Request, Extent], Extent]] = []
        for job in jobs:
            try:
                if isinstance(job.request, Extent):
                    self._writer.withdraw(job.request)
                    job.result = job.request
                else:
                    written.append((job, self._writer.append(*job.request)))
            except (StorageUnavailable, StorageFailed) as error:
                job.error = error
        try:
            self._writer.sync()
        except StorageFailed as error:
            for job, _ in written:
                job.error = StorageFailed(str(error))
        else:
            for job, extent in written:
                job.result = extent

    def _close(self) -> None:
        try:
            self._writer.close()
        except StorageFailed:
            # Whoever appended last was told; closing has nobody to tell.
            pass
        self._files.close()

    # On worker threads

    def _read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        try:
            with self._files.take(object_id) as fd:
                return [self._read_range(object_id, fd, position, length) for position, length in ranges]
        except OSError as error:
            raise StorageUnavailable(f"cannot read object {object_id}: {error.strerror}") from error
        except segment.SegmentCorrupt as error:
            raise StorageUnavailable(f"object {object_id}: {error}") from error

    def _read_range(self, object_id: int, fd: int, position: int, length: int) -> memoryview:
        if position < 0 or length < 0 or position + length > self._io.size(fd):
            raise StorageUnavailable(f"object {object_id} is shorter than asked")
        view = memoryview(bytearray(length))
        filled = 0
        while filled < length:
            count = self._io.read(fd, [view[filled:]], position + filled)
            if count <= 0:
                raise StorageUnavailable(f"object {object_id} is shorter than asked")
            filled += count
        return view

    def _open_segment(self, number: int) -> int:
        """Open for reading, after a look at the header: a file of another data directory must not be taken for ours."""
        fd = self._io.open(segment_path(self._directory, number))
        try:
            data = bytearray(segment.HEADER_BYTES)
            count = self._io.read(fd, [data], 0)
            header = segment.unpack_header(bytes(data[:count]))
            if header.number != number or header.directory_id != self._directory_id:
                raise segment.SegmentCorrupt("the file belongs to another segment or data directory")
        except BaseException:
            self._io.close(fd)
            raise
        return fd

    def _delete(self, object_ids: Iterable[int]) -> None:
        for object_id in object_ids:
            self._files.forget(object_id)
            self._unlink(segment_path(self._directory, object_id))

    def _unlink(self, path: Path) -> None:
        try:
            self._io.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StorageUnavailable(f"cannot delete {path.name}: {error.strerror}") from error

    def _cut(self, path: Path, length: int) -> None:
        fd = self._io.open_for_writing(path)
        try:
            self._io.truncate(fd, length)
        finally:
            self._io.close(fd)


def _number_of(path: Path) -> int | None:
    if path.suffix != _SUFFIX:
        return None
    try:
        return int(path.stem, 16)
    except ValueError:
        return None
