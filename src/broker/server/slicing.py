"""Large answers leave in slices, one in each iteration of the event loop, so that no other connection waits for a whole one to be copied.

Giving the system four megabytes takes it milliseconds, in one step of the loop. Whoever has more than a slice to send takes turns with all others who have,
and everything else that the loop has to do comes in between.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

SLICE_BYTES: Final = 128 * 1024
"""A copy of this takes less than a tenth of a millisecond."""


class Sliced(Protocol):
    """Who has a large answer to send."""

    def send_slice(self) -> bool:
        """Send one slice; whether there is more that may be sent now."""
        ...


class Turns:
    """Owns whose slice is next. One for all connections of a loop; ``call_soon`` is the loop's."""

    def __init__(self, call_soon: Callable[[Callable[[], None]], object]) -> None:
        self._call_soon = call_soon
        self._waiting: deque[Sliced] = deque()
        self._is_called = False

    def join(self, sender: Sliced) -> None:
        """It has a slice to send, and is not in the row."""
        self._waiting.append(sender)
        self._call()

    def _call(self) -> None:
        if not self._is_called:
            self._is_called = True
            self._call_soon(self._next)

    def _next(self) -> None:
        self._is_called = False
        sender = self._waiting.popleft()
        if sender.send_slice():
            self._waiting.append(sender)
        if self._waiting:
            self._call()


class Rest:
    """What is left of an answer, in its order. It is not copied."""

    def __init__(self) -> None:
        self._chunks: deque[memoryview] = deque()
        self.size = 0

    def add(self, chunks: Sequence[Any]) -> None:
        """Put buffers behind what is there."""
        for chunk in chunks:
            view = memoryview(chunk)
            self._chunks.append(view if view.format == "B" and view.ndim == 1 else view.cast("B"))
            self.size += view.nbytes

    def take(self, size: int) -> list[memoryview]:
        """The next ``size`` bytes, fewer when there are no more."""
        taken: list[memoryview] = []
        while size and self._chunks:
            first = self._chunks.popleft()
            if len(first) > size:
                self._chunks.appendleft(first[size:])
                first = first[:size]
            taken.append(first)
            size -= len(first)
            self.size -= len(first)
        return taken

    def clear(self) -> None:
        """Nothing of it is wanted."""
        self._chunks.clear()
        self.size = 0
