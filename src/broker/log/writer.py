"""The writer: checked batches in, one durable group after another out.

Invariants

1. The order of :meth:`Writer.enqueue` is the order of every partition's log.
2. A batch is settled exactly once: with its offset only after its group was committed (:mod:`broker.storage.committing`).
3. At most one group is being committed. What arrives meanwhile is the next group: an idle broker commits at once, a busy one in
   large groups. Between two groups a busy one may wait a moment for senders to come back (:mod:`broker.log.gathering`).
4. A producer's batch never overtakes an earlier one that failed (:mod:`broker.storage.sequence_holes`).
5. A buffer does not change between its being written and its being stamped, nor ever after.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from time import perf_counter
from typing import Final

import anyio

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.log.gathering import Gathering
from broker.log.group_layout import by_partition, lay_out
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.model import Appended, Published
from broker.storage.catalog.base import BatchEntry, LogCatalog
from broker.storage.committing import GroupCommitter, UnstoredGroup
from broker.storage.objects.base import Buffer
from broker.storage.sequence_holes import Hole, HoleKey, SequenceHoles
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import stamp, stamp_log_append_time
from observability import logs
from observability.metrics import COMMIT_FAILURES

GROUP_BYTES_MAX: Final = 8 * 1024 * 1024
"""Enough for the fixed cost of a commit not to matter; more would only make those wait longer who came first."""

GROUP_BATCHES_MAX: Final = 4096
"""Settling a group is one uninterrupted stretch of the event loop."""

_log = logs.get("writer")

OnSettled = Callable[[Appended], None]


class QueuedBatch:
    """One batch in the queue. ``entry.log_append_time`` asks for its timestamp to be set when it is written. ``arrived`` is set by writers that
    ask for it (:mod:`broker.log.pipelined_writer`). ``behind`` is what an earlier batch of its producer left
    that was refused, when the log is to decide."""

    __slots__ = ("arrived", "behind", "buffer", "entry", "on_settled", "pid", "size")

    arrived: float

    def __init__(self, pid: int, buffer: Buffer, entry: BatchEntry, on_settled: OnSettled) -> None:
        self.pid = pid
        self.buffer = buffer
        self.entry = entry
        self.on_settled = on_settled
        self.size = len(buffer)
        self.behind: Hole | None = None

    @property
    def producer(self) -> HoleKey:
        return self.pid, self.entry.producer_id, self.entry.producer_epoch


class Writer:
    """Owns the queue of batches and the only road to ``committer.commit``.

    :meth:`run` ends only by being cancelled, or after ``StorageFailed``: then everything queued is refused, ``on_fatal`` is called
    and every later batch is refused too.
    """

    def __init__(
        self,
        committer: GroupCommitter,
        catalog: LogCatalog,
        tail: TailCache,
        waiting: WaitingRoom,
        now_ms: Callable[[], int],
        on_fatal: Callable[[StorageFailed], None],
        *,
        on_group: Callable[[float, int, int, int], None] | None = None,
        on_published: Callable[[Published], None] | None = None,
        group_bytes_max: int = GROUP_BYTES_MAX,
        gathering: Gathering | None = None,
    ) -> None:
        """``on_group(seconds, batches, records, bytes)`` is told of every group that was committed, ``on_published`` of what it made visible in
        each partition. Without ``gathering`` no group ever waits."""
        self._committer = committer
        self._catalog = catalog
        self._tail = tail
        self._waiting = waiting
        self._now_ms = now_ms
        self._on_fatal = on_fatal
        self._on_group = on_group
        self._on_published = on_published
        self._group_bytes_max = group_bytes_max
        self._gathering = gathering
        self._queue: deque[QueuedBatch] = deque()
        self._holes = SequenceHoles(perf_counter)
        self._work: anyio.Event | None = None
        self._wanted = 1
        self._idle: anyio.Event | None = None
        self._flushing = False
        self._refusal: Appended | None = None
        self._out_of_room = False
        self._complaints = logs.LineLimiter()
        self.queued_bytes = 0

    def enqueue(self, pid: int, buffer: Buffer, entry: BatchEntry, on_settled: OnSettled) -> None:
        """Give a checked batch its place; ``on_settled`` is called once, later (at once when the writer no longer takes any).

        ``buffer`` is the writer's from now on: it is stamped in place when it can be written to.
        """
        if self._refusal is not None:
            on_settled(self._refusal)
            return
        queued = QueuedBatch(pid, buffer, entry, on_settled)
        self.queued_bytes += queued.size
        self._queue.append(queued)
        if self._work is not None and len(self._queue) >= self._wanted:
            self._work.set()

    async def run(self) -> None:
        """Commit groups until cancelled."""
        gathering = self._gathering
        while True:
            if gathering is not None and (wanted := gathering.wanted(len(self._queue), self.queued_bytes)):
                await self._gather(gathering, wanted)
            if self._holes and self._queue:
                await self._leave_needless_holes()
            group = self._take()
            if not group:
                self._tell_if_idle()
                self._work = anyio.Event()
                began = perf_counter()
                await self._work.wait()
                self._work = None
                if gathering is not None:
                    gathering.rested(perf_counter() - began)
                continue
            self._flushing = True
            started = perf_counter()
            try:
                await self._commit(group)
            except StorageFailed as error:
                self._fail(group, error)
                return
            finally:
                self._flushing = False
            if gathering is not None:
                gathering.committed(len(group), perf_counter() - started)

    async def _gather(self, gathering: Gathering, wanted: int) -> None:
        """Wait for the queue to hold ``wanted`` batches, or until patience ends."""
        self._wanted = wanted
        self._work = anyio.Event()
        with anyio.move_on_after(gathering.patience_s):
            await self._work.wait()
        gathering.waited(in_vain=not self._work.is_set())
        self._work = None
        self._wanted = 1

    async def drain(self) -> None:
        """Take no more batches and return when all that were queued are settled."""
        self._take_no_more()
        if self._queue or self._flushing:
            self._idle = anyio.Event()
            await self._idle.wait()

    def _take_no_more(self) -> None:
        if self._refusal is None:
            self._refusal = _refused(ErrorCode.NOT_LEADER_OR_FOLLOWER, "the broker is stopping")

    def _tell_if_idle(self) -> None:
        if self._idle is not None and not self._queue and not self._flushing:
            self._idle.set()

    def _take(self) -> list[QueuedBatch]:
        """The next group: everything queued, up to the limits of a group."""
        group: list[QueuedBatch] = []
        queue = self._queue
        holes = self._holes
        size = 0
        while queue and len(group) < GROUP_BATCHES_MAX:
            queued = queue[0]
            if group and size + queued.size > self._group_bytes_max:
                break
            queue.popleft()
            if holes and queued.entry.producer_id >= 0:
                hole = holes.before(queued.producer, queued.entry.first_sequence)
                if hole is not None and not hole.left_to_log:
                    self._settle(queued, holes.told(hole))
                    continue
                queued.behind = hole
            size += queued.size
            group.append(queued)
        return group

    async def _leave_needless_holes(self) -> None:
        """Before a batch is held back, see whether the log knows its producer: then the catalog decides."""
        queued = islice(self._queue, GROUP_BATCHES_MAX)
        doubted = self._holes.in_doubt((one.producer, one.entry.first_sequence) for one in queued)
        if not doubted:
            return
        try:
            known = await self._catalog.known_producers(list({(pid, producer_id) for pid, producer_id, _ in doubted}))
        except BrokerError:
            return  # they are held back, and this is looked at again when they come again
        for key in doubted:
            if key[:2] in known:
                self._holes.leave_to_log(key)

    async def _commit(self, group: list[QueuedBatch]) -> None:
        started = perf_counter()
        partitions = by_partition(group)
        unstored = self._unstored(group, partitions)
        try:
            answers = await self._committer.commit(unstored)
        except BrokerError as error:
            self._refuse(group, error)
            return
        self._committed(group, partitions, answers, perf_counter() - started)

    def _unstored(self, group: list[QueuedBatch], partitions: list[list[QueuedBatch]], *, inline: bool = False) -> UnstoredGroup:
        """What the committer is given. Every buffer can be written to from here on."""
        now_ms = self._now_ms()
        for queued in group:
            buffer = queued.buffer
            if type(buffer) is bytes or (type(buffer) is memoryview and buffer.readonly):
                queued.buffer = bytearray(buffer)
            if queued.entry.log_append_time:
                stamp_log_append_time(queued.buffer, 0, now_ms)  # type: ignore[arg-type]  # writable by now
                queued.entry = replace(queued.entry, max_timestamp=now_ms)
        layout = lay_out(partitions)
        entries = [[queued.entry for queued in of_pid] for of_pid in partitions]
        return UnstoredGroup(layout.parts, layout.toc, entries, now_ms, inline)

    def _committed(
        self, group: list[QueuedBatch], partitions: list[list[QueuedBatch]], answers: list[list[Appended]], seconds: float
    ) -> None:
        """Publish the group and settle it."""
        if self._out_of_room:
            self._out_of_room = False
            _log.info("storage takes writes again")
        if self._on_group is not None:
            records = sum([queued.entry.record_count for queued in group])
            self._on_group(seconds, len(group), records, sum([queued.size for queued in group]))
        for of_pid, appended in zip(partitions, answers, strict=True):
            self._publish(of_pid, appended)
        if len(group) == 1:
            self._settle(group[0], answers[0][0])
            return
        outcome = {
            id(queued): answer
            for of_pid, appended in zip(partitions, answers, strict=True)
            for queued, answer in zip(of_pid, appended, strict=True)
        }
        for queued in group:
            self._settle(queued, outcome[id(queued)])

    def _publish(self, of_pid: Sequence[QueuedBatch], answers: Sequence[Appended]) -> None:
        """Stamp what was appended to one partition, keep it for readers at the tail, and wake those who wait."""
        pid = of_pid[0].pid
        leader_epoch = self._catalog.leader_epoch(pid)
        arrived = 0
        for queued, answer in zip(of_pid, answers, strict=True):
            if answer.error_code == 0 and not answer.duplicate:
                base = answer.base_offset
                stamp(queued.buffer, 0, base, leader_epoch)  # type: ignore[arg-type]  # made writable by _commit
                self._tail.put(pid, base, base + queued.entry.record_count - 1, queued.buffer)
                arrived += queued.size
        if arrived:
            self._waiting.arrived(pid, arrived)
            if self._on_published is not None:
                self._on_published(_published(of_pid, answers, arrived))

    def _settle(self, queued: QueuedBatch, answer: Appended) -> None:
        self.queued_bytes -= queued.size
        if (hole := queued.behind) is not None:
            answer = self._holes.judged(queued.producer, hole, answer)
        queued.on_settled(answer)

    def _refuse(self, group: Sequence[QueuedBatch], error: BrokerError) -> None:
        """The group was not stored and nothing changed; later batches of its producers must not overtake it."""
        if isinstance(error, StorageUnavailable):
            for queued in group:
                if queued.entry.producer_id >= 0:
                    self._holes.open(queued.producer, queued.entry.first_sequence, error)
        self._settle_refused(group, error)

    def _settle_refused(self, group: Sequence[QueuedBatch], error: BrokerError) -> None:
        COMMIT_FAILURES.inc()
        if (
            isinstance(error, StorageUnavailable)
            and not self._out_of_room
            and self._complaints.take(anyio.current_time()) is not None
        ):
            # Once while it lasts, and not at every turn of a disk that is full again and again.
            self._out_of_room = True
            _log.error("storage refuses writes; clients try again, reading goes on", reason=error.message)
        refused = _refused(error.code, error.message)
        for queued in group:
            self._settle(queued, refused)

    def _fail(self, group: Sequence[QueuedBatch], error: StorageFailed) -> None:
        """Durability is gone: refuse everything, now and from now on, and have the broker stopped."""
        refused = self._refusal = _refused(ErrorCode.KAFKA_STORAGE_ERROR, "storage failed, the broker is stopping")
        for queued in group:
            self._settle(queued, refused)
        while self._queue:
            self._settle(self._queue.popleft(), refused)
        self._flushing = False
        self._tell_if_idle()
        self._on_fatal(error)


def _published(of_pid: Sequence[QueuedBatch], answers: Sequence[Appended], size: int) -> Published:
    appended = [
        (answer.base_offset, queued.entry.record_count)
        for queued, answer in zip(of_pid, answers, strict=True)
        if answer.error_code == 0 and not answer.duplicate
    ]
    base, count = appended[-1]
    end = base + count
    return Published(of_pid[0].pid, appended[0][0], end - 1, size, end)


def _refused(code: ErrorCode, message: str | None) -> Appended:
    return Appended(int(code), -1, -1, -1, message=message)
