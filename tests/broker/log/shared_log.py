"""Several brokers over one catalog and one store, as far as their logs go: each has a writer, a tail and a reader of its own.

``SharedCatalog`` knows nothing without waiting, counts what it is asked, and takes its time. Nothing tells one broker what another does but the
test itself, by :meth:`SharedBroker.hint_from`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import anyio

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.reader import Reader
from broker.log.shared_reading import ReadingLimits, shared_reading
from broker.log.stored_batches import Piece, walk
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.model import Appended, LogBounds
from broker.storage.catalog.base import Span, SpanAnswer, SpanQuery, SpanSwap
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS
from broker.storage.catalog.transactions import AbortedTransaction, Ended
from broker.storage.committing import TwoStepCommitter
from broker.storage.objects.base import WHOLE_OBJECTS, Buffer
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.records.batch import stamp
from tests.broker.log.harness import NOW_MS, entry


class SharedCatalog:
    """One broker's view of a catalog that others change. ``error`` is raised by every query while it is set."""

    def __init__(self, catalog: MemoryCatalog) -> None:
        self.catalog = catalog
        self.queries: Counter[str] = Counter()
        self.partitions_asked = 0
        self.latency: Callable[[], float] = lambda: 0.0
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.catalog, name)

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return None

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return None

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return None

    async def bounds(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        await self._ask("bounds", len(pids))
        found = await self.catalog.bounds(pids)
        await anyio.sleep(self.latency())
        return found

    async def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        await self._ask("spans", len(queries))
        found = await self.catalog.find_spans(queries)
        await anyio.sleep(self.latency())
        return found

    async def aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        await self._ask("aborted", 1)
        found = await self.catalog.aborted(pid, first_offset, upper_offset)
        await anyio.sleep(self.latency())
        return found

    async def _ask(self, kind: str, partitions: int) -> None:
        self.queries[kind] += 1
        self.partitions_asked += partitions
        await anyio.sleep(self.latency())
        if self.error is not None:
            raise self.error


class SlowStore(MemoryObjectStore):
    """Far away: each request takes ``latency()`` and is counted. One object an append, as in a cluster."""

    def __init__(self) -> None:
        super().__init__(1)
        self.latency: Callable[[], float] = lambda: 0.0
        self.reads: list[tuple[int, int, int]] = []
        self.under_way = self.most_under_way = 0
        self.error: StorageUnavailable | None = None

    async def read_up_to(self, object_id: int, position: int, length: int) -> memoryview:
        self.reads.append((object_id, position, length))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await anyio.sleep(self.latency())
            if self.error is not None:
                raise self.error
            return await super().read_up_to(object_id, position, length)
        finally:
            self.under_way -= 1

    def damage(self, span: Span) -> None:
        """Change a byte of what is stored of ``span``."""
        self._objects[span.object_id][span.position + span.length - 1] ^= 1

    def put_whole(self, data: bytes) -> int:
        """Store an object; its id."""
        object_id = self.new_object_id()
        self._objects[object_id] = bytearray(data)
        return object_id

    @property
    def object_ids(self) -> list[int]:
        return sorted(self._objects)

    def content(self, object_id: int, position: int, length: int) -> bytes:
        return bytes(self._objects[object_id][position : position + length])


class SharedBroker:
    """One of the brokers."""

    def __init__(self, world: "SharedWorld", *, tail_bytes: int, limits: ReadingLimits, with_hints: bool) -> None:
        self.catalog = SharedCatalog(world.catalog)
        self.waiting = WaitingRoom()
        self.with_hints = with_hints
        self.shared = shared_reading(
            world.store,
            self.catalog,  # type: ignore[arg-type]  # by __getattr__
            self.waiting,
            anyio.current_time,
            tail_bytes=tail_bytes,
            limits=limits,
            hints_flow=lambda: self.with_hints,
        )
        self.fatal: list[StorageFailed] = []
        self.writer = Writer(
            TwoStepCommitter(world.store, self.catalog),  # type: ignore[arg-type]
            self.catalog,  # type: ignore[arg-type]
            self.shared.tail,
            self.waiting,
            lambda: world.clock,
            self.fatal.append,
        )
        self.reader = Reader(
            world.store, self.catalog, self.shared.tail, self.waiting, shared=self.shared  # type: ignore[arg-type]
        )

    @property
    def queries(self) -> Counter[str]:
        return self.catalog.queries

    async def append(self, pid: int, *batches: Buffer) -> list[Appended]:
        """Enqueue batches together and wait until all are settled."""
        answers: list[Appended] = []
        done = anyio.Event()

        def settled(wanted: int, appended: Appended) -> None:
            answers.append(appended)
            if len(answers) == wanted:
                done.set()

        for data in batches:
            self.writer.enqueue(pid, data, entry(data), partial(settled, len(batches)))
        await done.wait()
        return answers

    async def read(
        self, *wanted: Wanted, min_bytes: int = 1, max_bytes: int = 1 << 20, max_wait_ms: int = 0, isolation: int = 0
    ) -> list[PartitionAnswer]:
        return await self.reader.read(
            wanted, min_bytes=min_bytes, max_bytes=max_bytes, max_wait_ms=max_wait_ms, isolation=isolation
        )

    def hint(self, pid: int, high_watermark: int, size: int) -> None:
        """Another broker's word that it has committed arrives."""
        self.reader.hinted(pid, high_watermark, size)


class SharedWorld:
    """The store, the catalog, and the brokers."""

    def __init__(self, brokers: int, **options: Any) -> None:
        self.clock = NOW_MS
        self.store = SlowStore()
        self.catalog = MemoryCatalog()
        self.brokers = [SharedBroker(self, **options) for _ in range(brokers)]

    async def topic(self, partitions: int = 1, name: str = "t") -> tuple[int, ...]:
        """The pids of a new topic."""
        topic = await self.catalog.create_topic(name, uuid4().bytes, partitions, 1, {}, self.clock)
        return topic.partitions

    async def merge(self, pid: int, *, first: int = 0, count: int = 1 << 30, delete: bool = True) -> bool:
        """Rewrite spans into one object, as merging does: the same batches, in one span. Their objects are deleted."""
        (found,) = await self.catalog.find_spans([SpanQuery(pid, first, 1 << 40)])
        spans = [span for span in found.spans if span.object_id >= 0][:count]
        run = [span for at, span in enumerate(spans) if span.base == spans[0].base + sum(
            each.last - each.base + 1 for each in spans[:at]
        )]
        if len(run) < 2:
            return False
        data = bytearray()
        for span in run:
            stored = memoryview(bytearray(self.store.content(span.object_id, span.position, span.length)))
            is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
            for at, base, header in walk(Piece(stored, span.base, span.last, is_final, True)):
                stamp(stored, at, base, 0)
                data += stored[at : at + header.size]
        object_id = self.store.put_whole(bytes(data))
        new = Span(
            run[0].base, run[-1].last, object_id, 0, len(data), max(span.max_timestamp for span in run),
            run[-1].running_timestamp, sum(span.batch_count for span in run),
            FLAG_FINAL_OFFSETS | (FLAG_COMPACTED if any(span.flags & FLAG_COMPACTED for span in run) else 0),
        )  # fmt: skip
        swapped = await self.catalog.swap_spans(
            SpanSwap(pid=pid, old=run, new=[new], object_id=object_id, object_end=len(data))
        )
        if swapped and delete:
            await self.sweep()
        return swapped

    async def sweep(self) -> None:
        """Delete the objects that nothing names any more."""
        dead = [object_id for object_id in await self.catalog.take_dead_objects(1000) if object_id in self.store.object_ids]
        await self.store.delete([object_id for object_id in dead if object_id >= WHOLE_OBJECTS or object_id != max(
            each for each in self.store.object_ids if each < WHOLE_OBJECTS
        )])
        await self.catalog.forget_objects(dead)


@asynccontextmanager
async def shared_world(
    brokers: int = 2, *, tail_bytes: int = 1 << 20, limits: ReadingLimits | None = None, with_hints: bool = True
) -> AsyncIterator[SharedWorld]:
    """Brokers whose writers and readers run."""
    world = SharedWorld(brokers, tail_bytes=tail_bytes, limits=limits or ReadingLimits(), with_hints=with_hints)
    async with anyio.create_task_group() as tasks:
        for broker in world.brokers:
            tasks.start_soon(broker.writer.run)
            tasks.start_soon(broker.reader.run)
        await anyio.wait_all_tasks_blocked()
        yield world
        tasks.cancel_scope.cancel()


class SharedProducer:
    """A transactional producer that may speak to any broker."""

    def __init__(self, world: SharedWorld, name: str) -> None:
        self.world = world
        self.name = name
        self.producer_id = self.epoch = -1
        self.sequences: Counter[int] = Counter()
        self.is_open = False

    async def init(self) -> "SharedProducer":
        catalog = self.world.catalog
        fresh = await catalog.allocate_producer_ids(1)
        answer = await catalog.init_transaction(self.name, 60_000, -1, -1, self.world.clock, fresh)
        self.producer_id, self.epoch = answer.producer_id, answer.epoch
        self.sequences.clear()
        return self

    async def append(self, broker: SharedBroker, pid: int, make: Callable[..., bytearray], count: int = 1) -> int:
        """Write a batch into the transaction; its base offset."""
        await self.world.catalog.add_to_transaction(
            self.name, self.producer_id, self.epoch, [pid], None, self.world.clock
        )
        self.is_open = True
        data = make(
            count,
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            base_sequence=self.sequences[pid],
            transactional=True,
        )
        self.sequences[pid] += count
        (answer,) = await broker.append(pid, data)
        assert answer.error_code == 0
        return answer.base_offset

    async def end(self, coordinator: SharedBroker | None = None, commit: bool = True) -> Ended:
        """End it; ``coordinator`` is the broker that did, and knows."""
        answer = await self.world.catalog.end_transaction(
            self.name, self.producer_id, self.epoch, commit, False, -1, self.world.clock
        )
        assert answer.ended is not None
        self.is_open = False
        if coordinator is not None:
            coordinator.reader.transaction_ended(answer.ended)
        return answer.ended
