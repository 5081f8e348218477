"""Large answers leave in slices, one in each iteration of the event loop, so that no other connection waits for a whole one to be copied.

Giving the system four megabytes takes it milliseconds, in one step of the loop. Whoever has more than a slice to send takes turns with all others who have,
and everything else that the loop has to do comes in between.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from broker.answer_room import AnswerRoom

SLICE_BYTES: Final = 128 * 1024
"""A copy of this takes less than a tenth of a millisecond."""


UNSENT_MAX: Final = 256 * 1024
"""So much of a connection's answers is with the transport, which hands over more when the system takes more. It is not counted (:class:`AnswerRoom`)."""


class Sliced(Protocol):
    """Who has a large answer to send."""

    def send_slice(self) -> bool:
        """Send one slice; whether there is more that may be sent now."""
        ...


class Turns:
    """Owns whose slice is next. One for all connections of a loop; ``call_soon`` is the loop's. Answers that wait take ``room``."""

    def __init__(self, call_soon: Callable[[Callable[[], None]], object], room: AnswerRoom | None = None) -> None:
        self._call_soon = call_soon
        self.room = room or AnswerRoom()
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
    """What is left of an answer, in its order. It is not copied. What it keeps in memory takes ``room``: a buffer all of it until its last byte is taken,
    and buffers that are views of one object until the last of these is."""

    def __init__(self, room: AnswerRoom | None = None) -> None:
        self._room = room or AnswerRoom()
        self._chunks: deque[memoryview] = deque()
        self._objects: dict[int, tuple[int, int]] = {}
        """Of each object that there are views of: how many are not taken to their end, and how many bytes they had together."""
        self.held = 0
        self.size = 0

    def add(self, chunks: Sequence[Any]) -> None:
        """Put buffers behind what is there."""
        added = 0
        for chunk in chunks:
            view = memoryview(chunk)
            if not view.nbytes:
                continue  # at the end it would be left, and with it what its object takes
            view = view if view.format == "B" and view.ndim == 1 else view.cast("B")
            self._chunks.append(view)
            views, held = self._objects.get(id(view.obj), (0, 0))
            self._objects[id(view.obj)] = views + 1, held + view.nbytes
            added += view.nbytes
        self.size += added
        self.held += added
        self._room.take(added)

    def take(self, size: int) -> list[memoryview]:
        """The next ``size`` bytes, fewer when there are no more."""
        taken: list[memoryview] = []
        while size and self._chunks:
            first = self._chunks.popleft()
            if len(first) > size:
                self._chunks.appendleft(first[size:])
                first = first[:size]
            else:
                self._passed(id(first.obj))
            taken.append(first)
            size -= len(first)
            self.size -= len(first)
        return taken

    def _passed(self, name: int) -> None:
        """A buffer was taken to its end."""
        views, held = self._objects.pop(name)
        if views > 1:
            self._objects[name] = views - 1, held
        else:
            self.held -= held
            self._room.give_back(held)

    def clear(self) -> None:
        """Nothing of it is wanted."""
        self._chunks.clear()
        self._objects.clear()
        self._room.give_back(self.held)
        self.held = self.size = 0
