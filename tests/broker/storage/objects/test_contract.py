"""What every object store does.

`PENSTOCK_TEST_OBJECTS=URL` has one more do it: any bucket of S3, GCS or Azure that is reached with the credentials in the environment, or an emulator of one.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage.objects.base import WHOLE_OBJECTS, ListedObjects, ObjectStore, TocEntry
from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.objects.remote import RemoteObjectStore
from tests.broker.storage.objects.remote_worlds import fresh_prefix, memory_url, opened
from tests.support.s3 import S3Server

GIVEN = os.environ.get("PENSTOCK_TEST_OBJECTS")


@pytest.fixture(params=["memory", "files", "remote memory", "s3", *(["given"] if GIVEN else [])])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    """An empty store with small objects."""
    store: ObjectStore
    match request.param:
        case "memory":
            store = MemoryObjectStore(4096)
        case "files":
            store = FileObjectStore(tmp_path / "segments", 4096)
        case "remote memory":
            store = await opened(memory_url())
        case "given":
            assert GIVEN is not None
            place, _, options = GIVEN.partition("?")
            store = await opened(f"{place.rstrip('/')}/{fresh_prefix()}?{options}".rstrip("?"))
        case _:
            server: S3Server = request.getfixturevalue("s3_server")
            store = await opened(server.url(fresh_prefix()))
    yield store
    await store.aclose()


def shares_objects(store: ObjectStore) -> bool:
    """Whether appends come to lie in one object, one behind the other."""
    return not isinstance(store, RemoteObjectStore)


async def test_what_was_appended_is_read_back(store: ObjectStore) -> None:
    """Parts of any kind, back to back."""
    parts = [b"abc", bytearray(b"defg"), memoryview(b"xhix")[1:3], b""]
    extent = await store.append(parts, [TocEntry(1, 0, 9)])

    assert extent.length == 9
    (whole, middle) = await store.read(extent.object_id, [(extent.position, 9), (extent.position + 2, 3)])
    assert (bytes(whole), bytes(middle)) == (b"abcdefghi", b"cde")


async def test_what_is_read_belongs_to_the_reader(store: ObjectStore) -> None:
    """Writing to it changes nothing for anybody else (O2)."""
    extent = await store.append([b"abcdef"], [])
    (first,) = await store.read(extent.object_id, [(extent.position, 6)])
    first[:] = b"......"

    (second,) = await store.read(extent.object_id, [(extent.position, 6)])
    assert bytes(second) == b"abcdef"


async def test_many_appends_at_once_do_not_overlap(store: ObjectStore) -> None:
    """Across the ends of objects too (O2)."""
    written: dict[tuple[int, int], bytes] = {}

    async def append(index: int) -> None:
        data = bytes([index]) * (index * 37 % 900 + 1)
        extent = await store.append([data], [])
        assert (extent.object_id, extent.position) not in written
        written[extent.object_id, extent.position] = data

    async with anyio.create_task_group() as tasks:
        for index in range(100):
            tasks.start_soon(append, index)

    assert len({object_id for object_id, _ in written}) > 3
    for (object_id, position), data in written.items():
        assert [bytes(view) for view in await store.read(object_id, [(position, len(data))])] == [data]


async def test_object_ids_grow_in_the_order_of_use(store: ObjectStore) -> None:
    """The newest object is the one in use; the catalog relies on it."""
    ids = [(await store.append([bytes(size)], [])).object_id for size in (1000, 9000, 10, 3000, 2000, 20000, 1)]

    assert ids == sorted(ids)


async def test_a_group_larger_than_an_object_gets_one_of_its_own_size(store: ObjectStore) -> None:
    """Any size that a request may have."""
    data = bytes(range(256)) * 100
    extent = await store.append([data[:10], data[10:]], [])

    (view,) = await store.read(extent.object_id, [(extent.position, extent.length)])
    assert bytes(view) == data


async def test_thousands_of_parts_are_one_group(store: ObjectStore) -> None:
    """More than the system takes in one call."""
    extent = await store.append([bytes([index % 256]) for index in range(5000)], [])

    (view,) = await store.read(extent.object_id, [(extent.position, 5000)])
    assert bytes(view) == bytes(index % 256 for index in range(5000))


@pytest.mark.parametrize("span", [(0, 10**9), (10**12, 1), (-1, 5), (100, -1)])
async def test_reading_what_is_not_there_is_refused(store: ObjectStore, span: tuple[int, int]) -> None:
    """Never fewer bytes than asked for."""
    extent = await store.append([b"abc"], [])

    with pytest.raises(StorageUnavailable):
        await store.read(extent.object_id, [span])
    with pytest.raises(StorageUnavailable):
        await store.read(extent.object_id + 1000, [(0, 1)])


async def test_what_is_withdrawn_is_gone_and_its_place_is_not_used_again(store: ObjectStore) -> None:
    """The next append goes on elsewhere (O2, O4); what came before stays."""
    kept = await store.append([b"kept"], [])
    withdrawn = await store.append([b"withdrawn"], [])
    await store.withdraw(withdrawn)
    after = await store.append([b"after"], [])

    assert (after.object_id, after.position) != (withdrawn.object_id, withdrawn.position)
    assert [bytes(data) for data in await store.read(kept.object_id, [(kept.position, 4)])] == [b"kept"]
    assert [bytes(data) for data in await store.read(after.object_id, [(after.position, 5)])] == [b"after"]
    with pytest.raises(StorageUnavailable):
        await store.read(withdrawn.object_id, [(withdrawn.position, 9)])


async def test_only_the_last_append_can_be_withdrawn(store: ObjectStore) -> None:
    """Anything else would leave a hole, or take what others were promised, where appends share objects."""
    first = await store.append([b"first"], [])
    second = await store.append([b"second"], [])
    if not shares_objects(store):
        await store.withdraw(first)
        assert bytes((await store.read(second.object_id, [(second.position, 6)]))[0]) == b"second"
        return

    with pytest.raises(StorageFailed):
        await store.withdraw(first)


async def test_deleted_objects_are_gone_and_may_be_deleted_again(store: ObjectStore) -> None:
    """The others stay; the one in use is never deleted."""
    first = await store.append([bytes(4000)], [])
    second = await store.append([bytes(4000)], [])
    await store.delete([first.object_id, 999_999])
    await store.delete([first.object_id])

    with pytest.raises(StorageUnavailable):
        await store.read(first.object_id, [(first.position, 1)])
    assert len(await store.read(second.object_id, [(second.position, 4000)])) == 1
    if not shares_objects(store):
        return
    with pytest.raises(ValueError, match="still"):
        await store.delete([second.object_id])


async def test_a_closed_store_takes_nothing(store: ObjectStore) -> None:
    """And closing twice is no error."""
    await store.aclose()
    await store.aclose()

    with pytest.raises(StorageUnavailable):
        await store.append([b"x"], [])


async def test_objects_written_as_a_whole_stand_beside_the_others(store: ObjectStore) -> None:
    """With ids of their own, read and deleted like any (O5)."""
    extent = await store.append([b"abc"], [])
    first, second = store.new_object_id(), store.new_object_id()
    assert WHOLE_OBJECTS < first < second
    raw = store.raw()
    new = raw.create(first, 10)
    position = new.position
    new.write(b"whole")
    assert new.finish() == position + 5
    raw.create(second, 10).discard()

    assert bytes((await store.read(first, [(position, 5)]))[0]) == b"whole"
    assert bytes(raw.read(extent.object_id, extent.position, 3)) == b"abc"
    with pytest.raises(StorageUnavailable):
        await store.read(second, [(position, 1)])
    later = await store.append([b"def"], [])
    assert later.object_id < WHOLE_OBJECTS
    await store.delete([first])
    with pytest.raises(StorageUnavailable):
        await store.read(first, [(position, 5)])
    raw.close()


async def test_a_store_lists_what_is_in_it(store: ObjectStore) -> None:
    """Every object that can be read, with no less than its bytes; none that was deleted."""
    listing: ListedObjects = store  # type: ignore[assignment]
    kept = await store.append([bytes(5000)], [])
    gone = await store.append([bytes(5000)], [])
    await store.append([bytes(5000)], [])
    await store.delete([gone.object_id])

    listed = {object_id: size async for object_id, size, _ in listing.stored_objects()}
    assert listed[kept.object_id] >= kept.position + 5000
    assert gone.object_id not in listed
