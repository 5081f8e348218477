"""An object store that lives in memory only, for tests."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from broker.errors import ObjectUnreadable, StorageFailed, StorageUnavailable
from broker.storage.objects.base import WHOLE_OBJECTS, Buffer, Extent, TocEntry
from broker.storage.objects.footer import FooterEntry

_OBJECT_BYTES: Final = 1 << 20


class MemoryObjectStore:
    """Implements :class:`broker.storage.objects.base.ObjectStore`. A new object begins when the last one is full."""

    def __init__(self, object_bytes: int = _OBJECT_BYTES) -> None:
        self._object_bytes = object_bytes
        self._objects: dict[int, bytearray] = {}
        self._current = 0
        self._closed = False
        self._next_whole = WHOLE_OBJECTS

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        if self._closed:
            raise StorageUnavailable("the object store is closed")
        length = sum(len(memoryview(part).cast("B")) for part in parts)
        data = self._objects.get(self._current)
        if data is None or (data and len(data) + length > self._object_bytes):
            self._current += 1
            data = self._objects[self._current] = bytearray()
        position = len(data)
        for part in parts:
            data += part
        return Extent(self._current, position, length)

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        data = self._objects.get(object_id)
        if data is None:
            raise StorageUnavailable(f"object {object_id} is missing")
        if any(position < 0 or length < 0 or position + length > len(data) for position, length in ranges):
            raise StorageUnavailable(f"object {object_id} is shorter than asked")
        return [memoryview(data[position : position + length]) for position, length in ranges]

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """As :meth:`broker.log.block_reader.BlockSource.read_up_to`."""
        data = self._objects.get(object_id)
        if data is None:
            raise StorageUnavailable(f"object {object_id} is missing")
        return memoryview(data[position : position + length])

    async def withdraw(self, extent: Extent) -> None:
        data = self._objects.get(extent.object_id)
        if extent.object_id != self._current or data is None or len(data) != extent.position + extent.length:
            raise StorageFailed("only the last append can be withdrawn")
        del data[extent.position :]
        self._current += 1  # O2: the position is not given again

    def new_object_id(self) -> int:
        self._next_whole += 1
        return self._next_whole

    async def lease_ids(self) -> None:
        """There are always some."""

    def raw(self) -> "MemoryRawObjects":
        return MemoryRawObjects(self._objects)

    def raw_elsewhere(self) -> Sequence[str] | None:
        return None

    def stored_elsewhere(self) -> Sequence[str] | None:
        return self.raw_elsewhere()

    async def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        for object_id, data in list(self._objects.items()):
            yield object_id, len(data), 0.0

    async def delete(self, object_ids: Sequence[int]) -> None:
        for object_id in object_ids:
            if object_id == self._current:
                raise ValueError(f"object {object_id} is still being appended to")
            self._objects.pop(object_id, None)

    async def aclose(self) -> None:
        self._closed = True


class MemoryRawObjects:
    """Implements :class:`broker.storage.objects.base.RawObjects`."""

    def __init__(self, objects: dict[int, bytearray]) -> None:
        self._objects = objects

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        data = self._objects.get(object_id)
        if data is None or position + length > len(data):
            raise ObjectUnreadable(f"object {object_id} is missing or shorter than asked", object_id, is_lost=True)
        return memoryview(data[position : position + length])

    def create(self, object_id: int, room: int) -> "MemoryNewObject":
        return MemoryNewObject(self._objects, object_id)

    def close(self) -> None:
        """There is nothing to close."""


class MemoryNewObject:
    """Implements :class:`broker.storage.objects.base.NewObject`."""

    def __init__(self, objects: dict[int, bytearray], object_id: int) -> None:
        self._objects = objects
        self._object_id = object_id
        self._data = bytearray()

    @property
    def position(self) -> int:
        return len(self._data)

    def write(self, data: Buffer) -> None:
        self._data += data

    def describe(self, entry: FooterEntry) -> None:
        """Memory is not found without its catalog."""

    def finish(self) -> int:
        self._objects[self._object_id] = self._data
        return len(self._data)

    def discard(self) -> None:
        self._objects.pop(self._object_id, None)
