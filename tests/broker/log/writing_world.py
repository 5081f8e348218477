"""A random world around the writer of a cluster's broker: producers that send again, a store and a catalog that fail, and what must hold.

The producers do as Kafka's clients do: an idempotent one has five batches in flight, sends what was refused again in the order of its sequences,
and now and then loses its connection and sends everything again that was not acknowledged, while the old copies are still on their way, at times the
first of it last, as librdkafka does when a leader moves. A plain one
has one batch in flight.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Any, Final

import anyio
import trio

from broker.errors import StorageUnavailable
from broker.log.flush_policy import FlushLimits, FlushPolicy
from broker.log.pipelined_writer import PipelinedWriter
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.model import Appended, Published
from broker.storage.catalog.base import CommitGroup, SpanQuery
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.cluster_committing import ClusterCommitter
from broker.storage.objects.base import INLINE_OBJECTS, Buffer, Extent, TocEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import HEADER_SIZE, parse_header
from tests.broker.log.harness import NOW_MS, batch, entry
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.cloud import CloudStore, SharedCatalog, fenced

IN_FLIGHT: Final = 5
PARTITIONS: Final = 3
BACKOFF_S: Final = 0.05
_SENT_AGAIN: Final = {
    int(ErrorCode.KAFKA_STORAGE_ERROR),
    int(ErrorCode.NOT_LEADER_OR_FOLLOWER),
    int(ErrorCode.REQUEST_TIMED_OUT),
}
_OUT_OF_ORDER: Final = int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)


class Violation(AssertionError):
    """Something that the writer promises did not hold."""


class Weather:
    """How much goes wrong. ``calm`` is set at the end: then everything works."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.calm = False
        self.refuse = random.choice((0, 0.05, 0.2, 0.5))
        self.fence = random.choice((0, 0, 0.02, 0.1))
        self.unresolved = random.choice((0, 0, 0.05, 0.3))
        self.slow = random.choice((0.01, 0.3, 3.0))
        self.cut = random.choice((0, 0.02, 0.1))

    def happens(self, probability: float) -> bool:
        return not self.calm and self.random.random() < probability

    async def dawdle(self) -> None:
        """A time, most often a short one, at times a very long one."""
        longest = 0.05 if self.calm else self.slow * (10 if self.random.random() < 0.02 else 1)
        await anyio.sleep(longest * self.random.random() ** 3)


class RandomStore(CloudStore):
    """Fails before or after it has written."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self.weather = weather

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        await self.weather.dawdle()
        if self.weather.happens(self.weather.refuse / 2):
            raise StorageUnavailable("503 Slow Down")
        if self.weather.happens(self.weather.fence / 2):
            raise fenced()
        extent = await super().append(parts, toc)
        await self.weather.dawdle()
        if self.weather.happens(self.weather.refuse / 2):
            raise StorageUnavailable("written, and the reply lost")
        return extent

    async def withdraw(self, extent: Extent) -> None:
        await self.weather.dawdle()
        if self.weather.happens(self.weather.refuse):
            raise StorageUnavailable("503 Slow Down")
        await super().withdraw(extent)


class RandomCatalog(SharedCatalog):
    """Commits or not. What became of a commit whose reply was lost it finds out itself, so that the writer is told late; or it cannot, and then the
    commit is in, or comes in a little later, or does not."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self.weather = weather
        self.tasks: Any = None
        self.groups: Sequence[CommitGroup] = ()

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> list[list[list[Appended]]]:
        self.before.append(self._before)
        self.after.append(self._after)
        self.groups = groups
        try:
            return await super().commit_groups(groups)
        finally:
            self.before.clear()
            self.after.clear()

    async def _before(self) -> None:
        await self.weather.dawdle()
        if self._recent.find(self.groups[0]) is not None:
            return  # it came in late: what is asked for again is answered
        if self.weather.happens(self.weather.refuse):
            raise StorageUnavailable("rolled back")
        if self.weather.happens(self.weather.unresolved / 2):
            if self.weather.random.random() < 0.5:
                self.tasks.start_soon(self._come_late, self.groups)
            raise Unresolved("the database was lost")
        if self.weather.happens(self.weather.fence):
            raise fenced()

    async def _come_late(self, groups: Sequence[CommitGroup]) -> None:
        await anyio.sleep(5 * self.weather.random.random())
        ids = {group.object_id for group in groups}
        # It was asked for again and is in, or never will be: the one commit there can be of an id (I7).
        is_settled = ids & self.never or any(group.object_id in ids for commit in self.commits for group in commit)
        if not is_settled:
            await MemoryCatalog.commit_groups(self, groups)

    async def _after(self) -> None:
        await self.weather.dawdle()
        if self.weather.happens(self.weather.unresolved / 2):
            raise Unresolved("the database was lost")
        if self.weather.happens(self.weather.fence):
            raise fenced()

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        await self.weather.dawdle()
        if self.weather.happens(self.weather.refuse):
            raise StorageUnavailable("not now")
        return await super().known_producers(keys)


class World:
    """:meth:`run` plays it; raises Violation."""

    def __init__(self, seed: int) -> None:
        random = self.random = Random(seed)
        self.weather = Weather(random)
        self.store, self.catalog = RandomStore(self.weather), RandomCatalog(self.weather)
        self.published: dict[int, int] = defaultdict(int)
        self.fences = 0
        self.refused = 0
        self.committer = ClusterCommitter(
            self.store,
            self.catalog,
            slots=random.choice((1, 3, 8)),
            retry_s=random.choice((0.0, 1.0, 5.0)),
            on_fenced=self._on_fenced,
            clock=trio.current_time,
        )
        self.writer = PipelinedWriter(
            self.committer,
            self.catalog,
            TailCache(5000),
            WaitingRoom(),
            lambda: NOW_MS,
            self._fatal,
            flush_policy=FlushPolicy(
                FlushLimits(
                    flush_bytes=random.choice((200, 1000, 100_000)),
                    age_s=0.25,
                    slots=random.choice((1, 3, 8)),
                    puts_per_second=random.choice((0, 5, 100)),
                    inline_bytes=random.choice((0, 100, 500)),
                    inline_bytes_per_second=random.choice((0, 1000, 100_000)),
                )
            ),
            on_published=self._on_published,
            clock=trio.current_time,
        )
        self.tasks: Any = None

    @property
    def summary(self) -> str:
        return f"{len(self.catalog.commits)} commits, {self.fences} fences, {self.refused} batches refused"

    def _fatal(self, error: BaseException) -> None:
        raise Violation(f"storage failed, which this one never does: {error}")

    def _on_fenced(self) -> None:
        self.fences += 1
        self.tasks.start_soon(self._register)

    async def _register(self) -> None:
        await anyio.sleep(self.random.random())
        self.committer.resume()

    def _on_published(self, published: Published) -> None:
        if published.base < self.published[published.pid] or published.high_watermark != published.last + 1:
            raise Violation(f"{published} after {self.published[published.pid]}")
        self.published[published.pid] = published.high_watermark

    async def run(self) -> None:
        pids = await topic(self.catalog, PARTITIONS)
        producers: list[Idempotent | Plain] = [
            Idempotent(self, number, self.random.choice(pids), self.random.randrange(5, 30)) for number in range(5)
        ]
        producers += [Plain(self, 1000 + number, self.random.choice(pids), self.random.randrange(5, 20)) for number in range(2)]
        async with anyio.create_task_group() as self.tasks:
            self.catalog.tasks = self.tasks
            self.tasks.start_soon(self.writer.run)
            async with anyio.create_task_group() as clients:
                for producer in producers:
                    clients.start_soon(producer.run)
                await anyio.sleep(20)
                self.weather.calm = True
                with anyio.fail_after(600):
                    for producer in producers:
                        await producer.done.wait()
            await anyio.sleep(60)  # copies that nobody waits for any more
            if self.writer.queued_bytes or self.store.at_once or self.catalog.is_busy:
                raise Violation(f"{self.writer.queued_bytes} bytes are left")
            self.tasks.cancel_scope.cancel()
        for pid in pids:
            await self._judge(pid, [producer for producer in producers if producer.pid == pid])

    async def _judge(self, pid: int, producers: Sequence["Idempotent | Plain"]) -> None:
        """Read the log and compare it with what the producers were told."""
        logs: dict[int, list[tuple[int, int]]] = defaultdict(list)
        offset = 0
        while True:
            (answer,) = await self.catalog.find_spans([SpanQuery(pid, offset, 1 << 20)])
            if not answer.spans:
                break
            for span in answer.spans:
                data = await self._bytes(span.object_id, span.position, span.length)
                at, base = 0, span.base
                while at < len(data):
                    header = parse_header(data, at)
                    number = int.from_bytes(header_value(data[at:]), "big")
                    logs[number >> 32].append((number & 0xFFFFFFFF, base))
                    base += header.record_count
                    at += header.size
                offset = span.last + 1
        for producer in producers:
            producer.judge(logs[producer.number])

    async def _bytes(self, object_id: int, position: int, length: int) -> bytes:
        if object_id >= INLINE_OBJECTS:
            return (await self.catalog.read_inline(object_id))[position : position + length]
        return bytes((await self.store.read(object_id, [(position, length)]))[0])


def header_value(data: bytes) -> bytes:
    """The eight bytes behind the mark in a batch's first record."""
    at = data.index(b"#", HEADER_SIZE)
    return data[at + 1 : at + 9]


class Idempotent:
    """Sends ``count`` batches of one record, each exactly once."""

    def __init__(self, world: World, number: int, pid: int, count: int) -> None:
        self.world, self.number, self.pid, self.count = world, number, pid, count
        self.acknowledged: dict[int, int] = {}
        self.waiting: dict[int, int] = {}
        """Sequences in flight, with the connection over which they went."""
        self.connection = 0
        self.done = anyio.Event()
        self.news = anyio.Event()
        self.was_refused = False
        self.first = 0
        self.late = (-1, 0.0)
        """What another broker had when its connection went is sent last, after a while."""

    async def run(self) -> None:
        while len(self.acknowledged) < self.count:
            for sequence in range(self._first, min(self._first + IN_FLIGHT, self.count)):
                if sequence == self.late[0] and trio.current_time() < self.late[1]:
                    continue
                if sequence not in self.waiting and sequence not in self.acknowledged:
                    self._send(sequence)
                    if self.world.random.random() < 0.3:
                        break
            self.news = anyio.Event()
            with anyio.move_on_after(self.world.random.random() * 0.2):
                await self.news.wait()
            if self.was_refused:
                self.was_refused = False
                await anyio.sleep(BACKOFF_S)
            if self.world.weather.happens(self.world.weather.cut):
                if self.world.random.random() < 0.5:
                    self.world.tasks.start_soon(self._arrive_late, sorted(self.waiting), self.connection)
                if self.world.random.random() < 0.3:
                    self.late = self._first, trio.current_time() + self.world.random.random()
                self.connection += 1
                self.waiting.clear()
        self.done.set()

    @property
    def _first(self) -> int:
        """The first sequence that is not acknowledged."""
        while self.first in self.acknowledged:
            self.first += 1
        return self.first

    async def _arrive_late(self, sequences: Sequence[int], connection: int) -> None:
        """What was still on its way over a connection that the client has given up."""
        await anyio.sleep(self.world.random.random())
        for sequence in sequences:
            self._enqueue(sequence, connection)

    def _send(self, sequence: int) -> None:
        self.waiting[sequence] = self.connection
        self._enqueue(sequence, self.connection)

    def _enqueue(self, sequence: int, connection: int) -> None:
        value = b"#" + (self.number << 32 | sequence).to_bytes(8, "big")
        data = batch(1, value=value, producer_id=self.number, producer_epoch=0, base_sequence=sequence)
        self.world.writer.enqueue(self.pid, data, entry(data), partial(self._answered, sequence, connection))

    def _answered(self, sequence: int, connection: int, answer: Appended) -> None:
        if connection != self.connection or sequence not in self.waiting:
            return  # over a connection that is closed
        del self.waiting[sequence]
        self.news.set()
        if answer.error_code == 0:
            self.acknowledged[sequence] = answer.base_offset
        elif answer.error_code == _OUT_OF_ORDER:
            raise Violation(f"{self.number}: {sequence} is out of order, it was told: it would begin anew with what may be in the log")
        elif answer.error_code == int(ErrorCode.DUPLICATE_SEQUENCE_NUMBER):
            raise Violation(f"{self.number}: {sequence} is long there")
        elif answer.error_code in _SENT_AGAIN:
            self.world.refused += 1
        else:
            raise Violation(f"{self.number}: {sequence} was answered {answer}")
        self.was_refused = self.was_refused or answer.error_code != 0

    def judge(self, log: Sequence[tuple[int, int]]) -> None:
        if [sequence for sequence, _ in log] != list(range(self.count)):
            raise Violation(f"{self.number} sent {self.count} batches, the log has {[sequence for sequence, _ in log]}")
        if dict(log) != self.acknowledged:
            raise Violation(f"{self.number} was told {self.acknowledged}, the log has {dict(log)}")


class Plain:
    """Sends ``count`` batches one after another, each until it is acknowledged."""

    def __init__(self, world: World, number: int, pid: int, count: int) -> None:
        self.world, self.number, self.pid, self.count = world, number, pid, count
        self.attempts: Counter[int] = Counter()
        self.acknowledged: dict[int, int] = {}
        self.done = anyio.Event()

    async def run(self) -> None:
        for sequence in range(self.count):
            while sequence not in self.acknowledged:
                await self._send(sequence)
                await anyio.sleep(BACKOFF_S)
            await anyio.sleep(self.world.random.random() * 0.2)
        self.done.set()

    async def _send(self, sequence: int) -> None:
        self.attempts[sequence] += 1
        answered = anyio.Event()

        def settled(answer: Appended) -> None:
            if answer.error_code == 0:
                self.acknowledged[sequence] = answer.base_offset
            elif answer.error_code not in _SENT_AGAIN:
                raise Violation(f"{self.number}: {sequence} was answered {answer}")
            answered.set()

        data = batch(1, value=b"#" + (self.number << 32 | sequence).to_bytes(8, "big"))
        self.world.writer.enqueue(self.pid, data, entry(data), settled)
        await answered.wait()

    def judge(self, log: Sequence[tuple[int, int]]) -> None:
        found = [sequence for sequence, _ in log]
        if list(dict.fromkeys(found)) != list(range(self.count)):  # a copy of which nobody knew what became of it may come later
            raise Violation(f"{self.number}: out of order: {found}")
        for sequence, times in Counter(found).items():
            if times > self.attempts[sequence]:
                raise Violation(f"{self.number}: {sequence} is there {times} times, sent {self.attempts[sequence]} times")
        for sequence, offset in self.acknowledged.items():
            if (sequence, offset) not in log:
                raise Violation(f"{self.number}: {sequence} was acknowledged at {offset}: the log has {log}")
