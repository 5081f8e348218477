"""A broker without sockets: the real connection, dispatcher, codecs, handlers and writer, fed with frames directly."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
from anyio.abc import TaskGroup

from broker.assembler import assemble
from broker.config.settings import Settings
from broker.handlers.base import ConnectionInfo, Services
from broker.handlers.table import HANDLERS
from broker.model import Node, Topic
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.storage.catalog.base import Catalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import GroupCommitter, TwoStepCommitter
from broker.storage.embedded import open_embedded
from broker.storage.objects.base import Buffer, Extent, ObjectStore, TocEntry
from observability.metrics import group_committed

_NODE = Node(1, "127.0.0.1", 9092)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class ForgetfulStore:
    """An object store that keeps nothing, so that only the broker's own work is measured."""

    def __init__(self) -> None:
        self._position = 0

    async def append(self, parts: list[Buffer], toc: list[TocEntry]) -> Extent:
        length = sum(map(len, parts))
        self._position += length
        return Extent(1, self._position - length, length)


class CollectingLink:
    """Stands in for the transport: keeps what would be sent, counts answers, and wakes who waits for them."""

    reading_paused = False
    mid_frame = False

    def __init__(self) -> None:
        self.sent: list[list[Any]] = []
        self._awaited = 0
        self._arrived = anyio.Event()

    def write(self, chunks: list[Any]) -> None:
        self.sent.append(chunks)
        self._arrived.set()

    def pause_reading(self) -> None:
        self.reading_paused = True

    def resume_reading(self) -> None:
        self.reading_paused = False

    async def wait_idle(self, connection: Connection) -> None:
        """Until every request was answered."""
        while not connection.idle:
            self._arrived = anyio.Event()
            await self._arrived.wait()


class _Doorman:
    """Stands in for the listener."""

    def __init__(self, tasks: TaskGroup) -> None:
        self.tasks = tasks

    def admit(self, connection: Connection, link: Any) -> ConnectionInfo:
        return ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", _NODE)

    def departed(self, connection: Connection) -> None:
        """Nothing is counted here."""

    def log_refusal(self, connection: Connection, reason: str) -> None:
        raise AssertionError(f"the benchmark's request was refused: {reason}")


class InProcessBroker:
    """The parts a benchmark asks."""

    def __init__(self, services: Services, dispatcher: Dispatcher, tasks: TaskGroup) -> None:
        self.services = services
        self._dispatcher = dispatcher
        self._tasks = tasks

    def connect(self) -> tuple[Connection, CollectingLink]:
        """A connection and the other end of it."""
        settings = self.services.settings.current
        connection = Connection(
            cast("Any", _Doorman(self._tasks)),
            self._dispatcher,
            ByteBudget(settings.process_max_bytes),
            settings.connection_max_requests,
            settings.connection_max_bytes,
        )
        link = CollectingLink()
        connection.connected(cast("Any", link))
        return connection, link

    async def create_topic(self, name: str, partitions: int) -> Topic:
        """A topic with the default configuration."""
        topic_id = name.encode().ljust(16, b"_")[-16:]
        topic = await self.services.catalog.create_topic(name, topic_id, partitions, 1, {}, now_ms())
        self.services.directory.put(topic)
        return topic


@asynccontextmanager
async def in_process_broker(data_dir: Path | None) -> AsyncIterator[InProcessBroker]:
    """On the embedded store in `data_dir`, or without one on a memory catalog and no store at all."""
    settings = Settings()
    store: ObjectStore
    catalog: Catalog
    if data_dir is None:
        store, catalog = cast("ObjectStore", ForgetfulStore()), MemoryCatalog()
        committer: GroupCommitter = TwoStepCommitter(store, catalog)
        storage = None
    else:
        storage = open_embedded(data_dir)
        store, catalog, committer = storage.store, storage.catalog, storage.committer
    agents = await assemble(
        settings, store, catalog, committer, now_ms=now_ms, monotonic_ms=now_ms, on_fatal=_fail, on_group=group_committed
    )
    services = agents.services
    services.identity.advertise("PLAINTEXT", _NODE.host, _NODE.port)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(services.writer.run)
        yield InProcessBroker(services, Dispatcher(HANDLERS, services, services.quotas), tasks)
        await services.writer.drain()
        tasks.cancel_scope.cancel()
    if storage is not None:
        await storage.aclose()


def _fail(error: BaseException) -> None:
    raise error
