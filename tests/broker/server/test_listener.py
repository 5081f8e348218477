"""Listeners admit connections within limits, close stale ones, and drain."""

import contextlib
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.wire.messages.heartbeat import HeartbeatResponse
from observability.metrics import CONNECTIONS_CLOSED
from tests.broker.server.no_quotas import NoQuotas

ENDS = ("client", "idle", "refused", "stopping", "slow", "unread", "memory", "limit", "rate")
REQUEST = bytes.fromhex("0000001a 000c 0000 00000001 0001 63 0001 67 00000001 0001 6d".replace(" ", ""))
REQUEST = (len(REQUEST) - 4).to_bytes(4, "big") + REQUEST[4:]


class Place:
    """A bound listener and what it takes to reach it."""

    def __init__(self, listener: Listener, port: int, limits: Limits) -> None:
        self.listener, self.port, self.limits = listener, port, limits

    async def connect(self) -> anyio.abc.SocketStream:
        return await anyio.connect_tcp("127.0.0.1", self.port)


Open = Callable[..., Any]


@pytest.fixture
async def open_listener() -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(anyio.create_task_group())

        async def make(**limits: int) -> Place:
            bounds = {"total": 100, "per_address": 100, "idle_ms": 600_000, "frame_ms": 600_000} | limits

            def handle(request: Any, context: RequestContext) -> HeartbeatResponse:
                return HeartbeatResponse()

            handler = Handler(key=12, name="heartbeat", versions=range(5), handle=handle, refuse=lambda *a: None)
            limit = Limits(**bounds)
            listener = Listener(
                "PLAINTEXT",
                Dispatcher([handler], None, NoQuotas()),  # type: ignore[arg-type]
                ByteBudget(1 << 20),
                limit,
                tasks,
                frame_limit=1 << 20,
                max_requests=16,
                max_bytes=1 << 20,
                backlog=10,
            )
            host, port = await listener.bind("127.0.0.1", 0)
            listener.advertised = Node(1, host, port)
            tasks.start_soon(listener.run)
            return Place(listener, port, limit)

        yield make
        tasks.cancel_scope.cancel()


async def closed(stream: anyio.abc.SocketStream) -> bool:
    """Whether the broker closes ``stream`` without saying anything."""
    with anyio.fail_after(10):
        try:
            return await stream.receive() == b""
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return True


async def test_a_request_is_answered(open_listener: Open) -> None:
    """Over a real socket."""
    place = await open_listener()
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        answer = await stream.receive()
    await stream.aclose()

    assert answer == bytes.fromhex("00000006000000010000")


@pytest.mark.parametrize("bound", ["total", "per_address"])
async def test_connections_above_a_limit_are_closed(open_listener: Open, bound: str) -> None:
    """And room that becomes free can be used again."""
    place = await open_listener(**{bound: 1})
    first = await place.connect()
    await first.send(REQUEST)
    with anyio.fail_after(10):
        await first.receive()
    second = await place.connect()
    assert await closed(second)
    await first.aclose()
    with anyio.fail_after(10):
        while place.limits.open:
            await anyio.lowlevel.checkpoint()
    third = await place.connect()
    await third.send(REQUEST)
    with anyio.fail_after(10):
        assert await third.receive()
    await third.aclose()
    await second.aclose()


async def test_an_idle_connection_is_closed(open_listener: Open) -> None:
    """After connections.max.idle.ms without a request."""
    place = await open_listener(idle_ms=50)
    stream = await place.connect()
    assert await closed(stream)
    await stream.aclose()


async def test_a_half_sent_frame_does_not_stay_for_ever(open_listener: Open) -> None:
    """A client that stops in the middle of a frame is closed although the idle limit is far."""
    place = await open_listener(frame_ms=50)
    stream = await place.connect()
    await stream.send(REQUEST[:9])
    assert await closed(stream)
    await stream.aclose()


async def test_a_frame_that_drips_does_not_stay_for_ever(open_listener: Open) -> None:
    """A byte now and then is no progress."""
    place = await open_listener(frame_ms=200)
    stream = await place.connect()
    await stream.send(b"\0\1\0\0")
    with anyio.fail_after(10), contextlib.suppress(anyio.BrokenResourceError, anyio.EndOfStream):
        while True:
            await stream.send(b"x")
            with anyio.move_on_after(0.02):
                await stream.receive()
    assert not place.limits.open
    await stream.aclose()


async def test_a_large_frame_over_a_slow_line_is_let_in(open_listener: Open) -> None:
    """Longer than the limit altogether, but at a pace."""
    place = await open_listener(frame_ms=100)
    stream = await place.connect()
    await stream.send((300_000).to_bytes(4, "big"))
    for _ in range(29):
        await stream.send(bytes(10_000))
        await anyio.sleep(0.01)
    assert place.limits.open == 1
    await stream.aclose()


