"""A log on the memory store and catalog, with everything a handler needs, and stores that fail on demand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import anyio

from broker.admin.access_keeper import AccessKeeper
from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.admin.quota_keeper import QuotaKeeper
from broker.admin.token_keeper import TokenKeeper
from broker.cluster.directory import TopicDirectory, TopicState
from broker.cluster.identity import ClusterIdentity
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.coordinators.share_partition_keeper import SharePartitionKeeper, Surroundings
from broker.coordinators.shares.limits import ShareLimits
from broker.errors import StorageFailed
from broker.handlers.base import ConnectionInfo, RequestContext, Services
from broker.log.gathering import Gathering
from broker.log.producer_id_allocator import ProducerIdAllocator
from broker.log.reader import Reader
from broker.log.shared_reading import shared_reading
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.log.writer import Writer
from broker.model import Appended, LogBounds, Node
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanAnswer, SpanQuery
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.committing import TwoStepCommitter
from broker.storage.objects.base import Buffer, Extent, TocEntry
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from security.audit.event import NoRecorder

NOW_MS = 1_700_000_000_000


def batch(count: int = 1, *, key: bytes = b"k", value: bytes = b"v", timestamp: int = NOW_MS, **fields: Any) -> bytearray:
    """A batch of ``count`` records as a producer sends it."""
    return encode_batch([Record(index, timestamp, key, value) for index in range(count)], **fields)


def entry(data: Buffer) -> BatchEntry:
    """What the catalog is told of a batch."""
    header = parse_header(data)
    return BatchEntry(
        header.record_count,
        len(data),
        header.max_timestamp,
        header.producer_id,
        header.producer_epoch,
        header.base_sequence,
        header.last_sequence,
        header.is_transactional,
    )


class FaultyStore(MemoryObjectStore):
    """Takes and gives data, unless told to fail; ``gate`` holds appends back until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.append_error: Exception | None = None
        self.read_error: Exception | None = None
        self.gate: anyio.Event | None = None
        self.withdraw_error: Exception | None = None
        self.appends: list[list[bytes]] = []
        self.steps: list[str] = []
        self.reads = 0

    async def append(self, parts: Sequence[Buffer], toc: Sequence[TocEntry]) -> Extent:
        if self.gate is not None:
            await self.gate.wait()
        if self.append_error is not None:
            raise self.append_error
        self.appends.append([bytes(part) for part in parts])
        self.steps.append("append")
        return await super().append(parts, toc)

    async def withdraw(self, extent: Extent) -> None:
        self.steps.append("withdraw")
        if self.withdraw_error is not None:
            raise self.withdraw_error
        await super().withdraw(extent)

    async def read(self, object_id: int, ranges: Sequence[tuple[int, int]]) -> list[memoryview]:
        self.reads += 1
        if self.read_error is not None:
            raise self.read_error
        return await super().read(object_id, ranges)


