"""Worker threads that look through what a client sent leave the interpreter to the event loop: most of the time, once it takes long."""

from time import perf_counter, sleep
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