async def test_drain_closes_idle_connections_and_refuses_new_ones(open_listener: Open) -> None:
    """Drain returns when the last connection is gone."""
    place = await open_listener()
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        await stream.receive()
        await place.listener.drain()
    assert await closed(stream)
    await stream.aclose()

    with pytest.raises(OSError):
        await place.connect()


async def test_a_client_that_does_not_read_its_answers_is_closed(open_listener: Open) -> None:
    """It would hold their memory, and its connection, for as long as it likes."""
    place = await open_listener(idle_ms=100)
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        await stream.receive()
        (connection,) = place.listener._connections
        assert connection.link is not None
        connection.link.write([bytes(32 << 20)])
        assert connection.link.unsent
        while place.limits.open:
            await anyio.lowlevel.checkpoint()
    await stream.aclose()


async def test_a_client_that_reads_slowly_is_kept(open_listener: Open) -> None:
    """As long as it goes on reading."""
    place = await open_listener(idle_ms=100_000)
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        await stream.receive()
        (connection,) = place.listener._connections
        assert connection.link is not None
        connection.link.write([bytes(32 << 20)])
        place.listener._close_stale(1000.0)
        left = connection.link.unsent
        while connection.link.unsent == left:
            await stream.receive()
        place.listener._close_stale(1200.0)
        while connection.link.unsent:
            await stream.receive()
    assert place.limits.open == 1
    await stream.aclose()


async def test_a_negative_idle_time_keeps_connections(open_listener: Open) -> None:
    """As Kafka documents it; and looking after them is no busy loop."""
    place = await open_listener(idle_ms=-1)
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        await stream.receive()
    place.listener._close_stale(anyio.current_time() + 1_000_000)
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        assert await stream.receive()
    assert place.limits.idle_s == math.inf
    await stream.aclose()


async def answered(place: Place) -> anyio.abc.SocketStream:
    """A connection that was admitted."""
    stream = await place.connect()
    await stream.send(REQUEST)
    with anyio.fail_after(10):
        await stream.receive()
    return stream


async def test_a_bad_frame_behind_a_good_request_loses_no_answer(open_listener: Open) -> None:
    """Both in one read: the answer comes, then the end."""
    place = await open_listener()
    stream = await place.connect()
    await stream.send(REQUEST + REQUEST + b"\xff\xff\xff\xff" + REQUEST)
    received = b""
    with anyio.fail_after(10), contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
        while True:
            received += await stream.receive()
    await stream.aclose()

    assert received == bytes.fromhex("00000006000000010000") * 2


@pytest.mark.parametrize("reason", ["client", "refused", "stopping", "idle"])
async def test_each_end_of_a_connection_is_counted_once(open_listener: Open, reason: str) -> None:
    """By its reason: clients that leave by themselves too."""
    place = await open_listener(idle_ms=20 if reason == "idle" else 600_000)
    before = {name: CONNECTIONS_CLOSED.labels(name).value for name in ENDS}
    stream = await answered(place)
    with anyio.fail_after(10):
        match reason:
            case "client":
                await stream.aclose()
            case "refused":
                await stream.send(b"\xff\xff\xff\xff")
            case "stopping":
                await place.listener.drain()
        while place.limits.open:
            await anyio.lowlevel.checkpoint()
    await stream.aclose()

    grown = {name: CONNECTIONS_CLOSED.labels(name).value - before[name] for name in ENDS}
    assert grown == {name: int(name == reason) for name in ENDS}


async def test_lines_of_one_kind_do_not_hold_back_another(
    open_listener: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of nonsense hides neither who was refused for a limit nor how many lines of its own kind were left out."""
    lines: list[tuple[str, dict[str, Any]]] = []
    log = SimpleNamespace(warning=lambda event, **facts: lines.append((event, facts)))
    monkeypatch.setattr("broker.server.listener._log", log)
    place = await open_listener()
    stream = await answered(place)
    (connection,) = place.listener._connections
    for _ in range(50):
        place.listener.log_refusal(connection, "nonsense")
    flood = len(lines)
    place.listener.log_refusal(connection, "stopped in the middle", "slow")
    await stream.aclose()

    assert flood < 50
    (event, facts) = lines[-1]
    assert (event, facts["reason"], "similar_lines_held_back" in facts) == ("connection closed", "stopped in the middle", False)


@pytest.mark.parametrize(("name", "shown"), [("unknown", None), ("librdkafka", "librdkafka 2.5")])
async def test_a_line_names_the_software_only_when_it_is_known(
    open_listener: Open, monkeypatch: pytest.MonkeyPatch, name: str, shown: str | None
) -> None:
    """Clients say it in ApiVersions, and not all do."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr("broker.server.listener._log", SimpleNamespace(warning=lambda event, **facts: lines.append(facts)))
    place = await open_listener()
    stream = await answered(place)
    (connection,) = place.listener._connections
    assert connection.info is not None
    connection.info.software_name, connection.info.software_version = name, "2.5"
    place.listener.log_refusal(connection, "nonsense")
    await stream.aclose()

    assert lines[0].get("software") == shown
