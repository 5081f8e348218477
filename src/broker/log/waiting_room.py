"""Who is waiting for more data of which partition. Entering, leaving and waking are all sync; only the wait itself waits.

A read_committed reader waits for the last stable offset: what is written into open transactions, or behind them, is nothing to
it, and however much of it arrives, the reader sleeps on.
"""

from collections.abc import Callable, Collection, Iterable

import anyio

from broker.model import LogBounds

Bounds = Callable[[int], LogBounds | None]
"""The bounds of a partition as of now, None when they cannot be had without waiting."""


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

    def arrived(self, pid: int, size: int) -> None:
        """``size`` bytes of records were appended to ``pid``."""
        self.add(size)

    def ended(self, pid: int, size: int) -> None:
        """A transaction on ``pid`` ended with a marker of ``size`` bytes."""
        self.add(size)

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


class CommittedWaiter(Waiter):
    """The long poll of a read_committed reader.

    Where no transaction is open, what arrives is counted as for everybody. Otherwise only a last stable offset beyond the one on
    entering is news, and how many bytes that means is for the reader to find out: it is woken.
    """

    __slots__ = ("_bounds", "_on_entering")

    def __init__(self, pids: tuple[int, ...], missing: int, bounds: Bounds) -> None:
        super().__init__(pids, missing)
        self._bounds = bounds
        self._on_entering = {pid: bounds(pid) for pid in pids}

    def arrived(self, pid: int, size: int) -> None:
        before, now = self._on_entering[pid], self._bounds(pid)
        if before is None or now is None or (_is_all_stable(before) and _is_all_stable(now)):
            self.add(size)
        elif now.last_stable_offset > before.last_stable_offset:
            self.wake()

    def ended(self, pid: int, size: int) -> None:
        before, now = self._on_entering[pid], self._bounds(pid)
        if before is None or now is None or now.last_stable_offset > before.last_stable_offset:
            self.wake()


def _is_all_stable(bounds: LogBounds) -> bool:
    return bounds.last_stable_offset == bounds.high_watermark


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

    def pids(self) -> Collection[int]:
        """The partitions that somebody waits for."""
        return self._waiters.keys()

    def awaits_stable(self, pid: int) -> bool:
        """Whether a read_committed reader waits for ``pid``."""
        return any(isinstance(waiter, CommittedWaiter) for waiter in self._waiters.get(pid, ()))

    def enter(self, pids: Iterable[int], missing: int = 1, committed_by: Bounds | None = None) -> Waiter:
        """Begin to wait for ``missing`` bytes on ``pids``; with ``committed_by`` only for those below the last stable offset.

        Enter *before* looking at the log, or an arrival can be missed.
        """
        here = tuple(set(pids))
        waiter = Waiter(here, missing) if committed_by is None else CommittedWaiter(here, missing, committed_by)
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
        """``size`` bytes of records were appended to ``pid``."""
        waiters = self._waiters.get(pid)
        if waiters is not None:
            for waiter in waiters:
                waiter.arrived(pid, size)

    def transaction_ended(self, pid: int, size: int) -> None:
        """A transaction ended on ``pid``, and its marker of ``size`` bytes is in the log."""
        for waiter in self._waiters.get(pid, ()):
            waiter.ended(pid, size)

    def wake(self, pid: int) -> None:
        """Something other than new data happened to ``pid`` (it was deleted, its log start moved)."""
        for waiter in self._waiters.get(pid, ()):
            waiter.wake()

    def wake_all(self) -> None:
        """Nothing that anybody waits for is as it was."""
        for pid in self._waiters:
            self.wake(pid)

    def close(self) -> None:
        """Wake everyone, now and from now on: the broker is stopping."""
        self._closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.wake()
