"""The store over files: its thread, its directory, its failures."""

import errno
from pathlib import Path
from threading import Event

import anyio
import pytest

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage.objects.base import Extent
from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.segment_writer import segment_path
from tests.broker.storage.faulty_files import FaultyFiles

ID = b"directory-id-16b"


async def content(store: FileObjectStore, extent: Extent) -> bytes:
    (view,) = await store.read(extent.object_id, [(extent.position, extent.length)])
    return bytes(view)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def test_appends_that_gather_share_a_flush(tmp_path: Path) -> None:
    """That is what makes many producers cheap."""
    io = FaultyFiles()
    store = FileObjectStore(tmp_path, io=io)
    await store.append([b"first"], [])
    io.hold = Event()
    flushes = io.calls.count("sync_data")
    async with anyio.create_task_group() as tasks:
        for index in range(50):
            tasks.start_soon(store.append, [bytes([index])], [])
        await anyio.wait_all_tasks_blocked()
        io.hold.set()

    assert io.calls.count("sync_data") - flushes <= 2
    await store.aclose()


async def test_nothing_is_answered_before_its_flush(tmp_path: Path) -> None:
    """An append waits for it (O1)."""
    io = FaultyFiles()
    store = FileObjectStore(tmp_path, io=io)
    io.hold = Event()
    answered: list[Extent] = []

    async def append() -> None:
        answered.append(await store.append([b"x"], []))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(append)
        with anyio.move_on_after(0.05):
            await anyio.sleep_forever()
        assert answered == []
        io.hold.set()

    assert len(answered) == 1
    await store.aclose()


async def test_a_failed_flush_refuses_everyone_in_it_and_after(tmp_path: Path) -> None:
    """Reading goes on."""
    io = FaultyFiles(code=errno.EIO)
    store = FileObjectStore(tmp_path, io=io)
    good = await store.append([b"good"], [])
    io.failing = {"sync_data"}
    failures = 0

    async def append() -> None:
        nonlocal failures
        try:
            await store.append([b"bad"], [])
        except StorageFailed:
            failures += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(append)
    io.failing = set()
    await append()

    assert failures == 6
    assert await content(store, good) == b"good"
    await store.aclose()


async def test_one_append_without_room_does_not_fail_those_beside_it(tmp_path: Path) -> None:
    """Each is answered for itself."""
    io = FaultyFiles()
    store = FileObjectStore(tmp_path, 4096, io=io)
    await store.append([b"first"], [])
    io.failing = {"allocate"}
    outcomes: dict[int, str] = {}

    async def append(size: int) -> None:
        try:
            await store.append([bytes(size)], [])
            outcomes[size] = "stored"
        except StorageUnavailable:
            outcomes[size] = "no room"

    io.hold = Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(append, 10)
        tasks.start_soon(append, 20)
        tasks.start_soon(append, 5000)
        await anyio.wait_all_tasks_blocked()
        io.hold.set()

    assert outcomes == {10: "stored", 20: "stored", 5000: "no room"}
    await store.aclose()


async def test_an_abandoned_append_leaves_the_store_working(tmp_path: Path) -> None:
    """Whoever stops waiting stops nothing else."""
    store = FileObjectStore(tmp_path)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.append([b"abandoned"], [])

    assert await content(store, await store.append([b"next"], [])) == b"next"
    await store.aclose()


async def test_sweeping_keeps_what_the_catalog_knows(tmp_path: Path) -> None:
    """Unknown files go, unused space goes, what is missing is told."""
    store = FileObjectStore(tmp_path, directory_id=ID, first_number=10)
    extent = await store.append([b"known"], [])
    await store.aclose()
    end = extent.position + extent.length
    known = segment_path(tmp_path, 10)
    with known.open("ab") as file:
        file.write(bytes(5000))
    segment_path(tmp_path, 11).write_bytes(b"never acknowledged")
    (tmp_path / "notes.txt").write_text("not ours")
    (tmp_path / "zz.segment").write_text("not ours either")

    store = FileObjectStore(tmp_path, directory_id=ID, first_number=20)
    assert store.sweep({10: end, 12: 5}) == [12]
    assert known.stat().st_size == end
    assert names(tmp_path) == [known.name, "notes.txt", "zz.segment"]
    assert await content(store, extent) == b"known"
    assert store.sweep({10: end + 1}) == [10]
    assert (await store.append([b"x"], [])).object_id == 20
    await store.aclose()


async def test_a_prepared_file_is_used_or_removed(tmp_path: Path) -> None:
    """It is ready for the first append; a store that got none leaves nothing."""
    store = FileObjectStore(tmp_path, first_number=5)
    store.prepare()
    store.prepare()
    extent = await store.append([b"x"], [])
    assert names(tmp_path) == [segment_path(tmp_path, extent.object_id).name]
    await store.aclose()

    store = FileObjectStore(tmp_path / "other", first_number=5)
    store.prepare()
    await store.aclose()
    assert names(tmp_path / "other") == []


async def test_a_reader_that_started_outlives_deletion(tmp_path: Path) -> None:
    """The bytes stay until it is done."""
    store = FileObjectStore(tmp_path, 4096)
    old = await store.append([b"o" * 4000], [])
    await store.append([b"n" * 4000], [])
    with store._files.take(old.object_id) as fd:
        await store.delete([old.object_id])
        assert bytes(store._read_range(old.object_id, fd, old.position, 5)) == b"ooooo"

    with pytest.raises(StorageUnavailable):
        await store.read(old.object_id, [(old.position, 1)])
    await store.aclose()


@pytest.mark.parametrize("damage", ["other directory", "other number", "header", "empty"])
async def test_a_file_that_is_not_ours_is_not_read(tmp_path: Path, damage: str) -> None:
    """Bytes of another segment must never pass for this one's."""
    store = FileObjectStore(tmp_path, directory_id=ID)
    extent = await store.append([b"data"], [])
    await store.aclose()
    path = segment_path(tmp_path, extent.object_id)
    store = FileObjectStore(tmp_path, directory_id=b"x" * 16 if damage == "other directory" else ID, first_number=9)
    if damage == "other number":
        path.rename(segment_path(tmp_path, 7))
        extent = Extent(7, extent.position, extent.length)
    elif damage == "header":
        path.write_bytes(b"\0" * 64 + path.read_bytes()[64:])
    elif damage == "empty":
        path.write_bytes(b"")

    with pytest.raises(StorageUnavailable):
        await content(store, extent)
    await store.aclose()


async def test_many_objects_need_few_descriptors(tmp_path: Path) -> None:
    """Reading them all works, however many there are."""
    store = FileObjectStore(tmp_path, 200)
    extents = [await store.append([bytes([index % 256]) * 100], []) for index in range(300)]
    for index, extent in enumerate(extents):
        assert (await content(store, extent))[0] == index % 256

    assert len(store._files._files) <= 128
    await store.aclose()
