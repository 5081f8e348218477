"""What objects say of themselves, whatever store they lie in: footers of remote ones and of whole files, groups of segment files."""

import mmap
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from anyio import to_thread

from broker.errors import StorageUnavailable
from broker.storage import segment
from broker.storage.objects import footer
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.footer import UNKNOWN, Footer, FooterCorrupt, FooterEntry
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.remote import RemoteObjectStore
from broker.storage.objects.requester import RequestFailed
from broker.storage.objects.segment_writer import segment_path
from broker.storage.objects.store_errors import Trouble
from broker.storage.ownership import NUMBERS_AN_EPOCH
from broker.wire.records.crc import crc32c

_READ_BYTES: Final = 8 << 20


class ObjectMissing(Exception):
    """There is no such object."""


class ObjectDamaged(Exception):
    """The object is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What lies in an object. ``end`` is where its data ends. ``is_told`` is False for whole files of releases that wrote no footer: then
    only the catalog knows. ``created_ms`` is 0 where it is not told."""

    object_id: int
    end: int
    entries: Sequence[FooterEntry]
    is_whole: bool
    cluster_id: str = ""
    created_ms: int = 0
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class SegmentsOwner:
    """Whose segments they are: the data directory's id, and the largest number of starts that their numbers tell of."""

    directory_id: bytes
    epoch: int


class CheckedObjects(Protocol):
    """A store as it is checked. Raises StorageUnavailable when it cannot be reached."""

    async def contents(self, object_id: int) -> Contents:
        """Raises ObjectMissing and ObjectDamaged."""
        ...

    async def read(self, object_id: int, position: int, length: int) -> memoryview:
        """Raises StorageUnavailable."""
        ...

    async def verify(self, object_id: int) -> None:
        """Read all of it and compare with its checksum. Raises ObjectMissing and ObjectDamaged."""
        ...

    def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        """As :class:`broker.storage.objects.base.ListedObjects`."""
        ...


class RemoteContents:
    """Implements :class:`CheckedObjects` over a remote store."""

    def __init__(self, store: RemoteObjectStore) -> None:
        self._store = store

    async def contents(self, object_id: int) -> Contents:
        return _of_footer(await self._footer(object_id))

    async def read(self, object_id: int, position: int, length: int) -> memoryview:
        return (await self._store.read(object_id, [(position, length)]))[0]

    async def verify(self, object_id: int) -> None:
        found = await self._footer(object_id)
        crc = at = 0
        while at < found.payload_length:
            data = await self.read(object_id, at, min(_READ_BYTES, found.payload_length - at))
            crc = crc32c(data, crc)
            at += len(data)
        _compare(found, crc)

    def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        return self._store.stored_objects()

    async def _footer(self, object_id: int) -> Footer:
        try:
            return await self._store.footer_of(object_id)
        except FooterCorrupt as error:
            raise ObjectDamaged(str(error)) from error
        except RequestFailed as failed:
            if failed.trouble is Trouble.MISSING:
                raise ObjectMissing from None
            raise


