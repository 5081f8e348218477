"""An object store that also finds the objects whose bytes the catalog keeps itself: ids from INLINE_OBJECTS to WHOLE_OBJECTS."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from anyio import from_thread

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import GroupCommits
from broker.storage.objects.base import (
    INLINE_OBJECTS,
    WHOLE_OBJECTS,
    Buffer,
    Extent,
    ListedObjects,
    NewObject,
    ObjectStore,
    RawObjects,
    TocEntry,
)


def is_inline(object_id: int) -> bool:
    """Whether the catalog keeps the object."""
    return INLINE_OBJECTS <= object_id < WHOLE_OBJECTS


class RemoteStore(ObjectStore, ListedObjects, Protocol):
    """What is needed of the other store."""

    async def lease_ids(self) -> None:
        """Have ids for :meth:`new_object_id`. Raises StorageUnavailable and Fenced."""
        ...

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """As :meth:`broker.log.block_reader.BlockSource.read_up_to`."""
        ...


class StoreWithInline:
    """Implements :class:`broker.storage.objects.base.ObjectStore`: ``remote`` for everything but inline objects. Of those the latest read are kept,
    up to ``cache_bytes``: their bytes never change."""

    def __init__(self, remote: RemoteStore, catalog: GroupCommits, cache_bytes: int) -> None:
        self._remote = remote
        self._catalog = catalog
        self._cache_bytes = cache_bytes
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._cached_bytes = 0

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        return await self._remote.append(parts, toc)

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        if not is_inline(object_id):
            return await self._remote.read(object_id, ranges)
        data = await self._whole(object_id)
        return [memoryview(bytearray(_part(object_id, data, position, length))) for position, length in ranges]

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        """As :meth:`broker.log.block_reader.BlockSource.read_up_to`."""
        if not is_inline(object_id):
            return await self._remote.read_up_to(object_id, position, length)
        return memoryview((await self._whole(object_id))[position : position + length])

    async def _whole(self, object_id: int) -> bytes:
        data = self._cache.get(object_id)
        if data is not None:
            self._cache.move_to_end(object_id)
            return data
        data = await self._catalog.read_inline(object_id)
        if len(data) <= self._cache_bytes and object_id not in self._cache:
            self._cache[object_id] = data
            self._cached_bytes += len(data)
            while self._cached_bytes > self._cache_bytes:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1])
        return data

    async def withdraw(self, extent: Extent) -> None:
        await self._remote.withdraw(extent)

    def new_object_id(self) -> int:
        return self._remote.new_object_id()

    async def lease_ids(self) -> None:
        """Have ids for :meth:`new_object_id`. Raises StorageUnavailable and Fenced."""
        await self._remote.lease_ids()

    def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        """As :class:`broker.storage.objects.base.ListedObjects`: what is in the store. What the catalog keeps it knows itself."""
        return self._remote.stored_objects()

    def raw(self) -> "RawWithInline":
        return RawWithInline(self._remote.raw(), self)

    def raw_elsewhere(self) -> Sequence[str] | None:
        """Another process cannot ask this one's catalog."""
        return None

    def stored_elsewhere(self) -> Sequence[str] | None:
        return self._remote.stored_elsewhere()

    async def delete(self, object_ids: Sequence[int]) -> None:
        """The catalog gives up the bytes of inline objects with their rows; readers that have begun finish from memory."""
        for object_id in object_ids:
            data = self._cache.pop(object_id, None)
            if data is not None:
                self._cached_bytes -= len(data)
        stored = [object_id for object_id in object_ids if not is_inline(object_id)]
        if stored:
            await self._remote.delete(stored)

    async def aclose(self) -> None:
        await self._remote.aclose()


class RawWithInline:
    """Implements :class:`broker.storage.objects.base.RawObjects` on a worker thread of the event loop that has the catalog."""

    def __init__(self, remote: RawObjects, store: StoreWithInline) -> None:
        self._remote = remote
        self._store = store

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        if not is_inline(object_id):
            return self._remote.read(object_id, position, length)
        data = from_thread.run(self._store._whole, object_id)
        return memoryview(bytearray(_part(object_id, data, position, length)))

    def create(self, object_id: int, room: int) -> NewObject:
        return self._remote.create(object_id, room)

    def close(self) -> None:
        self._remote.close()


def _part(object_id: int, data: bytes, position: int, length: int) -> bytes:
    if position < 0 or length < 0 or position + length > len(data):
        raise StorageUnavailable(f"object {object_id} is shorter than asked")
    return data[position : position + length]
