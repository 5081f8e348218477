"""Connections that come faster than they may: they wait for their turn, or are let go after a while."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest

from broker.handlers.base import Handler
from broker.model import Node
from broker.server import listener as listener_module
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.wire.messages.heartbeat import HeartbeatResponse
from observability.quota_metrics import CONNECTIONS_HELD
from security.quotas.connection_rate import AT_ONCE, Verdict
from tests.broker.server.no_quotas import NoQuotas
from tests.broker.server.test_listener import REQUEST, closed

Open = Callable[[list[Verdict]], Any]


@pytest.fixture
async def open_listener() -> AsyncIterator[Open]:
    """A listener whose connections are judged as the test says, one after the other, and the limits."""
    async with anyio.create_task_group() as tasks:

        async def make(verdicts: list[Verdict]) -> tuple[int, Limits, list[tuple[str, str]]]:
            asked: list[tuple[str, str]] = []

            def judge(address: str, name: str) -> Verdict:
                asked.append((address, name))
                return verdicts.pop(0)

            handler = Handler(
                key=12,
                name="heartbeat",
                versions=range(5),
                handle=lambda request, context: HeartbeatResponse(),
                refuse=lambda *_: None,
            )
            limits = Limits(total=100, per_address=100, idle_ms=600_000, frame_ms=600_000)
            limits.rate = judge
            listener = Listener(
                "PLAINTEXT",
                Dispatcher([handler], None, NoQuotas()),  # type: ignore[arg-type]
                ByteBudget(1 << 20),
                limits,
                tasks,
                frame_limit=1 << 20,
                max_requests=16,
                max_bytes=1 << 20,
                backlog=10,
            )
            host, port = await listener.bind("127.0.0.1", 0)
            listener.advertised = Node(1, host, port)
            return port, limits, asked

        yield make
        tasks.cancel_scope.cancel()


def held(outcome: str) -> float:
    return CONNECTIONS_HELD.labels(outcome).value


async def test_one_that_has_to_wait_is_served_in_the_end(open_listener: Open) -> None:
    """It is a connection like others meanwhile, only that nothing is read from it."""
    port, limits, asked = await open_listener([Verdict(80, False, "broker")])
    before = held("delayed")
    began = anyio.current_time()
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(REQUEST)
        with anyio.fail_after(10):
            answer = await stream.receive()
        assert limits.open == 1

    assert answer == bytes.fromhex("00000006000000010000")
    assert anyio.current_time() - began >= 0.08
    assert asked == [("127.0.0.1", "PLAINTEXT")]
    assert held("delayed") == before + 1


async def test_one_that_is_turned_away_is_closed_after_a_while(open_listener: Open) -> None:
    """Nothing that it sends is read, and it is none of the connections that are counted."""
    port, limits, _ = await open_listener([Verdict(80, True, "ip"), AT_ONCE])
    before = held("refused")
    began = anyio.current_time()
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(REQUEST)
        assert await closed(stream)

    assert anyio.current_time() - began >= 0.08
    assert (limits.open, limits.parked) == (0, 0)
    assert held("refused") == before + 1
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(REQUEST)
        with anyio.fail_after(10):
            assert await stream.receive()


async def test_only_so_many_are_kept_for_a_while(open_listener: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those beyond are closed at once: knocking takes no memory."""
    monkeypatch.setattr(listener_module, "PARKED_MAX", 2)
    port, limits, _ = await open_listener([Verdict(3_600_000, True, "ip")] * 5)
    streams = [await anyio.connect_tcp("127.0.0.1", port) for _ in range(5)]
    for stream in streams[2:]:
        assert await closed(stream)
    assert limits.parked == 2
    for stream in streams:
        await stream.aclose()
