"""The audit log as files of lines: one that is written to, and older ones with numbers that rise.

What was written is on the disk when :meth:`AuditFile.write` returns. A line that a crash cut off is removed at the next start; whoever asked for it had no
answer by then. Files are readable by their owner only. Everything here blocks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.errors import StorageUnavailable
from broker.storage.file_operations import FileOperations
from broker.storage.ownership import Ownership

CURRENT: Final = "audit.jsonl"
_OLDER: Final = re.compile(r"audit-([0-9]{8,})\.jsonl")
_BUFFERS_MAX: Final = 512
"""What one system call takes of them is bounded (IOV_MAX, 1024 on Linux)."""
_TAIL_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Resumed:
    """How the log was found: its last line, None when there is none, and how many bytes behind it were cut off."""

    last_line: bytes | None
    cut_bytes: int


class AuditFile:
    """Owns a directory. :meth:`open` comes first; one call at a time."""

    def __init__(self, directory: Path, *, file_bytes: int, files_kept: int, io: FileOperations | None = None) -> None:
        """A file is closed and the next begun when it has ``file_bytes``; of the closed ones ``files_kept`` stay, 0 means all."""
        self._directory = directory
        self._file_bytes = file_bytes
        self._files_kept = files_kept
        self._io = io or FileOperations()
        self._owner: Ownership | None = None
        self._fd = -1
        self._position = 0

    def open(self) -> Resumed:
        """Go on where the log ends. Raises DirectoryInUse, OSError."""
        self._owner = Ownership.take(self._directory, io=self._io)
        path = self._directory / CURRENT
        if not path.exists():
            self._create()
            return Resumed(self._last_line_of_older(), 0)
        self._fd = self._io.open_for_writing(path)
        size = self._io.size(self._fd)
        tail = self._tail(self._fd, size)
        end = tail.rfind(b"\n") + 1
        cut = len(tail) - end
        if cut:
            self._io.truncate(self._fd, size - cut)
            self._io.sync(self._fd)
        self._position = size - cut
        last = _last_line(tail[:end])
        return Resumed(self._last_line_of_older() if last is None else last, cut)

    def write(self, lines: Sequence[bytes]) -> bool:
        """Append lines, durably; whether a new file was begun. Raises StorageUnavailable: then none of them is there."""
        rotates = self._position >= self._file_bytes
        try:
            if rotates:
                self.rotate()
            elif self._fd < 0:
                self._create()
            data = [part for line in lines for part in (line, b"\n")]
            end = self._position
            for at in range(0, len(data), _BUFFERS_MAX):
                end = self._write_all(data[at : at + _BUFFERS_MAX], end)
            self._io.sync_data(self._fd)
        except OSError as error:
            self._undo()
            raise StorageUnavailable(f"the audit log cannot be written: {error.strerror or error}") from error
        self._position = end
        return rotates

    def rotate(self) -> None:
        """Close the file and begin the next. Raises OSError."""
        if self._fd >= 0:
            self._io.close(self._fd)
            self._fd = -1
        path = self._directory / CURRENT
        if path.exists():
            path.rename(self._directory / f"audit-{max(self._older(), default=0) + 1:08}.jsonl")
        self._create()
        if self._files_kept:
            for number in sorted(self._older())[: -self._files_kept]:
                self._io.unlink(self._path_of(number))

    def close(self) -> None:
        """Nothing more is written."""
        if self._fd >= 0:
            self._io.close(self._fd)
            self._fd = -1
        if self._owner is not None:
            self._owner.release()

    def _create(self) -> None:
        self._fd = self._io.create(self._directory / CURRENT)
        self._position = 0
        self._io.sync_directory(self._directory)

    def _write_all(self, buffers: Sequence[bytes], position: int) -> int:
        left = list(buffers)
        while left:
            count = self._io.write(self._fd, left, position)
            position += count
            while left and count >= len(left[0]):
                count -= len(left.pop(0))
            if count:
                left[0] = left[0][count:]
        return position

    def _undo(self) -> None:
        """What was written of lines that will be written again. Should that fail too, they are overwritten."""
        if self._fd >= 0:
            try:
                self._io.truncate(self._fd, self._position)
            except OSError:
                pass

    def _older(self) -> Iterator[int]:
        for path in self._directory.iterdir():
            if match := _OLDER.fullmatch(path.name):
                yield int(match[1])

    def _path_of(self, number: int) -> Path:
        return self._directory / f"audit-{number:08}.jsonl"

    def _last_line_of_older(self) -> bytes | None:
        newest = max(self._older(), default=None)
        if newest is None:
            return None
        fd = self._io.open(self._path_of(newest))
        try:
            return _last_line(self._tail(fd, self._io.size(fd)))
        finally:
            self._io.close(fd)

    def _tail(self, fd: int, size: int) -> bytes:
        wanted = bytearray(min(size, _TAIL_BYTES))
        view = memoryview(wanted)
        got = 0
        while got < len(wanted):
            count = self._io.read(fd, [view[got:]], size - len(wanted) + got)
            if not count:
                break
            got += count
        return bytes(view[:got])


def files_of(directory: Path) -> list[Path]:
    """All files of a log, the oldest first."""
    older = {int(match[1]): path for path in directory.iterdir() if (match := _OLDER.fullmatch(path.name))}
    current = directory / CURRENT
    return [*(older[number] for number in sorted(older)), *([current] if current.exists() else [])]


def _last_line(tail: bytes) -> bytes | None:
    """The last whole line, None when there is none."""
    end = tail.rfind(b"\n")
    if end < 0:
        return None
    return tail[tail.rfind(b"\n", 0, end) + 1 : end]
