"""Objects that the catalog keeps are read like those in the store."""

from typing import Any
from unittest.mock import AsyncMock

import pytest
from anyio.to_thread import run_sync

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import CommitGroup
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS, TocEntry
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.objects.with_inline import StoreWithInline, is_inline
from tests.broker.storage.cloud import SharedCatalog

pytestmark = pytest.mark.anyio


async def kept(*texts: bytes, cache_bytes: int = 100) -> tuple[StoreWithInline, MemoryObjectStore, Any]:
    """A store over a catalog that keeps these."""
    catalog = SharedCatalog()
    for number, text in enumerate(texts):
        await catalog.commit_groups([CommitGroup(INLINE_OBJECTS + number, 0, len(text), (), 0, text)])
    catalog.read_inline = AsyncMock(side_effect=catalog.read_inline)  # type: ignore[method-assign]
    remote = MemoryObjectStore()
    return StoreWithInline(remote, catalog, cache_bytes), remote, catalog


def test_ids_tell_who_keeps_an_object() -> None:
    """One range of ids is the catalog's."""
    assert [is_inline(object_id) for object_id in (0, INLINE_OBJECTS - 1, INLINE_OBJECTS, WHOLE_OBJECTS - 1, WHOLE_OBJECTS)] == [
        False, False, True, True, False,
    ]  # fmt: skip


async def test_ranges_of_both_kinds_are_writable_and_ones_own() -> None:
    """Readers stamp what they get."""
    store, _, _ = await kept(b"0123456789")
    extent = await store.append([b"in the store"], [TocEntry(1, 0, 12)])
    (stored,) = await store.read(extent.object_id, [(extent.position, extent.length)])
    first, second = await store.read(INLINE_OBJECTS, [(0, 4), (2, 5)])
    assert (bytes(stored), bytes(first), bytes(second)) == (b"in the store", b"0123", b"23456")
    first[2] = 0
    assert bytes((await store.read(INLINE_OBJECTS, [(0, 4)]))[0]) == b"0123"


async def test_what_was_read_lately_is_not_asked_for_again() -> None:
    """Within so many bytes; what is larger than all of them is asked for each time."""
    store, _, catalog = await kept(b"a" * 40, b"b" * 40, b"c" * 40, b"d" * 101)
    for number in (0, 1, 0, 2, 0, 1, 3, 3, 1):
        await store.read(INLINE_OBJECTS + number, [(0, 1)])
    asked = [call.args[0] - INLINE_OBJECTS for call in catalog.read_inline.await_args_list]
    assert asked == [0, 1, 2, 1, 3, 3]
    await store.delete([INLINE_OBJECTS + 1])
    await store.read(INLINE_OBJECTS + 1, [(0, 1)])
    assert len(catalog.read_inline.await_args_list) == 7


@pytest.mark.parametrize("wanted", [(INLINE_OBJECTS, 0, 11), (INLINE_OBJECTS, -1, 2), (INLINE_OBJECTS, 3, -1), (INLINE_OBJECTS + 9, 0, 1)])
async def test_what_is_not_there_is_an_error(wanted: tuple[int, int, int]) -> None:
    """Never fewer bytes than asked."""
    store, _, _ = await kept(b"0123456789")
    object_id, position, length = wanted
    with pytest.raises(StorageUnavailable):
        await store.read(object_id, [(position, length)])
    raw = store.raw()
    with pytest.raises(StorageUnavailable):
        await run_sync(raw.read, object_id, position, length)


async def test_threads_read_both_kinds() -> None:
    """Compaction does; new objects go to the store, and no other process can do it."""
    store, remote, _ = await kept(b"0123456789")
    assert store.raw_elsewhere() is None
    raw = store.raw()

    def work() -> bytes:
        new = raw.create(store.new_object_id(), 10)
        new.write(raw.read(INLINE_OBJECTS, 2, 3))
        new.finish()
        return bytes(raw.read(WHOLE_OBJECTS + 1, 0, 3))

    assert await run_sync(work) == b"234"
    raw.close()
    assert WHOLE_OBJECTS + 1 in remote._objects


async def test_who_only_reads_from_the_store_is_told_where_that_is() -> None:
    """As the store tells it: one in this process's memory nobody else can read."""
    store, remote, _ = await kept(b"0123456789")
    assert store.stored_elsewhere() is None
    remote.raw_elsewhere = lambda: ["remote", "s3://x", ""]  # type: ignore[method-assign]
    assert store.stored_elsewhere() == ["remote", "s3://x", ""]
    assert store.raw_elsewhere() is None


async def test_everything_else_is_the_stores() -> None:
    """It withdraws, deletes what it has, and is closed."""
    store, remote, _ = await kept(b"x")
    extent = await store.append([b"gone"], [TocEntry(1, 0, 4)])
    await store.withdraw(extent)
    extent = await store.append([b"deleted"], [TocEntry(1, 0, 7)])
    await store.append([b"y" * (1 << 20)], [TocEntry(1, 0, 1 << 20)])
    await store.delete([extent.object_id, INLINE_OBJECTS])
    assert extent.object_id not in remote._objects
    await store.aclose()
    with pytest.raises(StorageUnavailable):
        await store.append([b"late"], [TocEntry(1, 0, 4)])


async def test_ids_and_lists_are_the_other_store_s() -> None:
    """Ids are had ahead of need; what the catalog keeps is not listed, as nothing of it can be left behind there."""
    store, _, _ = await kept(b"0123456789")
    extent = await store.append([b"in the store"], [TocEntry(1, 0, 12)])
    await store.lease_ids()
    assert store.new_object_id() > WHOLE_OBJECTS
    assert [object_id async for object_id, _, _ in store.stored_objects()] == [extent.object_id]
