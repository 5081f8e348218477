"""One owner per data directory: a lock that dies with its process.

The lock is the system's (``flock``), so a killed broker leaves nothing to clean up. The number of the owner stands in the
catalog (:mod:`broker.storage.embedded`).
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from broker.storage.file_operations import FileOperations, make_directory

LOCK_FILE: Final = "owner.lock"
CATALOG_FILE: Final = "catalog.db"
SEGMENTS_DIRECTORY: Final = "segments"
NUMBERS_AN_EPOCH: Final = 1 << 24
"""Segments one owner can make; at 64 MiB each that is a pebibyte between two starts."""


class DirectoryInUse(Exception):
    """Another process owns the data directory, or a part of it that lies elsewhere."""


class Ownership:
    """Holds a data directory until :meth:`release`."""

    def __init__(self, locks: list[int]) -> None:
        self._locks = locks

    @classmethod
    def take(cls, directory: Path, elsewhere: Sequence[Path] = (), io: FileOperations | None = None) -> "Ownership":
        """Own ``directory``, creating it if need be, and what of its data lies ``elsewhere`` (names of further lock files).

        Raises DirectoryInUse.
        """
        make_directory(directory, io or FileOperations())
        owner = cls([])
        try:
            for path in (directory / LOCK_FILE, *elsewhere):
                owner._locks.append(_lock(path))
        except BaseException:
            owner.release()
            raise
        return owner

    def release(self) -> None:
        """Give the directory up. Nothing happens the second time."""
        while self._locks:
            fd = self._locks.pop()
            os.ftruncate(fd, 0)
            os.close(fd)

    def __enter__(self) -> "Ownership":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lock(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(fd, 32, 0).decode(errors="replace").strip()
        os.close(fd)
        by = f"process {owner}" if owner.isdigit() else "another process"
        raise DirectoryInUse(
            f"the data in {path.parent} is in use by {by}; stop it first, or give this broker another --data-dir"
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd
