"""Targets: the whole broker above its sockets, in process on an in-memory store: a frame in, an answer that its client can read.

``dispatcher`` gives frames to the dispatcher and its real handlers; ``connection`` gives a stream of bytes to the transport's link
in pieces, with a connection behind it. Whatever comes in, no handler meets an exception nobody expected (the counter of bugs).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

import structlog

from broker.admin.config_rules import ResourceType
from broker.admin.topic_administrator import NewTopic
from broker.assembler import assemble
from broker.config.settings import Settings
from broker.handlers.base import CloseConnection, ConnectionInfo, Pending
from broker.handlers.table import HANDLERS
from broker.log.writer import Writer
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher, Route
from broker.server.transport import Link
from broker.storage.catalog.base import BatchEntry
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import TwoStepCommitter
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.errors import DecodeError
from broker.wire.headers import decode_response_header
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from broker.wire.registry import codec
from broker.wire.schema import load_all
from observability import logs
from observability.metrics import REGISTRY
from tests.fuzz.messages import PlausibleBuilder, request_frame
from tests.fuzz.target import Finding, Target

INPUTS_A_WORLD = 400
"""Then a new broker begins: what inputs leave behind must not add up to a slow or large process."""
PATIENCE_S = 0.003
"""A long poll or a join that waits for others is left waiting."""
FRAME_LIMIT = 1 << 16
APIS = {api.key: api for api in load_all()}
SERVED = [(APIS[handler.key], version) for handler in HANDLERS for version in handler.versions]
SHARED = "orders"
SHARE_GROUPS = ("g", "h")
TOPICS: tuple[tuple[str, dict[str, str]], ...] = (
    ("orders", {}),
    ("compacted", {"cleanup.policy": "compact"}),
    ("stamped", {"message.timestamp.type": "LogAppendTime", "compression.type": "lz4"}),
)


class World:
    """One broker without sockets, on an event loop that runs only while an input is being served."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._agents: list[asyncio.Task[Any]] = []
        self.left_waiting: set[asyncio.Task[Any]] = set()
        self.clock_ms = 1_700_000_000_000
        loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        # A request may well ask for a thousand partitions; it must not make this process wait for a million.
        settings = Settings(
            auto_create_topics_enable=True,
            group_initial_rebalance_delay_ms=0,
            cluster_id="AAAAAAAAAAAAAAAAAAAAAA",
            tail_cache_bytes=1 << 16,
            max_incremental_fetch_session_cache_slots=20,
            group_share_max_share_sessions=20,
            group_share_max_size=20,
        )
        catalog, store = MemoryCatalog(), MemoryObjectStore()
        await catalog.set_config(ResourceType.CLIENT_METRICS, "all", {"metrics": "*", "interval.ms": "100"})
        for group in SHARE_GROUPS:
            await catalog.set_config(ResourceType.GROUP, group, {"share.auto.offset.reset": "earliest"})
        agents = await assemble(
            settings,
            store,
            catalog,
            TwoStepCommitter(store, catalog),
            now_ms=self.now_ms,
            monotonic_ms=self.now_ms,
            on_fatal=self._fatal,
            share_partitions_max=20,
        )
        services = self.services = agents.services
        self.advertised = services.identity.advertise("PLAINTEXT", "127.0.0.1", 9092)
        writer, directory, topics, share_partitions = services.writer, services.directory, services.topics, services.share_partitions
        self.dispatcher = Dispatcher(HANDLERS, services, services.quotas, self._fatal)
        self._agents = [self._loop.create_task(agent.run()) for agent in (writer, services.groups, share_partitions)]
        for name, config in TOPICS:
            if name == SHARED:
                # Its id is one that plausible requests name.
                directory.put(await catalog.create_topic(name, PlausibleBuilder.topic_ids[1], 3, 1, config, self.clock_ms))
                continue
            new = NewTopic(name=name, partition_count=3, replication_factor=1, config=config)
            await topics.create(topics.plan(new, services.identity.node_ids))
        shared = directory.by_name(SHARED)
        assert shared is not None
        for group in SHARE_GROUPS:
            await share_partitions.initialize(group, [(shared.topic_id, index) for index in range(3)])
        await self._fill(writer, shared.pids)

    async def _fill(self, writer: Writer, pids: Sequence[int]) -> None:
        """Some records for share groups."""
        done = asyncio.Event()
        left = 4 * len(pids)

        def appended(_: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        for pid in pids:
            for count in (1, 3, 5, 2):
                data = encode_batch([Record(index, self.clock_ms, b"k", b"v") for index in range(count)])
                header = parse_header(data)
                writer.enqueue(pid, data, BatchEntry(header.record_count, len(data), header.max_timestamp), appended)
        await done.wait()

    def now_ms(self) -> int:
        self.clock_ms += 1
        return self.clock_ms

    def _fatal(self, error: BaseException) -> None:
        raise Finding(f"storage failed in memory: {error}")

    def info(self) -> ConnectionInfo:
        return ConnectionInfo(1, "127.0.0.1:1", "127.0.0.1", "PLAINTEXT", self.advertised)

    def check(self) -> None:
        """No agent may have ended."""
        for agent in self._agents:
            if agent.done():
                raise Finding(f"an agent of the broker ended: {agent.exception()!r}")

    def end(self) -> None:
        """Cancel everything that still waits."""
        tasks = [*self._agents, *self.left_waiting]
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


class Stage:
    """Keeps a world, and replaces it from time to time. Made on first use, for the loop belongs to the process that fuzzes."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._world: World | None = None
        self._inputs = 0
        self._bugs = 0.0

    def play(self, act: Callable[[World], Coroutine[Any, Any, None]]) -> None:
        if not structlog.is_configured():
            logs.configure("error")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._bugs = bugs_counted()  # other tests of the same process met theirs on purpose
        if self._world is None or self._inputs >= INPUTS_A_WORLD:
            if self._world is not None:
                self._world.end()
            self._world, self._inputs = World(self._loop), 0
        self._inputs += 1
        self._loop.run_until_complete(act(self._world))
        self._world.check()
        bugs = bugs_counted()
        if bugs > self._bugs:
            self._bugs = bugs
            raise Finding("a handler met an exception that nobody expected; the log above has it")


def bugs_counted() -> float:
    """The counter of unexpected exceptions, over all APIs."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name in ("penstock_bugs", "penstock_bugs_total")
    )


