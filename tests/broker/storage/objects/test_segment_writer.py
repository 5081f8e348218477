"""Writing segments, with a failure at every call to the system that changes anything."""

import errno
import itertools
from pathlib import Path

import pytest

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage import segment
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Extent, TocEntry
from broker.storage.objects.segment_writer import SegmentWriter
from tests.broker.storage.faulty_files import FaultyFiles

GROUPS = [bytes([index]) * size for index, size in enumerate((10, 700, 300, 1500, 5, 4000, 60, 900, 900))]


def writer(directory: Path, io: FileOperations, segment_bytes: int = 2000) -> SegmentWriter:
    return SegmentWriter(directory, b"d" * 16, 1, segment_bytes, io, lambda: 5)


def append(target: SegmentWriter, data: bytes) -> Extent:
    extent = target.append([data[:3], data[3:]], [TocEntry(1, 0, len(data))])
    target.sync()
    return extent


def groups_on_disk(directory: Path) -> list[bytes]:
    """The payloads of all groups that a reader of the files finds, in the order of segments."""
    found = []
    for path in sorted(directory.glob("*.segment")):
        data = path.read_bytes()
        header = segment.unpack_header(data)
        found += [data[group.position : group.end] for group in segment.read_groups(data, header)]
    return found


def test_files_hold_exactly_what_was_written(tmp_path: Path) -> None:
    """After closing, without the space that was allocated ahead."""
    target = writer(tmp_path, FileOperations())
    for data in GROUPS:
        append(target, data)
    target.close()

    assert groups_on_disk(tmp_path) == GROUPS
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        *_, last = segment.read_groups(data, segment.unpack_header(data))
        assert last.end == len(data)


def test_the_first_file_is_allocated_ahead(tmp_path: Path) -> None:
    """So that a flush has no metadata to write."""
    target = writer(tmp_path, FileOperations())
    append(target, b"x")

    (path,) = tmp_path.iterdir()
    assert path.stat().st_size == 2000
    assert path.stat().st_blocks * 512 >= 2000
    target.close()


@pytest.mark.parametrize("short", [1, 7, 100])
def test_short_writes_are_continued(tmp_path: Path, short: int) -> None:
    """However few bytes the system takes."""
    target = writer(tmp_path, FaultyFiles(short=short))
    for data in GROUPS:
        append(target, data)
    target.close()

    assert groups_on_disk(tmp_path) == GROUPS


def run_with_failure(directory: Path, io: FaultyFiles) -> tuple[list[bytes], list[bytes], bool]:
    """Append every group; which were acknowledged, which refused, and whether the writer failed for good."""
    target = writer(directory, io)
    acknowledged, refused, failed = [], [], False
    for data in GROUPS:
        try:
            append(target, data)
            acknowledged.append(data)
        except StorageUnavailable:
            refused.append(data)
        except StorageFailed:
            failed = True
            refused.append(data)
    try:
        target.close()
    except StorageFailed:
        failed = True
    return acknowledged, refused, failed


def is_in_order(part: list[bytes], whole: list[bytes]) -> bool:
    rest = iter(whole)
    return all(any(item == other for other in rest) for item in part)


@pytest.mark.parametrize("torn", [True, False])
def test_a_full_disk_at_any_call_loses_nothing_acknowledged(tmp_path: Path, torn: bool) -> None:
    """At most the group at hand is refused, nothing of it is found, and the next one works."""
    for fail_at in itertools.count():
        directory = tmp_path / f"{torn}-{fail_at}"
        directory.mkdir()
        io = FaultyFiles(fail_at=fail_at, code=errno.ENOSPC, torn=torn)
        acknowledged, refused, failed = run_with_failure(directory, io)
        if not io.failed:
            break
        found = groups_on_disk(directory)
        assert found == acknowledged or failed, (fail_at, io.failed)
        assert is_in_order(acknowledged, found)
        if io.failed == ["sync_data"] and failed:
            continue
        assert len(refused) <= 1, (fail_at, io.failed)
        assert not failed
    assert fail_at > 20


