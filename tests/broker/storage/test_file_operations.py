"""The calls to the operating system."""

import os
import stat
from pathlib import Path

import pytest

from broker.storage.file_operations import FileOperations, make_directory


def test_a_file_is_created_once_and_for_its_owner(tmp_path: Path) -> None:
    """Two owners of one name would be two writers of one file."""
    io = FileOperations()
    fd = io.create(tmp_path / "a")
    with pytest.raises(FileExistsError):
        io.create(tmp_path / "a")

    assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o600
    io.close(fd)


def test_written_bytes_are_read_back(tmp_path: Path) -> None:
    """At their position, from several buffers."""
    io = FileOperations()
    fd = io.create(tmp_path / "a")
    io.allocate(fd, 100)
    assert io.size(fd) == 100
    assert io.write(fd, [b"abc", b"def"], 10) == 6
    io.sync_data(fd)
    io.sync(fd)
    io.sync_directory(tmp_path)
    io.truncate(fd, 16)
    io.close(fd)
    fd = io.open(tmp_path / "a")
    data = bytearray(10)

    assert io.read(fd, [data], 8) == 8
    assert data == b"\0\0abcdef\0\0"
    io.close(fd)
    io.unlink(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        io.unlink(tmp_path / "a")


def test_allocation_without_the_system_s_help_still_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no such call, the file at least has its length, and never loses what it has."""
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    io = FileOperations()
    fd = io.create(tmp_path / "a")
    io.allocate(fd, 50)
    io.allocate(fd, 10)

    assert io.size(fd) == 50
    io.close(fd)


def test_flushing_without_fdatasync_flushes_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never less than asked for."""
    monkeypatch.delattr(os, "fdatasync", raising=False)
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    io = FileOperations()
    fd = io.create(tmp_path / "a")
    io.sync_data(fd)

    assert calls == [fd]
    io.close(fd)


def test_directories_are_made_for_their_owner_only(tmp_path: Path) -> None:
    """With all parents; making them again is no error."""
    target = tmp_path / "a" / "b"
    make_directory(target, FileOperations())
    make_directory(target, FileOperations())

    assert [stat.S_IMODE(path.stat().st_mode) for path in (target, target.parent)] == [0o700, 0o700]
