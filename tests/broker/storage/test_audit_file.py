"""The audit log's files: durable, in order, whole after a crash."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.storage.audit_file import CURRENT, AuditFile, Resumed, files_of
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Buffer
from broker.storage.ownership import DirectoryInUse


class FullDisk(FileOperations):
    """Takes ``room`` bytes in all, and says how often what was written was made durable."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.room = room
        self.syncs = 0

    def write(self, fd: int, buffers: Sequence[Buffer], position: int) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = super().write(fd, [bytes(buffers[0])[: min(self.room, 5)]], position)
        self.room -= taken
        return taken

    def sync_data(self, fd: int) -> None:
        self.syncs += 1
        super().sync_data(fd)


def audit_file(directory: Path, *, file_bytes: int = 1 << 20, files_kept: int = 0, io: FileOperations | None = None) -> AuditFile:
    return AuditFile(directory, file_bytes=file_bytes, files_kept=files_kept, io=io)


def contents(directory: Path) -> list[list[bytes]]:
    return [path.read_bytes().splitlines() for path in files_of(directory)]


def test_lines_are_durable_and_followed_by_others_after_a_restart(tmp_path: Path) -> None:
    """Whoever opens the log is told its last line."""
    disk = FullDisk()
    log = audit_file(tmp_path / "log", io=disk)
    assert log.open() == Resumed(None, 0)
    log.write([b"one", b"two"])
    assert disk.syncs == 1
    log.close()
    again = audit_file(tmp_path / "log")
    assert again.open() == Resumed(b"two", 0)
    again.write([b"three"])
    again.close()

    assert contents(tmp_path / "log") == [[b"one", b"two", b"three"]]
    assert (tmp_path / "log" / CURRENT).stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_off_is_removed(tmp_path: Path) -> None:
    """How much it was is told."""
    log = audit_file(tmp_path)
    log.open()
    log.write([b"one"])
    log.close()
    with (tmp_path / CURRENT).open("ab") as file:
        file.write(b'{"half')
    again = audit_file(tmp_path)
    assert again.open() == Resumed(b"one", 6)
    again.write([b"two"])
    again.close()

    assert contents(tmp_path) == [[b"one", b"two"]]


def test_files_are_closed_at_their_size_and_old_ones_deleted(tmp_path: Path) -> None:
    """A batch of lines stays together; the numbers rise."""
    log = audit_file(tmp_path, file_bytes=5, files_kept=2)
    log.open()
    rotated = [log.write([b"line%d" % number, b"x"]) for number in range(5)]
    log.close()

    assert rotated == [False, True, True, True, True]
    assert [path.name for path in files_of(tmp_path)] == ["audit-00000003.jsonl", "audit-00000004.jsonl", CURRENT]
    assert contents(tmp_path) == [[b"line2", b"x"], [b"line3", b"x"], [b"line4", b"x"]]


def test_a_crash_between_two_files_loses_no_line(tmp_path: Path) -> None:
    """The new file is empty or not there: the last line is the older one's."""
    log = audit_file(tmp_path)
    log.open()
    log.write([b"one"])
    log.rotate()
    log.close()
    for _ in range(2):
        again = audit_file(tmp_path)
        assert again.open() == Resumed(b"one", 0)
        again.close()
        (tmp_path / CURRENT).unlink()


@pytest.mark.parametrize("room", [0, 1, 4, 5, 9])
def test_on_a_full_disk_nothing_is_there_and_it_can_be_tried_again(tmp_path: Path, room: int) -> None:
    """However far it came."""
    disk = FullDisk()
    log = audit_file(tmp_path, io=disk)
    log.open()
    log.write([b"one"])
    disk.room = room
    with pytest.raises(StorageUnavailable, match="No space left"):
        log.write([b"two", b"three"])
    assert contents(tmp_path) == [[b"one"]]
    disk.room = 100
    log.write([b"two", b"three"])
    log.close()

    assert contents(tmp_path) == [[b"one", b"two", b"three"]]


def test_a_new_file_that_cannot_be_begun_is_begun_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old one has its number by then."""
    disk = FullDisk()
    log = audit_file(tmp_path, file_bytes=1, io=disk)
    log.open()
    log.write([b"one"])

    def refuse(path: Path) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(disk, "create", refuse)
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                log.write([b"two"])
    log.write([b"two"])
    log.close()

    assert contents(tmp_path) == [[b"one"], [b"two"]]


def test_a_large_batch_is_written_whole(tmp_path: Path) -> None:
    """More lines than one system call takes."""
    lines = [b"%d" % number for number in range(3000)]
    log = audit_file(tmp_path)
    log.open()
    log.write(lines)
    log.close()

    assert contents(tmp_path) == [lines]


def test_two_brokers_do_not_write_to_one_log(tmp_path: Path) -> None:
    """The second is told so."""
    log = audit_file(tmp_path)
    log.open()
    with pytest.raises(DirectoryInUse):
        audit_file(tmp_path).open()
    log.close()
    audit_file(tmp_path).open()