# --- frames to handlers -------------------------------------------------------------------------------------------------


async def serve(world: World, frame: bytes, info: ConnectionInfo | None = None) -> None:
    """One frame; its answer is read as its client would."""
    try:
        route, request, context = world.dispatcher.open(memoryview(bytearray(frame)), info or world.info())
    except DecodeError:
        return
    try:
        outcome = world.dispatcher.call(route, request, context)
    except CloseConnection:
        return
    if isinstance(outcome, Pending):
        answered = asyncio.Event()
        outcome.when_done(lambda _: answered.set())
        # A join waits for as long as its group likes; everything else is answered.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), PATIENCE_S if route.handler.waits_for_others else 10)
        if not outcome.done:
            if not route.handler.waits_for_others:
                raise Finding(f"{route.handler.name} was not answered")
            return
        response = outcome.response
    elif isinstance(outcome, Awaitable):
        task = asyncio.ensure_future(world.dispatcher.wait(route, request, context, outcome))
        await asyncio.wait({task}, timeout=PATIENCE_S)
        if not task.done():
            world.left_waiting.add(task)
            task.add_done_callback(lambda done: _left(world, done))
            return
        try:
            response = task.result()
        except CloseConnection:
            return
        if isinstance(response, Pending):
            return
    else:
        response = outcome
    if response is not None:
        chunks = world.dispatcher.encode(route, request, context, response)
        check_answer(route, context.correlation_id, b"".join(map(bytes, chunks)))


def _left(world: World, task: asyncio.Task[Any]) -> None:
    world.left_waiting.discard(task)
    if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), CloseConnection):
        raise Finding(f"a request that waited ended with {task.exception()!r}")


def check_answer(route: Route, correlation_id: int, frame: bytes) -> None:
    """The frame is whole, answers this question, and its body is a message of that version."""
    if int.from_bytes(frame[:4], "big") != len(frame) - 4:
        raise Finding(f"{route.handler.name} v{route.version}: the length of the answer is wrong")
    found, position = decode_response_header(memoryview(frame)[4:], route.flexible_answer)
    if found != correlation_id:
        raise Finding(f"{route.handler.name} v{route.version}: correlation id {found} for {correlation_id}")
    try:
        codec(route.handler.key).decode_response(route.version, memoryview(frame)[4:], position)
    except DecodeError as error:
        raise Finding(f"{route.handler.name} v{route.version}: clients cannot read the answer: {error}") from error


