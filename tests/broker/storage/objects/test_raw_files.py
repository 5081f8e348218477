"""Files that are written as a whole: durable when they are finished, gone when they are not, and never taken for more than they are."""

import errno
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.storage import segment
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import WHOLE_OBJECTS, Buffer
from broker.storage.objects.files import FileObjectStore
from broker.storage.objects.footer import WHOLE, read_footer
from broker.storage.objects.raw_files import RawFiles
from broker.storage.objects.segment_writer import segment_path
from broker.wire.records.crc import crc32c
from tests.broker.storage.recorded_files import RecordedFiles, Survival, files_after_crash

NUMBER = WHOLE_OBJECTS + 1
OWNER = bytes(range(16))


def raw(directory: Path, io: FileOperations | None = None) -> RawFiles:
    return RawFiles(directory, OWNER, 0, io)


def paths(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def test_what_was_finished_is_read_by_the_store(tmp_path: Path) -> None:
    """At the positions that were told while it was written."""
    files = raw(tmp_path)
    new = files.create(NUMBER, 100)
    places = []
    for data in (b"abc", b"defgh"):
        places.append((new.position, len(data)))
        new.write(data)
    assert new.finish() == segment.HEADER_BYTES + 8

    store = FileObjectStore(tmp_path, directory_id=OWNER)
    assert [bytes(view) for view in await store.read(NUMBER, places)] == [b"abc", b"defgh"]
    assert bytes(files.read(NUMBER, *places[1])) == b"defgh"
    await store.delete([NUMBER])
    assert paths(tmp_path) == []
    await store.aclose()
    files.close()


def test_it_survives_as_a_whole(tmp_path: Path) -> None:
    """After finish, whatever becomes of what was not flushed; large ones are flushed in portions."""
    io = RecordedFiles()
    new = raw(tmp_path, io).create(NUMBER, 100)
    data = Random(1).randbytes(5 << 20)
    for at in range(0, len(data), 100_000):
        new.write(data[at : at + 100_000])
    assert new.finish() == segment.HEADER_BYTES + len(data)

    assert sum(event.what == "sync" for event in io.events) >= 3
    for survival in Survival:
        (left,) = files_after_crash(io.events, survival, Random(2)).values()
        assert left[segment.HEADER_BYTES :][: len(data)] == data
        found = read_footer(left, len(left))
        assert (found.kind, found.object_id) == (WHOLE, NUMBER)
        assert (found.payload_length, found.payload_crc) == (
            segment.HEADER_BYTES + len(data),
            crc32c(left[: found.payload_length]),
        )


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    """Also after it could not be finished."""
    new = raw(tmp_path).create(NUMBER, 100)
    new.write(b"x")
    new.discard()
    assert paths(tmp_path) == []


class FullFiles(FileOperations):
    """A disk without room."""

    def write(self, fd: int, buffers: Sequence[Buffer], position: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class Unreadable(FileOperations):
    """A disk that does not give one of its files."""

    def __init__(self, directory: Path, number: int) -> None:
        self._path = segment_path(directory, number)

    def open(self, path: Path) -> int:
        if path == self._path:
            raise OSError(errno.EIO, "Input/output error")
        return super().open(path)


def test_a_full_disk_can_be_waited_out(tmp_path: Path) -> None:
    """It is said as that, at whatever step it is met, and nothing is kept."""
    new = raw(tmp_path, FullFiles()).create(NUMBER, 100)
    new.write(b"x")
    with pytest.raises(StorageUnavailable, match="ENOSPC"):
        new.write(bytes(1 << 20))
    with pytest.raises(StorageUnavailable):
        new.finish()
    new.discard()
    assert paths(tmp_path) == []


def test_room_for_appends_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compaction never takes the last of a disk."""
    monkeypatch.setattr("broker.storage.objects.raw_files.shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    files = RawFiles(tmp_path, OWNER, 600)
    with pytest.raises(StorageUnavailable, match="must be left"):
        files.create(NUMBER, 401)
    files.create(NUMBER, 400).discard()


def test_another_process_has_the_same(tmp_path: Path) -> None:
    """From what the store says."""
    store = FileObjectStore(tmp_path, 4096, directory_id=OWNER)
    elsewhere = RawFiles.elsewhere(store.raw_elsewhere())
    new = elsewhere.create(NUMBER, 0)
    new.write(b"abc")
    new.finish()
    files = store.raw()
    assert bytes(files.read(NUMBER, segment.HEADER_BYTES, 3)) == b"abc"
    files.close()
    elsewhere.close()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Missing, too short, or of another data directory."""
    new = RawFiles(tmp_path, bytes(16), 0).create(NUMBER, 0)
    new.write(b"abc")
    new.finish()
    for number, position in ((NUMBER + 1, 0), (NUMBER, 0)):
        with pytest.raises(StorageUnavailable):
            raw(tmp_path).read(number, position, 10)
    with pytest.raises(StorageUnavailable, match="shorter"):
        RawFiles(tmp_path, bytes(16), 0).read(NUMBER, segment.HEADER_BYTES, 4 + 1000)


def test_two_do_not_write_the_same(tmp_path: Path) -> None:
    """An id is used once."""
    raw(tmp_path).create(NUMBER, 0).write(b"x")
    with pytest.raises(StorageUnavailable, match="EEXIST"):
        raw(tmp_path).create(NUMBER, 0)


@pytest.mark.parametrize(("number", "is_lost"), [(NUMBER, True), (NUMBER + 1, True), (NUMBER + 2, True), (NUMBER + 3, False)])
def test_which_file_cannot_be_read_is_said(tmp_path: Path, number: int, is_lost: bool) -> None:
    """One that ends too early, is not there, is another one's, or is not given."""
    files = raw(tmp_path, Unreadable(tmp_path, NUMBER + 3))
    for made in (NUMBER, NUMBER + 3):
        files.create(made, 0).finish()
    segment_path(tmp_path, NUMBER + 2).write_bytes(segment_path(tmp_path, NUMBER).read_bytes())
    with pytest.raises(ObjectUnreadable) as caught:
        files.read(number, 0, 1 << 20)
    assert (caught.value.object_id, caught.value.is_lost) == (number, is_lost)
    files.close()
