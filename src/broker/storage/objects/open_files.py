"""A bounded set of files that are open for reading, shared by threads.

A file that is taken stays open until it is given back, also when it was forgotten or pushed out meanwhile, so readers that
have started finish safely while the file is deleted (the system keeps its bytes until the last descriptor closes).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock


@dataclass(slots=True)
class _OpenFile:
    fd: int
    users: int = 0
    dropped: bool = False


class OpenFiles:
    """At most ``limit`` idle descriptors, the least recently used closed first."""

    def __init__(self, limit: int, open_file: Callable[[int], int], close: Callable[[int], None]) -> None:
        self._limit = limit
        self._open = open_file
        self._close = close
        self._files: OrderedDict[int, _OpenFile] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def take(self, number: int) -> Iterator[int]:
        """The descriptor of file ``number``, for as long as the block runs. Raises what opening raises."""
        with self._lock:
            file = self._files.get(number)
            if file is None:
                file = self._files[number] = _OpenFile(self._open(number))
            self._files.move_to_end(number)
            file.users += 1
            self._shrink(self._limit)
        try:
            yield file.fd
        finally:
            with self._lock:
                file.users -= 1
                if file.dropped and not file.users:
                    self._close(file.fd)

    def forget(self, number: int) -> None:
        """Close file ``number`` as soon as nobody reads it."""
        with self._lock:
            file = self._files.pop(number, None)
            if file is not None:
                self._drop(file)

    def close(self) -> None:
        """Forget all."""
        with self._lock:
            while self._files:
                self._drop(self._files.popitem()[1])

    def _shrink(self, limit: int) -> None:
        while len(self._files) > limit:
            self._drop(self._files.popitem(last=False)[1])

    def _drop(self, file: _OpenFile) -> None:
        file.dropped = True
        if not file.users:
            self._close(file.fd)