_dispatcher_stage = Stage()
_connection_stage = Stage()


def run_dispatcher(data: bytes) -> None:
    """The bytes are one frame."""
    _dispatcher_stage.play(lambda world: serve(world, data))


def frame_seed(random: Random) -> bytes:
    api, version = random.choice(SERVED)
    if random.random() < 0.15:
        api, version = random.choice([(APIS[0], 9), (APIS[0], 12), (APIS[1], 12), (APIS[11], 5), (APIS[8], 8)])
    builder = PlausibleBuilder(random, api, api.request, version)
    message = builder.build(api.request.root)
    for name, most in (("num_partitions", 5), ("count", 5), ("replication_factor", 3)):
        _bound(message, name, most)
    return request_frame(random, api, version, message)


def _bound(message: Any, name: str, most: int) -> None:
    for holder in (message, *(getattr(message, "topics", None) or ())):
        if isinstance(getattr(holder, name, None), int):
            setattr(holder, name, min(getattr(holder, name), most))


# --- bytes to connections -----------------------------------------------------------------------------------------------


class _Wire:
    """What a link needs of asyncio's transport."""

    def __init__(self) -> None:
        self.closed = False
        self.paused = False
        self.sent = 0

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 40_000) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing is buffered here."""

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: Any) -> None:
        self.sent += len(data)

    def writelines(self, chunks: list[Any]) -> None:
        self.sent += sum(map(len, chunks))

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def close(self) -> None:
        self.closed = True

    abort = close


class _Tasks:
    """What a connection needs of a task group."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.live = 0

    def start_soon(self, function: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        task = asyncio.ensure_future(function(*arguments))
        self.live += 1
        self._world.left_waiting.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.live -= 1
        _left(self._world, task)


async def converse(world: World, data: bytes) -> None:
    """The first byte is the size of the pieces, the rest what the client sends; then it is gone."""
    refusals: list[str] = []
    tasks = _Tasks(world)
    listener = SimpleNamespace(
        admit=lambda connection, link: world.info(),
        departed=lambda connection: None,
        connecting_took=lambda connection, seconds: None,
        log_refusal=lambda connection, reason, kind="refused": refusals.append(reason),
        tasks=tasks,
    )
    budget = ByteBudget(1 << 20)
    connection = Connection(listener, world.dispatcher, budget, 5, 1 << 18)  # type: ignore[arg-type]
    link = Link(connection, FRAME_LIMIT, asyncio.get_running_loop())
    wire = _Wire()
    link.connection_made(wire)  # type: ignore[arg-type]
    size = (data[0] if data else 0) * 5 + 1
    at = 1
    while at < len(data) and not wire.closed:
        if wire.paused:
            await asyncio.sleep(0)
            if wire.paused:
                await asyncio.sleep(PATIENCE_S)
            if wire.paused:
                break
            continue
        buffer = link.get_buffer(-1)
        count = min(size, len(buffer), len(data) - at)
        buffer[:count] = data[at : at + count]
        at += count
        link.buffer_updated(count)
    await asyncio.sleep(0)
    link.connection_lost(None)
    # What is being served keeps its bytes until it is done; a join may wait for others for long.
    for _ in range(1000):
        if not budget.used or tasks.live:
            break
        await asyncio.sleep(PATIENCE_S)
    if budget.used and not tasks.live:
        raise Finding(f"{budget.used} bytes of the budget were not given back")
    if len(refusals) > 1:
        raise Finding(f"more than one line for one connection: {refusals}")
    if any(len(line) > 2000 for line in refusals):
        raise Finding("a line of the log that a client can make as long as it likes")


def run_connection(data: bytes) -> None:
    """The bytes are what one client sends."""
    _connection_stage.play(lambda world: converse(world, data))


def connection_seed(random: Random) -> bytes:
    frames = [frame_seed(random) for _ in range(random.choice((1, 2, 3, 8)))]
    return bytes([random.choice((0, 1, 10, 255))]) + b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)


MODULES = ("broker",)
TARGETS = (
    Target("dispatcher", run_dispatcher, frame_seed, MODULES, factor=200, allowance=4 << 20),
    Target("connection", run_connection, connection_seed, MODULES, factor=200, allowance=4 << 20),
)