class FaultyCatalog(MemoryCatalog):
    """Commits, unless told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.commit_error: Exception | None = None
        self.groups: list[CommitGroup] = []
        self.is_shared = False
        """Others could change it, too: nothing is known of it without waiting."""

    async def commit_spans(self, group: CommitGroup) -> list[list[Appended]]:
        if self.commit_error is not None:
            raise self.commit_error
        self.groups.append(group)
        return await super().commit_spans(group)

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return None if self.is_shared else super().peek_bounds(pid)

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return None if self.is_shared else super().find_spans_now(queries)

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return None if self.is_shared else super().peek_aborted(pid, first_offset, upper_offset)


class Log:
    """The parts, wired as the broker wires them. ``clock`` is the wall clock and is moved by hand."""

    def __init__(
        self,
        *,
        tail_bytes: int = 1 << 20,
        group_bytes_max: int = 8 << 20,
        gathering: Gathering | None = None,
        is_shared: bool = False,
    ) -> None:
        self.clock = NOW_MS
        self.store = FaultyStore()
        self.catalog = FaultyCatalog()
        self.catalog.is_shared = is_shared
        self.waiting = WaitingRoom()
        shared = None
        if is_shared:
            shared = shared_reading(
                self.store, self.catalog, self.waiting, anyio.current_time, tail_bytes=tail_bytes, hints_flow=lambda: True
            )
        self.tail = TailCache(tail_bytes) if shared is None else shared.tail
        self.fatal: list[StorageFailed] = []
        self.writer = Writer(
            TwoStepCommitter(self.store, self.catalog),
            self.catalog,
            self.tail,
            self.waiting,
            lambda: self.clock,
            self.fatal.append,
            group_bytes_max=group_bytes_max,
            gathering=gathering,
        )
        self.reader = Reader(self.store, self.catalog, self.tail, self.waiting, shared=shared)
        self.settings = Settings(data_dir="unused")
        self.live = LiveSettings(self.settings, self.catalog)
        self.directory = TopicDirectory(self.live)
        self.share_limits = ShareLimits()
        self.share_sessions_max = 100
        self.share_first_offset = 0
        self.share_partitions = SharePartitionKeeper(
            self.catalog,
            Surroundings(
                limits=lambda group_id: self.share_limits,
                sessions_max=lambda: self.share_sessions_max,
                first_offset=self._share_first_offset,
                bounds=self._share_bounds,
            ),
        )
        self.services = Services(
            settings=self.live,
            identity=ClusterIdentity("test", 0),
            directory=self.directory,
            catalog=self.catalog,
            writer=self.writer,
            reader=self.reader,
            topics=None,  # type: ignore[arg-type]  # not asked here
            configs=None,  # type: ignore[arg-type]
            groups=None,  # type: ignore[arg-type]
            transactions=None,  # type: ignore[arg-type]
            client_metrics=None,  # type: ignore[arg-type]
            access_register=(register := AccessRegister(self.catalog)),
            access=AccessKeeper(),
            credentials=CredentialKeeper(AccessRegister(self.catalog)),
            tokens=TokenKeeper(AccessRegister(self.catalog), self.settings, None, lambda: self.clock),
            audit=NoRecorder(),
            quotas=QuotaKeeper(register, self.live, lambda: self.clock),
            share_partitions=self.share_partitions,
            producer_ids=ProducerIdAllocator(self.catalog),
            now_ms=lambda: self.clock,
        )

    async def _share_first_offset(self, group_id: str, topic_id: bytes, index: int) -> int:
        return self.share_first_offset

    async def _share_bounds(self, topic_id: bytes, index: int) -> LogBounds | None:
        state = self.directory.by_id(topic_id)
        return None if state is None or index >= len(state.pids) else await self.reader.bounds(state.pids[index])

    def context(self, version: int) -> RequestContext:
        """The surroundings of a request of this version."""
        connection = ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", Node(0, "127.0.0.1", 9092))
        return RequestContext(self.services, connection, version, 1, "test")

    async def topic(self, name: str = "t", partitions: int = 1, **config: str) -> TopicState:
        """A new topic; config by Kafka's names with underscores for dots."""
        overrides = {key.replace("_", "."): value for key, value in config.items()}
        topic = await self.catalog.create_topic(name, uuid4().bytes, partitions, 1, overrides, self.clock)
        return self.directory.put(topic)

    async def append(self, pid: int, *batches: Buffer) -> list[Appended]:
        """Enqueue batches together and wait until all are settled."""
        return await self.append_all([(pid, each) for each in batches])

    async def append_all(self, batches: Sequence[tuple[int, Buffer]]) -> list[Appended]:
        """The same for several partitions; the answers in the order given."""
        answers: list[Appended | None] = [None] * len(batches)
        done = anyio.Event()

        def settled(index: int, appended: Appended) -> None:
            answers[index] = appended
            if None not in answers:
                done.set()

        for index, (pid, data) in enumerate(batches):
            self.writer.enqueue(pid, data, entry(data), partial(settled, index))
        await done.wait()
        return [answer for answer in answers if answer is not None]


@asynccontextmanager
async def running_log(**options: Any) -> AsyncIterator[Log]:
    """A log whose writer runs."""
    log = Log(**options)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.writer.run)
        tasks.start_soon(log.reader.run)
        tasks.start_soon(log.share_partitions.run)
        await anyio.wait_all_tasks_blocked()
        yield log
        tasks.cancel_scope.cancel()
