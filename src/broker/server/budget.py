"""The process's byte budget for requests in flight: over it, connections stop reading until there is room again."""

from collections.abc import Callable


class ByteBudget:
    """Counts bytes taken and given back. It never refuses what was already received: it says when to stop reading more, so the
    process holds at most ``limit`` plus one frame a connection."""

    __slots__ = ("_waiting", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._waiting: list[Callable[[], None]] = []

    def take(self, count: int) -> bool:
        """Count ``count`` bytes as held; False says: stop reading and call :meth:`wait`."""
        self.used += count
        return self.used <= self.limit

    @property
    def exhausted(self) -> bool:
        return self.used > self.limit

    def give_back(self, count: int) -> None:
        """Count ``count`` bytes as free; connections that wait go on when there is room."""
        self.used -= count
        assert self.used >= 0, "bytes given back were taken before"
        if self._waiting and self.used <= self.limit:
            waiting, self._waiting = self._waiting, []
            for resume in waiting:
                resume()

    def wait(self, resume: Callable[[], None]) -> None:
        """Call ``resume`` once when there is room."""
        self._waiting.append(resume)
