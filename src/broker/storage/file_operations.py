"""The calls to the operating system that durable storage is made of, behind one class so that tests can make each of them fail.

Nothing here decides anything; errors are the operating system's own ``OSError``.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from broker.storage.objects.base import Buffer

_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)


class FileOperations:
    """Straight to the operating system."""

    def create(self, path: Path) -> int:
        """A new file, readable by its owner only. Raises FileExistsError."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _CLOSE_ON_EXEC, 0o600)

    def open(self, path: Path) -> int:
        """An existing file for reading."""
        return os.open(path, os.O_RDONLY | _CLOSE_ON_EXEC)

    def open_for_writing(self, path: Path) -> int:
        """An existing file for changing it."""
        return os.open(path, os.O_RDWR | _CLOSE_ON_EXEC)

    def allocate(self, fd: int, length: int) -> None:
        """Reserve the first ``length`` bytes of a file where the system can; the file is at least as long afterwards."""
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, length)
        elif os.fstat(fd).st_size < length:
            os.ftruncate(fd, length)

    def write(self, fd: int, buffers: Sequence[Buffer], position: int) -> int:
        """Write what the system takes at once; how much that was."""
        return os.pwritev(fd, buffers, position)

    def read(self, fd: int, buffers: Sequence[bytearray | memoryview], position: int) -> int:
        """Fill ``buffers`` as far as the system gives at once; 0 at the end of the file."""
        return os.preadv(fd, buffers, position)

    def sync_data(self, fd: int) -> None:
        """Make what was written durable, with as much metadata as reading it back needs."""
        if hasattr(os, "fdatasync"):
            os.fdatasync(fd)
        else:
            self.sync(fd)

    def sync(self, fd: int) -> None:
        """Make a file and all its metadata durable."""
        if hasattr(fcntl, "F_FULLFSYNC"):
            # macOS: fsync alone stops at the drive's cache.
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fsync(fd)

    def sync_directory(self, path: Path) -> None:
        """Make names created in or removed from a directory durable."""
        fd = os.open(path, os.O_RDONLY | _CLOSE_ON_EXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def size(self, fd: int) -> int:
        """The length of an open file."""
        return os.fstat(fd).st_size

    def truncate(self, fd: int, length: int) -> None:
        """Cut a file off."""
        os.ftruncate(fd, length)

    def unlink(self, path: Path) -> None:
        """Remove a name. Raises FileNotFoundError."""
        os.unlink(path)

    def close(self, fd: int) -> None:
        """Release a descriptor."""
        os.close(fd)


def make_directory(path: Path, io: FileOperations) -> None:
    """Create ``path`` (owner only) with its parents and make the names durable. Nothing happens when it is there."""
    if path.is_dir():
        return
    make_directory(path.parent, io)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    io.sync_directory(path.parent)
