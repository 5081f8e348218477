"""Objects say what lies in them: footers of remote ones, groups and footers of files."""

from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.storage.checking.object_contents import (
    FileContents,
    ObjectDamaged,
    ObjectMissing,
    RemoteContents,
    owner_of_segments,
    pieces_of,
)
from broker.storage.embedded import NUMBERS_AN_EPOCH
from broker.storage.objects.base import TocEntry
from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.footer import UNKNOWN, FooterEntry
from broker.storage.objects.segment_writer import segment_path
from tests.broker.storage.objects.remote_worlds import memory_url, opened

OWNER = bytes(range(16))
FIRST = 3 * NUMBERS_AN_EPOCH


async def test_a_remote_object_is_read_by_its_footer() -> None:
    """And its bytes are compared with the checksum there."""
    store = await opened(memory_url())
    extent = await store.append([b"abcdef"], [TocEntry(1, 0, 2), TocEntry(1, 2, 1), TocEntry(2, 3, 3)])
    objects = RemoteContents(store)
    found = await objects.contents(extent.object_id)

    assert (found.end, found.is_whole, found.cluster_id) == (6, False, "test-cluster")
    assert list(pieces_of(found)) == [(1, 0, 3), (2, 3, 6)]
    assert bytes(await objects.read(extent.object_id, 1, 3)) == b"bcd"
    await objects.verify(extent.object_id)
    with pytest.raises(ObjectMissing):
        await objects.contents(extent.object_id + 1)


async def test_files_are_read_by_their_groups_and_footers(tmp_path: Path) -> None:
    """Also while they are written; whole ones have a checksum."""
    store = FileObjectStore(tmp_path, 4096, directory_id=OWNER, first_number=FIRST)
    extent = await store.append([b"abc"], [TocEntry(1, 0, 3)])
    new = store.raw().create(store.new_object_id(), 0)
    begin = new.position
    new.write(b"whole")
    new.describe(FooterEntry(4, UNKNOWN, begin, 5, 1, 1, 1, 10, 12))
    new.finish()
    objects = FileContents(tmp_path, OWNER)
    listed = sorted([each[0] async for each in objects.stored_objects()])
    flushed = await objects.contents(extent.object_id)
    whole = await objects.contents(listed[-1])

    assert (flushed.end, list(pieces_of(flushed))) == (extent.position + 3, [(1, extent.position, extent.position + 3)])
    assert (whole.is_whole, whole.entries[0].last, whole.is_told) == (True, 12, True)
    for number in (extent.object_id, listed[-1]):
        await objects.verify(number)
    path = segment_path(tmp_path, listed[-1])
    path.write_bytes(path.read_bytes().replace(b"whole", b"WHOLE"))
    with pytest.raises(ObjectDamaged, match="checksum"):
        await objects.verify(listed[-1])
    path.write_bytes(path.read_bytes()[: begin + 5])
    assert not (await objects.contents(listed[-1])).is_told
    with pytest.raises(ObjectMissing):
        await objects.contents(99)
    with pytest.raises(ObjectDamaged):
        await FileContents(tmp_path, bytes(16)).contents(extent.object_id)
    objects.close()
    await store.aclose()


async def test_segments_say_whose_they_are(tmp_path: Path) -> None:
    """And how often their broker was started; of two directories nobody can tell."""
    with pytest.raises(StorageUnavailable, match="of 0"):
        owner_of_segments(tmp_path)
    store = FileObjectStore(tmp_path, 4096, directory_id=OWNER, first_number=FIRST)
    await store.append([b"abc"], [])
    await store.aclose()
    found = owner_of_segments(tmp_path)
    assert (found.directory_id, found.epoch) == (OWNER, 3)
    other = FileObjectStore(tmp_path, 4096, directory_id=bytes(16), first_number=1)
    await other.append([b"abc"], [])
    await other.aclose()
    with pytest.raises(StorageUnavailable, match="of 2"):
        owner_of_segments(tmp_path)
