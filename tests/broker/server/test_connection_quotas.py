"""A connection whose client has a quota: it is told to wait, and not heard for as long."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from broker.handlers.base import CloseConnection, Handler, Pending, RequestContext
from broker.server.budget import ByteBudget
from broker.server.connection import Connection
from broker.server.dispatcher import Dispatcher
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.messages.produce import ProduceRequest, ProduceResponse
from broker.wire.registry import codec
from broker.wire.writer import Writer
from security.identity import Identity
from tests.broker.server.test_connection import FakeLink, FakeListener

HEARTBEAT, PRODUCE = 12, 0


class Quotas:
    """Says what the test says, once each."""

    def __init__(self) -> None:
        self.is_active = True
        self.measures_time = False
        self.produce: list[int] = []
        self.work: list[int] = []
        self.sizes: list[int] = []
        self.seconds: list[float] = []

    def produced(self, identity: Identity, client_id: str | None, size: int) -> int:
        self.sizes.append(size)
        return self.produce.pop(0) if self.produce else 0

    def fetched(self, identity: Identity, client_id: str | None, size: int) -> int:
        raise AssertionError("nobody fetches here")

    def worked(self, identity: Identity, client_id: str | None, seconds: float) -> int:
        self.seconds.append(seconds)
        return self.work.pop(0) if self.work else 0


class Link(FakeLink):
    """Remembers the frames, too."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []
        self._more = anyio.Event()

    def write(self, chunks: list[Any]) -> None:
        super().write(chunks)
        self.frames.append(b"".join(bytes(chunk) for chunk in chunks))
        self._more.set()

    async def until_sent(self, *correlation_ids: int) -> None:
        with anyio.fail_after(10):
            while self.sent != list(correlation_ids):
                self._more = anyio.Event()
                await self._more.wait()


class Scene:
    def __init__(self, tasks: anyio.abc.TaskGroup, handle: Any) -> None:
        self.quotas = Quotas()
        self.link = Link()
        self.listener = FakeListener(tasks)
        self.budget = ByteBudget(1 << 20)
        self.started: list[int] = []

        def start(request: Any, context: RequestContext) -> Any:
            self.started.append(context.correlation_id)
            return handle(request, context)

        dispatcher = Dispatcher(
            [
                Handler(key=HEARTBEAT, name="heartbeat", versions=range(2), handle=start, refuse=lambda *_: HeartbeatResponse()),
                Handler(key=PRODUCE, name="produce", versions=range(3, 14), handle=start, refuse=lambda *_: ProduceResponse()),
            ],
            None,  # type: ignore[arg-type]
            self.quotas,
        )
        self.connection = Connection(self.listener, dispatcher, self.budget, 16, 1 << 20)  # type: ignore[arg-type]
        self.connection.connected(self.link)  # type: ignore[arg-type]

    def ask(self, correlation_id: int, key: int = HEARTBEAT, version: int = 1) -> int:
        """Send a request; its size."""
        writer = Writer(
            key.to_bytes(2, "big") + version.to_bytes(2, "big") + correlation_id.to_bytes(4, "big") + b"\0\1c"
        )
        request: Any = HeartbeatRequest(group_id="g", generation_id=1, member_id="m")
        if key == PRODUCE:
            request = ProduceRequest(acks=1, timeout_ms=1, topic_data=[])
        codec(key).encode_request(version, request, writer)
        frame = memoryview(bytearray(b"".join(bytes(chunk) for chunk in writer.chunks())))
        self.connection.frame_received(frame)
        return frame.nbytes

    def answers(self, key: int, version: int) -> list[Any]:
        return [codec(key).decode_response(version, memoryview(frame), 8) for frame in self.link.frames]


@pytest.fixture
async def tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


async def test_the_time_is_told_and_nothing_is_started_meanwhile(tasks: anyio.abc.TaskGroup) -> None:
    """What the client sends all the same waits, and is not even read; then all goes on."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse())
    scene.quotas.measures_time = True
    scene.quotas.work = [80]
    began = anyio.current_time()
    scene.ask(1)
    scene.ask(2)

    assert [answer.throttle_time_ms for answer in scene.answers(HEARTBEAT, 1)] == [80]
    assert (scene.started, scene.link.sent, scene.link.reading_paused) == ([1], [1], True)
    await scene.link.until_sent(1, 2)
    assert anyio.current_time() - began >= 0.08
    assert not scene.link.reading_paused
    assert scene.answers(HEARTBEAT, 1)[1].throttle_time_ms == 0
    assert scene.budget.used == 0


async def test_an_old_version_is_held_without_being_told(tasks: anyio.abc.TaskGroup) -> None:
    """Its answer has no place for it."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse())
    scene.quotas.measures_time = True
    scene.quotas.work = [60_000]
    scene.ask(1, version=0)
    scene.ask(2, version=0)

    assert (scene.started, scene.link.sent) == ([1], [1])
    scene.connection.disconnected(None)