class FileContents:
    """Implements :class:`CheckedObjects` over segment files, which a broker may be writing to meanwhile."""

    def __init__(self, directory: Path, directory_id: bytes) -> None:
        self._directory = directory
        self._directory_id = directory_id
        self._raw = RawFiles(directory, directory_id, 0)

    async def contents(self, object_id: int) -> Contents:
        return await to_thread.run_sync(self._contents, object_id)

    async def read(self, object_id: int, position: int, length: int) -> memoryview:
        return await to_thread.run_sync(self._raw.read, object_id, position, length)

    async def verify(self, object_id: int) -> None:
        """Groups are without a checksum of their own: their batches have one. Whole files have one in their footer."""
        if object_id >= WHOLE_OBJECTS:
            await to_thread.run_sync(self._verify, object_id)

    async def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        for path in await to_thread.run_sync(lambda: sorted(self._directory.glob("*.segment"))):
            try:
                number, status = int(path.stem, 16), path.stat()
            except (ValueError, FileNotFoundError):
                continue
            yield number, status.st_size, status.st_mtime

    def close(self) -> None:
        """Close files."""
        self._raw.close()

    def _contents(self, object_id: int) -> Contents:
        data = _mapped(segment_path(self._directory, object_id))
        header = self._header(object_id, data)
        if object_id >= WHOLE_OBJECTS:
            try:
                return _of_footer(footer.read_footer(data, len(data)))
            except FooterCorrupt:
                return Contents(
                    object_id=object_id,
                    end=len(data),
                    entries=(),
                    is_whole=True,
                    created_ms=header.created_ms,
                    is_told=False,
                )
        groups = list(segment.read_groups(data, header))
        entries = [
            FooterEntry(entry.pid, UNKNOWN, group.position + entry.offset, entry.length, 0, 0, -1)
            for group in groups
            for entry in group.entries
        ]
        end = groups[-1].end if groups else segment.HEADER_BYTES
        return Contents(object_id=object_id, end=end, entries=entries, is_whole=False, created_ms=header.created_ms)

    def _verify(self, object_id: int) -> None:
        data = _mapped(segment_path(self._directory, object_id))
        self._header(object_id, data)
        try:
            found = footer.read_footer(data, len(data))
        except FooterCorrupt:
            return  # of a release that wrote none; the catalog checks what it names
        _compare(found, crc32c(data[: found.payload_length]))

    def _header(self, object_id: int, data: memoryview) -> segment.SegmentHeader:
        try:
            header = segment.unpack_header(data)
        except segment.SegmentCorrupt as error:
            raise ObjectDamaged(str(error)) from error
        if header.number != object_id or header.directory_id != self._directory_id:
            raise ObjectDamaged("the file belongs to another segment or data directory")
        return header


def owner_of_segments(directory: Path) -> SegmentsOwner:
    """Raises StorageUnavailable when there are none, or of several directories."""
    owners: set[bytes] = set()
    epoch = 0
    for path in directory.glob("*.segment"):
        try:
            with path.open("rb") as file:
                header = segment.unpack_header(file.read(segment.HEADER_BYTES))
        except (OSError, segment.SegmentCorrupt):
            continue
        owners.add(header.directory_id)
        epoch = max(epoch, header.number % WHOLE_OBJECTS // NUMBERS_AN_EPOCH)
    if len(owners) != 1:
        raise StorageUnavailable(f"{directory} holds segments of {len(owners)} data directories; one is needed")
    return SegmentsOwner(owners.pop(), epoch)


def pieces_of(contents: Contents) -> Iterator[tuple[int, int, int]]:
    """The runs of a partition's bytes, as (pid, position, end); neighbours joined."""
    last: tuple[int, int, int] | None = None
    for entry in sorted(contents.entries, key=lambda each: each.position):
        if last is not None and last[0] == entry.pid and last[2] == entry.position:
            last = (last[0], last[1], entry.position + entry.length)
            continue
        if last is not None:
            yield last
        last = (entry.pid, entry.position, entry.position + entry.length)
    if last is not None:
        yield last


def _of_footer(found: Footer) -> Contents:
    return Contents(
        object_id=found.object_id,
        end=found.payload_length,
        entries=found.entries,
        is_whole=found.kind == footer.WHOLE,
        cluster_id=found.cluster_id,
        created_ms=found.created_ms,
    )


def _compare(found: Footer, crc: int) -> None:
    if crc != found.payload_crc:
        raise ObjectDamaged(f"its bytes have the checksum {crc:08x}, the footer says {found.payload_crc:08x}")


def _mapped(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise ObjectDamaged("the file is empty")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise ObjectMissing from None
    except OSError as error:
        raise StorageUnavailable(f"{path.name} cannot be read: {error.strerror}") from error
