"""Brokers that share a catalog and a store, and do nothing but the jobs: with a model of what must be readable, crashes and interleavings at will.

The store holds one flush an object, under ids from the brokers' leased blocks. Every call to catalog and store passes a *door*, where a broker may be
made to die before or after the call, or to wait.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import anyio

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.config.topic_config import TopicConfig, effective
from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log.cleaner import Cleaner
from broker.log.jobs.runner import Job
from broker.log.marker_batches import batch_of_span, is_marker
from broker.log.stored_batches import Piece, check_crc, walk
from broker.storage.catalog.base import BatchEntry, CommitGroup, Span, SpanEntry, SpanQuery
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.memory_cluster import MemoryCluster
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import INLINE_OBJECTS, Buffer, is_inline
from broker.storage.objects.memory import MemoryRawObjects
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header, stamp
from broker.wire.records.record import Record, encode_batch, iter_records

NOW_MS = 1_700_000_000_000
LEASE_MS = 600_000


class Died(BaseException):
    """A broker is gone: nothing of it goes on."""


class Deaths:
    """When a broker dies: at its ``at``-th call, before it takes effect or right after. ``steps`` counts the calls."""

    def __init__(self, at: int | None = None, after: bool = False) -> None:
        self.at = at
        self.after = after
        self.steps = 0
        self.names: list[str] = []

    async def pass_by(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        self.steps += 1
        self.names.append(name)
        if self.at is not None and (self.steps > self.at or (self.steps == self.at and not self.after)):
            raise Died
        answer = await call()
        if self.steps == self.at:
            raise Died
        return answer


class Door:
    """What a broker has of a catalog or a store: every call that waits passes ``deaths``, and may wait there."""

    def __init__(self, inner: Any, deaths: Deaths, pause: Callable[[], Awaitable[None]] | None = None) -> None:
        self._inner = inner
        self._deaths = deaths
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in ("peek_bounds", "shared", "new_object_id", "raw", "raw_elsewhere", "stored_objects"):
            return found

        async def call(*args: Any, **named: Any) -> Any:
            if self._pause is not None:
                await self._pause()
            answer = await self._deaths.pass_by(name, lambda: found(*args, **named))
            if self._pause is not None:
                await self._pause()
            return answer

        return call


class DoorWithLeases(Door):
    """Of a catalog: what must be there for it to be told from one that is not shared."""

    clock: Callable[[], int]

    async def clock_ms(self) -> int:
        """In the world's time."""
        return self.clock()

    async def claim_job(self, job: str, lease_ms: int) -> int | None:
        answer: int | None = await self.__getattr__("claim_job")(job, lease_ms)
        return answer

    async def release_job(self, job: str, token: int) -> None:
        await self.__getattr__("release_job")(job, token)


class SharedStore:
    """Objects of one flush each; remembers when each was written. ``world`` is asked whether what is deleted may be. ``unavailable``: it neither
    reads nor deletes anything, or none of ``stuck``."""

    def __init__(self, world: "World") -> None:
        self.objects: dict[int, bytearray] = {}
        self.written_ms: dict[int, int] = {}
        self.world = world
        self.unavailable = False
        self.stuck: set[int] = set()

    def put(self, object_id: int, data: bytes) -> None:
        assert object_id not in self.objects, "an id is used once"
        self.objects[object_id] = bytearray(data)
        self.written_ms[object_id] = self.world.clock


class StoreOf:
    """A broker's access to the store."""

    def __init__(self, shared: SharedStore, catalog: Any) -> None:
        self._shared = shared
        self._catalog = catalog
        self._ids: list[int] = []

    async def lease_ids(self) -> None:
        if not self._ids:
            first = await self._catalog.lease_object_ids(8)
            self._ids = list(range(first, first + 8))

    def new_object_id(self) -> int:
        return (1 << 60) + self._ids.pop(0)

    def raw(self) -> "RawOf":
        return RawOf(self._shared)

    def raw_elsewhere(self) -> Sequence[str] | None:
        return None

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        data = self._shared.objects.get(object_id)
        if data is None:
            raise StorageUnavailable(f"object {object_id} is missing")
        return [memoryview(data[position : position + length]) for position, length in ranges]

    async def delete(self, object_ids: Sequence[int]) -> None:
        if self._shared.unavailable or self._shared.stuck.intersection(object_ids):
            raise StorageUnavailable("the store is away")
        for object_id in object_ids:
            await self._shared.world.check_deletion(object_id)
            self._shared.objects.pop(object_id, None)
            self._shared.written_ms.pop(object_id, None)

    async def stored_objects(self) -> AsyncIterator[tuple[int, int, float]]:
        for object_id, data in list(self._shared.objects.items()):
            yield object_id, len(data), self._shared.written_ms[object_id] / 1000