async def test_produced_bytes_hold_the_client_at_once(tasks: anyio.abc.TaskGroup) -> None:
    """Requests behind it are not started; its own answer, when it comes, has the time."""
    pending = Pending()
    scene = Scene(tasks, lambda request, context: pending)
    scene.quotas.produce = [60_000]
    size = scene.ask(1, PRODUCE, 3)
    scene.ask(2, PRODUCE, 3)
    assert (scene.started, scene.quotas.sizes, scene.link.sent) == ([1], [size], [])
    pending.resolve(ProduceResponse())

    assert [answer.throttle_time_ms for answer in scene.answers(PRODUCE, 3)] == [60_000]
    scene.connection.disconnected(None)
    assert scene.budget.used == 0


async def test_who_leaves_early_is_counted_all_the_same(tasks: anyio.abc.TaskGroup) -> None:
    """Not to read the answer does not save the quota."""
    pending = Pending()
    scene = Scene(tasks, lambda request, context: pending)
    scene.quotas.measures_time = True
    scene.ask(1, PRODUCE, 3)
    scene.connection.disconnected(None)
    pending.resolve(ProduceResponse())

    assert len(scene.quotas.sizes) == len(scene.quotas.seconds) == 1


async def test_a_handler_that_says_how_long_to_wait_is_obeyed(tasks: anyio.abc.TaskGroup) -> None:
    """Changes of topics are counted by their handlers."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse(throttle_time_ms=60_000))
    scene.ask(1)
    scene.ask(2)

    assert scene.started == [1]
    assert scene.answers(HEARTBEAT, 1)[0].throttle_time_ms == 60_000
    scene.connection.disconnected(None)


async def test_without_quotas_nothing_is_measured(tasks: anyio.abc.TaskGroup) -> None:
    """Not even asked."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse())
    scene.quotas.is_active = False
    scene.quotas.measures_time = True
    scene.ask(1)

    assert scene.quotas.seconds == []


async def test_the_time_of_a_handler_that_waits_is_that_of_its_work(tasks: anyio.abc.TaskGroup) -> None:
    """A long poll does not cost its client anything."""
    release = anyio.Event()

    async def handle() -> HeartbeatResponse:
        await release.wait()
        return HeartbeatResponse()

    scene = Scene(tasks, lambda request, context: handle())
    scene.quotas.measures_time = True
    scene.ask(1)
    await anyio.wait_all_tasks_blocked()
    await anyio.sleep(0.1)
    release.set()
    await scene.link.until_sent(1)

    assert 0 < scene.quotas.seconds[0] < 0.09


async def test_a_broker_that_stops_does_not_wait_for_who_is_held(tasks: anyio.abc.TaskGroup) -> None:
    """The connection closes when what it had under way is answered."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse(throttle_time_ms=1 << 30))
    scene.ask(1)
    scene.ask(2)
    scene.connection.drain()

    assert scene.link.closed
    assert scene.budget.used == 0
    scene.connection.disconnected(None)


async def test_who_is_held_can_be_let_go_when_memory_is_scarce(tasks: anyio.abc.TaskGroup) -> None:
    """A client that may not be heard for hours must not keep what others need."""
    scene = Scene(tasks, lambda request, context: HeartbeatResponse(throttle_time_ms=1 << 30))
    scene.ask(1)
    while scene.budget.used < scene.budget.share:
        scene.ask(2)

    assert scene.connection.sits_on_bytes
    scene.connection.disconnected(None)
    assert scene.budget.used == 0


async def test_a_refused_request_ends_the_wait(tasks: anyio.abc.TaskGroup) -> None:
    """A connection that is closed is not muted."""

    def close(request: Any, context: RequestContext) -> Any:
        raise CloseConnection("refused")

    scene = Scene(tasks, close)
    scene.ask(1)

    assert scene.link.closed
    scene.connection.mute(1 << 30)
    assert not scene.connection.link or scene.link.closed
