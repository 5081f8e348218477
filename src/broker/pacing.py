"""Worker threads that look through what a client sent leave the interpreter to the event loop: most of the time, once it takes long."""

from time import perf_counter, sleep, thread_time
from typing import Final

FREE_S: Final = 0.01
"""So long is nothing: what clients send that mean no harm takes a fraction of it."""

REST: Final = 4.0
"""Times as long as it worked a thread rests afterwards: the event loop keeps four fifths."""


class Pacer:
    """Call it every millisecond or so of work."""

    __slots__ = ("_resumed", "_worked")

    def __init__(self) -> None:
        self._worked = 0.0
        self._resumed = perf_counter()

    def __call__(self) -> None:
        lately = perf_counter() - self._resumed
        self._worked += lately
        if self._worked > FREE_S:
            sleep(lately * REST)
        self._resumed = perf_counter()


class Allowance:
    """One for all work of a kind, whoever causes it: ``share`` of a core, after ``burst_s`` seconds of it in one go. One thread at a time does such
    work: it calls :meth:`begin`, and the object every millisecond or so and at the end."""

    __slots__ = ("_at", "_burst_s", "_owed", "_resumed", "_share")

    def __init__(self, share: float, burst_s: float) -> None:
        self._share = share
        self._burst_s = burst_s
        self._owed = 0.0
        self._at = perf_counter()
        self._resumed = 0.0

    def begin(self) -> None:
        """This thread begins to work."""
        self._resumed = thread_time()

    def __call__(self) -> None:
        now, worked = perf_counter(), thread_time()
        self._owed = max(0.0, self._owed - (now - self._at) * self._share) + worked - self._resumed
        self._at, self._resumed = now, worked
        if self._owed > self._burst_s:
            sleep((self._owed - self._burst_s) / self._share)
