"""File operations that remember what was written and flushed when, to build what a crash at any moment would leave.

The model of a disk: what was flushed is there; of what was not, any part may be. Names behave the same way with respect to
flushes of their directory. Torn writes are modelled by sectors of 512 bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from threading import Lock
from typing import Final

from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import Buffer

SECTOR: Final = 512


class Survival(Enum):
    """What becomes of everything that was not flushed."""

    LOST = "lost"
    KEPT = "kept"
    TORN = "torn"


@dataclass(frozen=True, slots=True)
class Event:
    """One change: ``what`` is the operation, or ``mark`` for a moment that the workload names."""

    what: str
    path: Path
    position: int = 0
    data: bytes = b""


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)
    named: bool = False


class RecordedFiles(FileOperations):
    """Real operations, written down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._paths: dict[int, Path] = {}
        self._lock = Lock()

    def mark(self, name: str) -> None:
        """Write down that the workload has come to ``name``."""
        self._add(Event("mark", Path(name)))

    def _add(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def create(self, path: Path) -> int:
        fd = super().create(path)
        with self._lock:
            self._paths[fd] = path
        self._add(Event("create", path))
        return fd

    def allocate(self, fd: int, length: int) -> None:
        super().allocate(fd, length)
        self._add(Event("allocate", self._paths[fd], length))

    def write(self, fd: int, buffers: Sequence[Buffer], position: int) -> int:
        self._add(Event("write", self._paths[fd], position, b"".join(buffers)))
        return super().write(fd, buffers, position)

    def sync_data(self, fd: int) -> None:
        super().sync_data(fd)
        if fd in self._paths:
            self._add(Event("sync", self._paths[fd]))

    def sync(self, fd: int) -> None:
        super().sync(fd)
        if fd in self._paths:
            self._add(Event("sync", self._paths[fd]))

    def sync_directory(self, path: Path) -> None:
        super().sync_directory(path)
        self._add(Event("sync_directory", path))

    def truncate(self, fd: int, length: int) -> None:
        super().truncate(fd, length)
        if fd in self._paths:
            self._add(Event("truncate", self._paths[fd], length))

    def close(self, fd: int) -> None:
        self._paths.pop(fd, None)
        super().close(fd)

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._add(Event("unlink", path))


def files_after_crash(events: Sequence[Event], survival: Survival, random: Random) -> dict[Path, bytes]:
    """The files that are found when the machine stops after ``events``."""
    files: dict[Path, _File] = {}
    for event in events:
        if event.what == "create":
            files[event.path] = _File()
        elif event.what in ("allocate", "write", "truncate"):
            files[event.path].pending.append(event)
        elif event.what == "sync":
            file = files[event.path]
            for pending in file.pending:
                _apply(file.durable, pending)
            file.pending.clear()
        elif event.what == "sync_directory":
            for path, file in files.items():
                file.named = file.named or path.parent == event.path
        elif event.what == "unlink":
            files.pop(event.path, None)
    left: dict[Path, bytes] = {}
    for path, file in files.items():
        if not file.named and (survival is Survival.LOST or (survival is Survival.TORN and random.random() < 0.5)):
            continue
        data = bytearray(file.durable)
        for pending in file.pending:
            if survival is Survival.KEPT:
                _apply(data, pending)
            elif survival is Survival.TORN:
                _apply_torn(data, pending, random)
        left[path] = bytes(data)
    return left


def _apply(data: bytearray, event: Event) -> None:
    if event.what == "truncate":
        del data[event.position :]
        data.extend(bytes(max(0, event.position - len(data))))
        return
    end = event.position if event.what == "allocate" else event.position + len(event.data)
    data.extend(bytes(max(0, end - len(data))))
    if event.what == "write":
        data[event.position : end] = event.data


def _apply_torn(data: bytearray, event: Event, random: Random) -> None:
    if event.what != "write":
        if random.random() < 0.5:
            _apply(data, event)
        return
    at = event.position
    while at < event.position + len(event.data):
        end = min(event.position + len(event.data), (at // SECTOR + 1) * SECTOR)
        if random.random() < 0.5:
            _apply(data, Event("write", event.path, at, event.data[at - event.position : end - event.position]))
        at = end