class RawOf(MemoryRawObjects):
    """Whole objects get a time as well."""

    def __init__(self, shared: SharedStore) -> None:
        super().__init__(_Stamped(shared))
        self._shared = shared

    def read(self, object_id: int, position: int, length: int) -> memoryview:
        if self._shared.unavailable or object_id in self._shared.stuck:
            raise ObjectUnreadable("the store is away", object_id, is_lost=False)
        return super().read(object_id, position, length)


class _Stamped(dict[int, bytearray]):
    def __init__(self, shared: SharedStore) -> None:
        super().__init__()
        self._shared = shared

    def get(self, key: int, default: Any = None) -> Any:
        return self._shared.objects.get(key, default)

    def pop(self, key: int, *default: Any) -> Any:
        return self._shared.objects.pop(key, *default)

    def __setitem__(self, key: int, value: bytearray) -> None:
        self._shared.put(key, bytes(value))


class Topic:
    """A topic as the jobs see it."""

    def __init__(self, topic_id: bytes, name: str, pids: tuple[int, ...], config: TopicConfig) -> None:
        self.topic_id = topic_id
        self.name = name
        self.pids = pids
        self.config = config


class Broker:
    """One that runs jobs, until it dies."""

    def __init__(self, world: "World", deaths: Deaths, catalog: Any, pause: Callable[[], Awaitable[None]] | None = None) -> None:
        self.world = world
        self.deaths = deaths
        self.inner = catalog
        self.catalog: Any = DoorWithLeases(catalog, deaths, pause)
        self.catalog.clock = lambda: world.clock
        self.store: Any = Door(StoreOf(world.store, self.catalog), deaths, pause)
        live: Any = LiveSettings(world.settings, catalog)
        self.cleaner = Cleaner(self.store, self.catalog, world, live, lambda: world.clock)

    @property
    def jobs(self) -> dict[str, Job]:
        return {job.name: job for job in self.cleaner.jobs}

    async def run(self, *names: str) -> None:
        """The named jobs, or all, one after another; failures are not looked over."""
        for job in self.cleaner.jobs:
            if not names or job.name in names:
                for part in await job.due():
                    while await job.step(part):
                        pass

    async def flush(self, batches: Sequence[tuple[int, bytearray]], *, inline: bool = False) -> None:
        """Store and commit a flush as the writer does; what comes of it is entered into the model."""
        catalog = self.catalog
        object_id = await catalog.lease_object_ids(1)
        parts: dict[int, list[bytearray]] = {}
        for pid, batch in batches:
            parts.setdefault(pid, []).append(batch)
        spans: list[SpanEntry] = []
        data = bytearray()
        for pid in sorted(parts):
            spans.append(SpanEntry(pid, len(data), [entry_of(each) for each in parts[pid]]))
            for each in parts[pid]:
                data += each
        if inline:
            object_id += INLINE_OBJECTS
        else:
            await self.deaths.pass_by("put", lambda: self._put(object_id, bytes(data)))
        group = CommitGroup(object_id, 0, len(data), spans, self.world.clock, bytes(data) if inline else None)

        async def commit() -> None:
            (answers,) = await self.inner.commit_groups([group])
            for span, of_log in zip(spans, answers, strict=True):
                for batch, answer in zip(parts[span.pid], of_log, strict=True):
                    if answer.error_code == 0:
                        self.world.entered(span.pid, answer.base_offset, batch)

        await self.deaths.pass_by("commit", commit)

    async def _put(self, object_id: int, data: bytes) -> None:
        self.world.store.put(object_id, data)


