"""The writer of a broker in a cluster: several groups on their way at once, where :mod:`broker.log.writer` has one.

Storing an object takes tens of milliseconds, so groups are stored side by side; when the next one is made is for :mod:`broker.log.flush_policy`
to say. Invariants 1, 2 and 5 of :mod:`broker.log.writer` hold here too. Besides:

6. Groups are given to the committer in the order in which they are made, and settled in that order: the answers of a partition are in the
   order of its batches, and what is published of it goes up.
7. What must not overtake a failed batch (4) is for the committer to say, where the order is decided.
8. What is queued or on its way counts in ``queued_bytes`` until it is settled, and so does the frame it came in, for its connection.
"""

from collections import deque
from collections.abc import Callable, Coroutine
from math import inf
from time import perf_counter
from typing import Any, Final

import anyio

from broker.errors import BrokerError, StorageFailed
from broker.log.flush_policy import FlushPolicy, OnTheWay
from broker.log.group_layout import by_partition
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import OnSettled, QueuedBatch, Writer
from broker.model import Appended, Published
from broker.storage.catalog.base import BatchEntry, LogCatalog
from broker.storage.committing import GroupCommitter
from broker.storage.objects.base import Buffer
from observability.metrics import CLUSTER_WRITES

_NEVER: Final = 1 << 62


class _Flight:
    """A group on its way."""

    __slots__ = ("began", "group", "inline", "outcome", "partitions", "size")

    def __init__(
        self, group: list[QueuedBatch], partitions: list[list[QueuedBatch]], size: int, inline: bool, began: float
    ) -> None:
        self.group = group
        self.partitions = partitions
        self.size = size
        self.inline = inline
        self.began = began
        self.outcome: list[list[Appended]] | BrokerError | None = None


class PipelinedWriter(Writer):
    """Needs a committer that takes several groups at once, in the order of the calls."""

    def __init__(
        self,
        committer: GroupCommitter,
        catalog: LogCatalog,
        tail: TailCache,
        waiting: WaitingRoom,
        now_ms: Callable[[], int],
        on_fatal: Callable[[StorageFailed], None],
        *,
        flush_policy: FlushPolicy,
        on_group: Callable[[float, int, int, int], None] | None = None,
        on_published: Callable[[Published], None] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """``clock`` in seconds never runs back."""
        flush_bytes = flush_policy.limits.flush_bytes
        super().__init__(
            committer, catalog, tail, waiting, now_ms, on_fatal, on_group=on_group, on_published=on_published, group_bytes_max=flush_bytes
        )
        self._policy = flush_policy
        self._clock = clock or perf_counter
        self._flights: deque[_Flight] = deque()
        self._way = OnTheWay(0, 0, 0)
        self._wake_bytes = flush_bytes
        self._failure: StorageFailed | None = None

    def enqueue(self, pid: int, buffer: Buffer, entry: BatchEntry, on_settled: OnSettled) -> None:
        if self._refusal is not None:
            on_settled(self._refusal)
            return
        queued = QueuedBatch(pid, buffer, entry, on_settled)
        queued.arrived = self._clock()
        self.queued_bytes += queued.size
        self._queue.append(queued)
        if self._work is not None and (len(self._queue) == 1 or self._bytes_in_queue >= self._wake_bytes):
            self._work.set()

    async def run(self) -> None:
        """Make groups and settle them, until cancelled."""
        async with anyio.create_task_group() as tasks:
            while self._failure is None:
                if self._queue and not (wait := self._wait_s()):
                    flight = self._make_group()
                    if flight is not None:
                        tasks.start_soon(self._fly, *flight)
                    continue
                self._tell_if_idle()
                self._work = anyio.Event()
                with anyio.move_on_after(wait if self._queue else inf):
                    await self._work.wait()
                self._work = None
            tasks.cancel_scope.cancel()
        assert self._failure is not None
        self._fail([queued for flight in self._flights for queued in flight.group], self._failure)

    async def drain(self) -> None:
        self._take_no_more()
        self._wake()
        await super().drain()

    @property
    def _bytes_in_queue(self) -> int:
        return self.queued_bytes - self._way.bytes

    def _wait_s(self) -> float:
        is_full = self._policy.is_full(self._bytes_in_queue, self._way)
        self._wake_bytes = _NEVER if is_full else self._group_bytes_max
        if is_full:
            return inf
        if self._refusal is not None:  # draining
            return 0
        return self._policy.wait_s(self._clock(), self._bytes_in_queue, self._queue[0].arrived, self._way)

    def _make_group(self) -> tuple[_Flight, Coroutine[Any, Any, list[list[Appended]]]] | None:
        group = self._take()
        if not group:
            return None
        now = self._clock()
        CLUSTER_WRITES.queued(now - group[0].arrived)
        size = sum([queued.size for queued in group])
        inline = self._policy.goes_inline(now, size, self._way)
        partitions = by_partition(group)
        flight = _Flight(group, partitions, size, inline, now)
        self._flights.append(flight)
        self._flushing = True
        way = self._way
        self._way = OnTheWay(way.groups + 1, way.bytes + size, way.inline + inline)
        # The call takes the group's place in the line; its task may begin later than that of another.
        return flight, self._committer.commit(self._unstored(group, partitions, inline=inline))

    async def _fly(self, flight: _Flight, committing: Coroutine[Any, Any, list[list[Appended]]]) -> None:
        try:
            flight.outcome = await committing
        except BrokerError as error:
            flight.outcome = error
        except StorageFailed as error:
            self._failure = self._failure or error
            self._wake()
            return
        while self._flights and self._flights[0].outcome is not None and self._failure is None:
            self._land(self._flights.popleft())
        self._wake()

    def _land(self, flight: _Flight) -> None:
        """Settle what became of a group, after all that were made before it."""
        way = self._way
        self._way = OnTheWay(way.groups - 1, way.bytes - flight.size, way.inline - flight.inline)
        self._flushing = bool(self._flights)
        outcome = flight.outcome
        if isinstance(outcome, BrokerError):
            self._settle_refused(flight.group, outcome)
        else:
            assert outcome is not None
            self._committed(flight.group, flight.partitions, outcome, self._clock() - flight.began)

    def _wake(self) -> None:
        if self._work is not None:
            self._work.set()
