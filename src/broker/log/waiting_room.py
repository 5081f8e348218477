"""Who is waiting for more data of which partition. Entering, leaving and waking are all sync; only the wait itself waits."""

from collections.abc import Iterable

import anyio


class Waiter:
    """One long poll: it is woken when ``missing`` more bytes have arrived on its partitions together, or at once by
    :meth:`wake` (an error or an end that it must be told of)."""

    __slots__ = ("_event", "missing", "pids")

    def __init__(self, pids: tuple[int, ...], missing: int) -> None:
        self.pids = pids
        self.missing = missing
        self._event = anyio.Event()

    def add(self, size: int) -> None:
        """Count ``size`` bytes that arrived."""
        self.missing -= size
        if self.missing <= 0:
            self._event.set()

    def wake(self) -> None:
        """End the wait, whatever has arrived."""
        self._event.set()

    @property
    def is_woken(self) -> bool:
        """Whether :meth:`wait` would return at once."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return when woken."""
        await self._event.wait()


class WaitingRoom:
    """Waiters by partition. Telling of an arrival costs what the waiters of that partition cost, nothing else."""

    def __init__(self) -> None:
        self._waiters: dict[int, set[Waiter]] = {}
        self._closed = False

    def __len__(self) -> int:
        """How many (waiter, partition) pairs there are."""
        return sum(map(len, self._waiters.values()))

    @property
    def is_closed(self) -> bool:
        """Whether the broker is stopping: nobody waits any more."""
        return self._closed

    def enter(self, pids: Iterable[int], missing: int = 1) -> Waiter:
        """Begin to wait for ``missing`` bytes on ``pids``. Enter *before* looking at the log, or an arrival can be missed."""
        waiter = Waiter(tuple(set(pids)), missing)
        if self._closed:
            waiter.wake()
        for pid in waiter.pids:
            self._waiters.setdefault(pid, set()).add(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Stop waiting. Every :meth:`enter` needs one."""
        for pid in waiter.pids:
            here = self._waiters.get(pid)
            if here is not None:
                here.discard(waiter)
                if not here:
                    del self._waiters[pid]

    def arrived(self, pid: int, size: int) -> None:
        """``size`` bytes of ``pid`` became visible."""
        waiters = self._waiters.get(pid)
        if waiters is not None:
            for waiter in waiters:
                waiter.add(size)

    def wake(self, pid: int) -> None:
        """Something other than new data happened to ``pid`` (it was deleted, its log start moved)."""
        for waiter in self._waiters.get(pid, ()):
            waiter.wake()

    def close(self) -> None:
        """Wake everyone, now and from now on: the broker is stopping."""
        self._closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.wake()