class World:
    """In memory. See :class:`tests.broker.log.jobs.postgres_world.PostgresWorld`."""

    def __init__(self, *, grace_ms: int = 600_000, merge_bytes: int = 1 << 20) -> None:
        self.clock = NOW_MS
        self.settings = Settings(
            data_dir="unused", object_delete_grace_ms=grace_ms, merge_object_bytes=merge_bytes, merge_age_ms=1000
        )
        self.cluster = MemoryCluster(lambda: self.clock)
        self.store = SharedStore(self)
        self.topics: dict[str, Topic] = {}
        self.model: dict[int, dict[int, bytes]] = {}
        self.sent = 0
        self.observer: Any = self.cluster.shared
        self.brokers = 0

    def all(self) -> Iterator[Topic]:
        return iter(list(self.topics.values()))

    async def new_catalog_opened(self) -> Any:
        return self.cluster.catalog()

    async def node_ids(self) -> list[int]:
        """Of all brokers there ever were."""
        return sorted(self.cluster.places)

    async def broker(
        self, deaths: Deaths | None = None, *, node_id: int | None = None, pause: Callable[[], Awaitable[None]] | None = None
    ) -> Broker:
        """A broker that is registered, under the node id of an earlier one when it takes its place."""
        catalog = await self.new_catalog_opened()
        self.brokers += 1
        await catalog.register(Registration(instance=f"i{self.brokers}", node_id=node_id, rack=None, listeners={}), LEASE_MS)
        return Broker(self, deaths or Deaths(), catalog, pause)

    async def topic(self, name: str, partitions: int, **config: str) -> Topic:
        overrides = {key.replace("_", "."): value for key, value in config.items()}
        created = await self.observer.create_topic(name, name.encode().ljust(16, b"\0"), partitions, 1, overrides, self.clock)
        topic = Topic(created.topic_id, name, created.partitions, effective(overrides, self.settings))
        self.topics[name] = topic
        for pid in topic.pids:
            self.model[pid] = {}
        return topic

    async def delete_topic(self, name: str) -> None:
        topic = self.topics.pop(name)
        await self.observer.delete_topic(topic.topic_id)
        for pid in topic.pids:
            del self.model[pid]

    def batch(self, count: int = 1, size: int = 20, **fields: Any) -> bytearray:
        """Records that are told from all others."""
        records = []
        for index in range(count):
            self.sent += 1
            records.append(Record(index, self.clock, None, b"%d " % self.sent + b"x" * size))
        return encode_batch(records, **fields)

    def entered(self, pid: int, base: int, batch: Buffer) -> None:
        """What was acknowledged must be readable from now on."""
        header = parse_header(batch)
        if pid in self.model:
            for index, record in enumerate(iter_records(batch, 0, header)):
                self.model[pid][base + index] = bytes(record.value or b"")

    async def pass_time(self, ms: int) -> None:
        self.clock += ms

    # --- what must hold -----------------------------------------------------------------------------------------------

    async def check_deletion(self, object_id: int) -> None:
        """Nothing living is deleted, and nothing that a reader may still know of (J2)."""
        for pid in self.model:
            for span in await self.spans(pid):
                assert span.object_id != object_id, f"object {object_id} is deleted, but log {pid} lies in it"
        known = self.cluster.shared._objects.get(object_id)
        if known is not None:
            assert known.dead_since_ms is not None, f"object {object_id} is deleted, and its row says that it lives"
            assert known.dead_since_ms + self.settings.object_delete_grace_ms <= self.clock, "within the grace"

    async def spans(self, pid: int) -> list[Span]:
        bounds = (await self.observer.bounds([pid])).get(pid)
        found: list[Span] = []
        if bounds is None:
            return found
        offset = bounds.log_start
        while offset < bounds.high_watermark:
            (answer,) = await self.observer.find_spans([SpanQuery(pid, offset, 1 << 40)])
            found += answer.spans
            offset = found[-1].last + 1
        return found

    async def check(self, *, settled: bool = False) -> None:
        """Everything that was acknowledged and not deleted can be read (I2), spans tile the logs (I3), counts are right (I4). ``settled``: and there
        is nothing in the store that nobody needs."""
        counts: Counter[int] = Counter()
        for pid in self.model:
            spans = await self.spans(pid)
            bounds = (await self.observer.bounds([pid]))[pid]
            assert all(left.last + 1 == right.base for left, right in pairwise(spans)), "I3"
            if spans:
                assert spans[0].base <= bounds.log_start <= spans[0].last, "I3"
                assert spans[-1].last + 1 == bounds.high_watermark, "I3"
            await self.check_size(pid, spans, bounds.bytes)
            shown = {}
            for span in spans:
                if not is_marker(span):
                    counts[span.object_id] += 1
                shown.update(await self.read(span))
            expected = {offset: value for offset, value in self.model[pid].items() if offset >= bounds.log_start}
            assert {offset: value for offset, value in shown.items() if offset >= bounds.log_start} == expected
        await self.check_counts(counts)
        if settled:
            left = set(self.store.objects) - set(counts)
            assert not left, f"objects {sorted(left)} are in the store and nobody needs them"
            assert not await self.inline_ids() - set(counts)

    async def check_size(self, pid: int, spans: Sequence[Span], size: int) -> None:
        assert sum(span.length for span in spans) == size

    async def check_counts(self, counts: Counter[int]) -> None:
        live = self.cluster.shared._live
        assert {known: count for known, count in live.items() if count} == dict(counts), "I4"

    async def inline_ids(self) -> set[int]:
        return set(self.cluster.shared._inline)

    async def read(self, span: Span) -> dict[int, bytes]:
        """What a reader is shown of a span, control batches left out."""
        if is_marker(span):
            data = batch_of_span(span, 0)
        elif is_inline(span.object_id):
            whole = await self.observer.read_inline(span.object_id)
            data = memoryview(bytearray(whole[span.position : span.position + span.length]))
        else:
            assert span.object_id in self.store.objects, f"object {span.object_id} is missing"
            data = memoryview(self.store.objects[span.object_id][span.position : span.position + span.length])
        assert len(data) == span.length or is_marker(span)
        shown: dict[int, bytes] = {}
        is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
        for at, base, header in walk(Piece(data, span.base, span.last, is_final, True)):
            check_crc(data, at, header)
            if not is_final:
                stamp(data, at, base, 0)
            if not header.is_control:
                for record in iter_records(data, at, parse_header(data, at)):
                    shown[record.offset] = bytes(record.value or b"")
        return shown

    async def settle(self) -> None:
        """A new broker in the place of every one before does all there is to do, until nothing is left."""
        await self.observer.forget_settled(0)
        broker = None
        for node_id in await self.node_ids() or [1]:
            broker = await self.broker(node_id=node_id)
        assert broker is not None
        for _ in range(6):
            await self.pass_time(2 * self.settings.object_delete_grace_ms + self.settings.orphan_age_ms)
            await broker.run()

    async def transaction(self, name: str, pids: Sequence[int], broker: Broker, commit: bool) -> None:
        """A transaction of one batch a partition, as a producer has it."""
        catalog = self.observer
        fresh = await catalog.allocate_producer_ids(1)
        begun = await catalog.init_transaction(name, 60_000, -1, -1, self.clock, fresh)
        code = await catalog.add_to_transaction(name, begun.producer_id, begun.epoch, list(pids), None, self.clock)
        assert code is ErrorCode.NONE
        fields = {"producer_id": begun.producer_id, "producer_epoch": begun.epoch, "base_sequence": 0, "transactional": True}
        await broker.flush([(pid, self.batch(2, **fields)) for pid in pids])
        await catalog.end_transaction(name, begun.producer_id, begun.epoch, commit, False, -1, self.clock)


def entry_of(batch: Buffer) -> BatchEntry:
    header = parse_header(batch)
    return BatchEntry(
        header.record_count,
        len(batch),
        header.max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.last_sequence,
        header.is_transactional,
    )


async def dies(work: Callable[[], Awaitable[None]]) -> bool:
    """Whether the broker died while it did it."""
    try:
        await work()
    except Died:
        return True
    except BaseExceptionGroup as group:
        if group.subgroup(Died) is None:
            raise
        return True
    return False


def wandering(chance: Random) -> Callable[[], Awaitable[None]]:
    """Waits that put what several brokers do into another order each time."""

    async def pause() -> None:
        for _ in range(chance.randrange(4)):
            await anyio.lowlevel.checkpoint()

    return pause


__all__ = ["NOW_MS", "Broker", "Deaths", "Died", "World", "dies", "wandering"]