def test_an_io_error_at_any_call_is_final_or_harmless(tmp_path: Path) -> None:
    """Once durability is in doubt nothing is ever acknowledged again."""
    for fail_at in itertools.count():
        directory = tmp_path / str(fail_at)
        directory.mkdir()
        io = FaultyFiles(fail_at=fail_at, code=errno.EIO)
        acknowledged, refused, failed = run_with_failure(directory, io)
        if not io.failed:
            break
        assert is_in_order(acknowledged, groups_on_disk(directory))
        assert acknowledged + refused == GROUPS, "after a failure everything is refused"
        assert failed or not refused
        if io.failed == ["sync_data"]:
            assert failed or not refused


def test_a_failed_flush_is_never_repeated(tmp_path: Path) -> None:
    """Whatever the error was: the system may have dropped the data and report success the next time (W3)."""
    io = FaultyFiles()
    target = writer(tmp_path, io)
    append(target, b"one")
    io.failing = {"sync_data"}
    target.append([b"two"], [])
    with pytest.raises(StorageFailed):
        target.sync()
    io.failing = set()
    calls = len(io.calls)

    with pytest.raises(StorageFailed):
        target.sync()
    with pytest.raises(StorageFailed):
        target.append([b"three"], [])
    target.close()
    assert len(io.calls) == calls


def test_on_a_full_disk_a_smaller_segment_will_do(tmp_path: Path) -> None:
    """As long as the group itself has room."""

    class Small(FileOperations):
        def allocate(self, fd: int, length: int) -> None:
            if length > 2 << 20:
                raise OSError(errno.ENOSPC, "injected")
            super().allocate(fd, length)

    target = writer(tmp_path, Small(), segment_bytes=3 << 20)
    append(target, b"x" * 1000)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size == 1 << 20

    with pytest.raises(StorageUnavailable):
        append(target, bytes(5 << 20))
    append(target, b"y" * 1000)
    target.close()
    assert groups_on_disk(tmp_path) == [b"x" * 1000, b"y" * 1000]


def test_space_that_comes_back_is_used(tmp_path: Path) -> None:
    """Every append tries anew."""
    io = FaultyFiles()
    io.failing = {"allocate"}
    target = writer(tmp_path, io)
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match="injected"):
            append(target, b"one")
    assert list(tmp_path.iterdir()) == []
    io.failing = set()
    append(target, b"two")
    target.close()

    assert groups_on_disk(tmp_path) == [b"two"]


def test_numbers_grow_in_the_order_of_use(tmp_path: Path) -> None:
    """The file in use has the largest number, whatever was prepared ahead (W4)."""
    target = writer(tmp_path, FileOperations())
    numbers = []
    for data in GROUPS * 3:
        numbers.append(append(target, data).object_id)
        assert target.current_number == numbers[-1]
    target.close()

    assert numbers == sorted(numbers)


@pytest.mark.parametrize("call", ["truncate", "sync"])
def test_what_cannot_be_withdrawn_ends_the_writer(tmp_path: Path, call: str) -> None:
    """Nothing may be written behind a group that could come to life again (W4)."""
    io = FaultyFiles(code=errno.EIO)
    target = writer(tmp_path, io)
    append(target, GROUPS[0])
    extent = append(target, GROUPS[1])
    io.failing = {call}

    with pytest.raises(StorageFailed, match="cannot withdraw"):
        target.withdraw(extent)
    io.failing = set()
    with pytest.raises(StorageFailed):
        append(target, GROUPS[2])
    target.close()


def test_a_withdrawn_group_is_cut_off(tmp_path: Path) -> None:
    """Durably, before the next one; and its segment is left behind (W4)."""
    io = FaultyFiles()
    target = writer(tmp_path, io, segment_bytes=1 << 20)
    append(target, GROUPS[0])
    extent = append(target, GROUPS[1])
    io.calls.clear()
    target.withdraw(extent)
    assert io.calls[:2] == ["truncate", "sync"]
    assert append(target, GROUPS[2]).object_id > extent.object_id
    target.close()

    assert groups_on_disk(tmp_path) == [GROUPS[0], GROUPS[2]]
