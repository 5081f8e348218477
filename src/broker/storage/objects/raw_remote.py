"""Objects of a remote store for whoever may block: merge and compaction, on a thread or in a process of its own.

What is written goes up in parts while it is written, so that memory does not grow with the object. The client tries failed parts again by itself. An
object that is not finished does not come to be; its parts stay with the store until that removes them (see docs/operations/backup.md).
"""

import time
from collections.abc import Sequence
from typing import Final

import obstore
from obstore.exceptions import BaseError

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.storage.objects import footer
from broker.storage.objects.backend import Backend, open_backend
from broker.storage.objects.base import Buffer, NewObject
from broker.storage.objects.footer import Footer, FooterEntry
from broker.storage.objects.location import Location, read_location
from broker.storage.objects.store_errors import is_of_object, shown
from broker.wire.records.crc import crc32c

REMOTE: Final = "remote"
_PART_BYTES: Final = 8 << 20
_PARTS_AT_ONCE: Final = 2
_ERRORS: Final = (BaseError, OSError, NotImplementedError)


class RawRemote:
    """Implements :class:`broker.storage.objects.base.RawObjects`."""

    def __init__(self, backend: Backend, cluster_id: str = "") -> None:
        self._backend = backend
        self._cluster_id = cluster_id

    @staticmethod
    def arguments(location: Location, cluster_id: str) -> Sequence[str]:
        """What another process must be told; credentials it finds as this one did."""
        return [REMOTE, location.url, cluster_id]

    @classmethod
    def elsewhere(cls, arguments: Sequence[str]) -> "RawRemote":
        """From :meth:`arguments`, in another process (which must not be a fork of one that had a store open)."""
        kind, url, cluster_id = arguments
        assert kind == REMOTE, "these are another store's"
        return cls(open_backend(read_location(url), retrying=True), cluster_id)

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        if not length:
            return memoryview(bytearray())
        try:
            data = obstore.get_range(self._backend.client, self._backend.path(object_id), start=position, length=length)
        except _ERRORS as error:
            is_lost = is_of_object(error)
            why = "is missing" if is_lost and isinstance(error, FileNotFoundError) else f"cannot be read: {shown(error)}"
            raise ObjectUnreadable(f"object {object_id:016x} {why}", object_id, is_lost=is_lost) from None
        if len(data) != length:
            raise ObjectUnreadable(f"object {object_id:016x} is shorter than asked", object_id, is_lost=True)
        return memoryview(bytearray(memoryview(data)))

    def create(self, object_id: int, room: int) -> NewObject:
        return NewRemote(self._backend, object_id, self._cluster_id)

    def close(self) -> None:
        """Connections close with the client."""


class NewRemote:
    """Implements :class:`broker.storage.objects.base.NewObject`."""

    def __init__(self, backend: Backend, object_id: int, cluster_id: str) -> None:
        self._backend = backend
        self._object_id = object_id
        self._cluster_id = cluster_id
        self._path = backend.path(object_id)
        self._writer = obstore.open_writer(
            backend.client, self._path, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
        )
        self._entries: list[FooterEntry] = []
        self._position = 0
        self._crc = 0
        self._is_finished = False

    @property
    def position(self) -> int:
        return self._position

    def write(self, data: Buffer) -> None:
        self._crc = crc32c(data, self._crc)
        self._position += len(data)
        self._write(data)

    def describe(self, entry: FooterEntry) -> None:
        self._entries.append(entry)

    def finish(self) -> int:
        end = footer.pack_footer(
            Footer(
                object_id=self._object_id,
                kind=footer.WHOLE,
                cluster_id=self._cluster_id,
                created_ms=time.time_ns() // 1_000_000,
                payload_length=self._position,
                payload_crc=self._crc,
                entries=self._entries,
            )
        )
        self._write(end)
        try:
            self._writer.close()
        except _ERRORS as error:
            raise StorageUnavailable(f"object {self._object_id:016x} cannot be written: {shown(error)}") from None
        self._is_finished = True
        return self._position

    def discard(self) -> None:
        if not self._is_finished:
            # What never was finished is not there; dropping the writer closes nothing.
            del self._writer
        try:
            obstore.delete(self._backend.client, self._path)
        except _ERRORS:
            # The catalog never names it; the orphan sweep finds what is there.
            pass

    def _write(self, data: Buffer) -> None:
        try:
            self._writer.write(data)
        except _ERRORS as error:
            raise StorageUnavailable(f"object {self._object_id:016x} cannot be written: {shown(error)}") from None
