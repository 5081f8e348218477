"""File operations that fail where a test says, count what could fail, and hold back flushes."""

import errno
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock
from typing import Final

from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Buffer

CHANGING: Final = ("create", "allocate", "write", "sync_data", "sync", "sync_directory", "truncate", "unlink")


class FaultyFiles(FileOperations):
    """Real operations; the ``fail_at``-th changing one (from 0) raises ``code``, or every one whose name is in ``failing``.

    ``short``: writes take only a part, as many bytes as given. ``torn``: a failing write leaves half of its bytes.
    """

    def __init__(
        self, *, fail_at: int | None = None, code: int = errno.ENOSPC, short: int | None = None, torn: bool = True
    ) -> None:
        self.fail_at = fail_at
        self.code = code
        self.short = short
        self.torn = torn
        self.failing: set[str] = set()
        self.calls: list[str] = []
        self.failed: list[str] = []
        self.hold: Event | None = None
        self._lock = Lock()

    def _pass(self, name: str) -> None:
        with self._lock:
            index = len(self.calls)
            self.calls.append(name)
            if index == self.fail_at or name in self.failing:
                self.failed.append(name)
                raise OSError(self.code, "injected")

    def create(self, path: Path) -> int:
        self._pass("create")
        return super().create(path)

    def allocate(self, fd: int, length: int) -> None:
        self._pass("allocate")
        super().allocate(fd, length)

    def write(self, fd: int, buffers: Sequence[Buffer], position: int) -> int:
        data = b"".join(buffers)
        try:
            self._pass("write")
        except OSError:
            if self.torn:
                super().write(fd, [data[: len(data) // 2]], position)
            raise
        return super().write(fd, [data[: self.short]], position)

    def sync_data(self, fd: int) -> None:
        if self.hold is not None:
            self.hold.wait(10)
        self._pass("sync_data")
        super().sync_data(fd)

    def sync(self, fd: int) -> None:
        self._pass("sync")
        super().sync(fd)

    def sync_directory(self, path: Path) -> None:
        self._pass("sync_directory")
        super().sync_directory(path)

    def truncate(self, fd: int, length: int) -> None:
        self._pass("truncate")
        super().truncate(fd, length)

    def unlink(self, path: Path) -> None:
        self._pass("unlink")
        super().unlink(path)
