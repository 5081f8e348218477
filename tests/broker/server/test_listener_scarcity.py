"""Hostile and honest clients at one listener whose process has few bytes for requests: memory is bounded, honest ones go on."""

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream, TaskGroup

from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import TURN_S, Limits, Listener
from broker.server.transport import BODY_READ_BYTES, RECEIVE_BUFFER_BYTES
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
    ProduceResponse,
)
from broker.wire.registry import codec
from broker.wire.writer import Writer
from observability.metrics import CONNECTIONS_CLOSED
from tests.broker.server.no_quotas import NoQuotas

MIB = 1 << 20
PRODUCE, HEARTBEAT = 0, 12
WAITS = "waits"


def handle(request: Any, context: RequestContext) -> Any:
    """A heartbeat of the group WAITS is a long poll without an end; everything else is answered at once."""

    async def wait() -> None:
        await anyio.sleep_forever()

    return wait() if getattr(request, "group_id", "") == WAITS else HeartbeatResponse()


class Place:
    """A listener with a budget of ``limit`` bytes."""

    def __init__(self, tasks: TaskGroup, limit: int) -> None:
        self.budget = ByteBudget(limit)
        handlers = [
            Handler(
                key=HEARTBEAT, name="heartbeat", versions=range(1), handle=handle, refuse=lambda *a: None, stop_on_disconnect=True
            ),
            Handler(
                key=PRODUCE,
                name="produce",
                versions=range(3, 9),
                handle=lambda request, context: ProduceResponse(),
                refuse=lambda *a: None,
            ),
        ]
        self.limits = Limits(total=1000, per_address=1000, idle_ms=600_000, frame_ms=600_000)
        self.listener = Listener(
            "PLAINTEXT",
            Dispatcher(handlers, None, NoQuotas()),  # type: ignore[arg-type]
            self.budget,
            self.limits,
            tasks,
            frame_limit=100 * MIB,
            max_requests=16,
            max_bytes=32 * MIB,
            backlog=100,
        )
        self.tasks = tasks

    async def open(self) -> None:
        host, self.port = await self.listener.bind("127.0.0.1", 0)
        self.listener.advertised = Node(1, host, self.port)

    async def connect(self) -> SocketStream:
        return await anyio.connect_tcp("127.0.0.1", self.port)

    def sweep(self, later_s: float = 0.0) -> None:
        self.listener._close_stale(anyio.current_time() + later_s)


@pytest.fixture
async def tasks() -> AsyncIterator[TaskGroup]:
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


def framed(key: int, version: int, request: Any, correlation_id: int = 7) -> bytes:
    writer = Writer(bytes([0, key, 0, version]) + correlation_id.to_bytes(4, "big") + b"\0\1c")
    codec(key).encode_request(version, request, writer)
    body = b"".join(bytes(chunk) for chunk in writer.chunks())
    return len(body).to_bytes(4, "big") + body


def heartbeat(group: str = "g") -> bytes:
    return framed(HEARTBEAT, 0, HeartbeatRequest(group_id=group, generation_id=1, member_id="m"))


def produce(size: int) -> bytes:
    data = ProduceRequestPartitionProduceData(index=0, records=bytes(size))
    return framed(PRODUCE, 8, ProduceRequest(acks=1, topic_data=[ProduceRequestTopicProduceData(name="t", partition_data=[data])]))


async def until(condition: Any) -> None:
    """The loop goes round until it holds: what a peer's socket will take next nobody announces."""
    with anyio.fail_after(15):
        while not condition():
            await anyio.lowlevel.checkpoint()


async def sent_or_not(stream: SocketStream, data: bytes) -> None:
    """The broker may close before all of it was sent."""
    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        await stream.send(data)


async def asked(stream: SocketStream, data: bytes) -> bytes:
    with anyio.fail_after(15):
        await stream.send(data)
        return await stream.receive()


async def test_large_frames_that_arrive_together_stay_within_the_budget(tasks: TaskGroup) -> None:
    """Each client sends 10 MiB of 50, then the rest: one frame above the budget at most, and all of them come through."""
    clients, first, whole = 10, 10 * MIB, produce(50 * MIB)
    place = Place(tasks, 16 * MIB)
    await place.open()
    go_on = anyio.Event()
    answered: list[bytes] = []
    most_arrived = most_counted = 0

    def one_has_sent_its_part() -> bool:
        nonlocal most_arrived, most_counted
        arrived = [each.link.received for each in place.listener._connections if each.link]
        most_arrived, most_counted = max(most_arrived, sum(arrived)), max(most_counted, place.budget.used)
        return max(arrived, default=0) >= first - 4

    async def send() -> None:
        stream = await place.connect()
        for position in range(0, len(whole), MIB):
            if position == first:
                await go_on.wait()
            await stream.send(memoryview(whole)[position : position + MIB])
        answered.append(await stream.receive())
        await stream.aclose()

    async with anyio.create_task_group() as senders:
        for _ in range(clients):
            senders.start_soon(send)
        await until(one_has_sent_its_part)
        honest = await place.connect()
        assert await asked(honest, heartbeat()), "small requests do not wait for any of them"
        with anyio.fail_after(60):
            go_on.set()
            while len(answered) < clients:
                one_has_sent_its_part()
                await anyio.lowlevel.checkpoint()
    await honest.aclose()
    await until(lambda: not place.limits.open)

    bound = 16 * MIB + len(whole) + (clients + 1) * BODY_READ_BYTES
    print(f"arrived {most_arrived / MIB:.1f}, counted {most_counted / MIB:.1f}, bound {bound / MIB:.1f} MiB")
    assert max(most_arrived, most_counted) <= bound
    assert (place.budget.used, place.budget.unfinished) == (0, 0)


@pytest.mark.parametrize("reads", [True, False])
async def test_who_has_the_turn_and_stops_is_closed_and_the_next_goes_on(tasks: TaskGroup, reads: bool) -> None:
    """Sooner than a slow client whom nobody waits for, and whether it reads its answers or not; those that wait are not punished for
    waiting."""
    whole = produce(2 * MIB)
    place = Place(tasks, MIB)
    await place.open()
    stops = await place.connect()
    await stops.send(whole[:MIB])
    await until(lambda: place.budget.unfinished >= MIB - 100)
    (connection,) = place.listener._connections
    while not reads and connection.link and not connection.link.unsent:
        connection.link.write([bytes(100_000)])
    place.sweep(TURN_S + 1)
    assert place.limits.open == 1, "nobody waits for it"

    waits = await place.connect()
    tasks.start_soon(sent_or_not, waits, whole)
    await until(lambda: len(place.budget._unfinished) == 1)
    place.sweep(TURN_S + 1)
    with anyio.fail_after(15):
        assert await waits.receive()
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await stops.receive()
    await waits.aclose()
    await stops.aclose()


async def test_clients_that_sit_on_the_budget_behind_a_long_poll_stop_only_themselves(tasks: TaskGroup) -> None:
    """Honest ones are answered all the time; when the limit is exceeded, those that cause it are closed and nobody else."""
    place = Place(tasks, MIB)
    await place.open()
    honest, waiting = await place.connect(), await place.connect()
    assert await asked(honest, heartbeat())
    await waiting.send(heartbeat(WAITS))
    hostile = [await place.connect() for _ in range(40)]
    hoard = heartbeat(WAITS) + heartbeat("g" * 30_000) * 14
    for stream in hostile:
        tasks.start_soon(sent_or_not, stream, hoard)
    await until(lambda: place.budget.exhausted)
    used = place.budget.used
    for _ in range(5):
        assert await asked(honest, heartbeat())

    closed = CONNECTIONS_CLOSED.labels("memory")
    before = closed.value
    with anyio.fail_after(15):
        while place.budget.exhausted:
            place.sweep()
            await anyio.lowlevel.checkpoint()
    assert 0 < closed.value - before <= 40
    assert used < MIB + 40 * RECEIVE_BUFFER_BYTES
    names = {stream.extra(anyio.abc.SocketAttribute.local_port) for stream in (honest, waiting)}
    left = {int(connection.info.peer.rpartition(":")[2]) for connection in place.listener._connections if connection.info}
    assert names <= left, "a fetch that waits with nothing behind it is let wait"
    assert await asked(honest, heartbeat())
    for stream in (*hostile, honest, waiting):
        await stream.aclose()
    place.listener.abort()
    await until(lambda: not place.limits.open and not place.budget.used)


async def test_very_large_frames_that_never_end_hold_little_and_stop_no_others(tasks: TaskGroup) -> None:
    """Although most of the budget is free: a sixteenth of it and one frame. Large requests that do end come through beside them."""
    place = Place(tasks, 64 * MIB)
    await place.open()
    hostile = [await place.connect() for _ in range(20)]
    for stream in hostile:
        tasks.start_soon(sent_or_not, stream, (100 * MIB).to_bytes(4, "big") + bytes([0, PRODUCE, 0, 8]) + bytes(6 * MIB))
    await until(lambda: place.budget.is_crowded)
    honest = await place.connect()
    whole = produce(8 * MIB)
    most = 0

    async def send() -> None:
        for position in range(0, len(whole), MIB // 4):
            await honest.send(memoryview(whole)[position : position + MIB // 4])

    tasks.start_soon(send)
    answers: list[bytes] = []

    async def hear() -> None:
        answers.append(await honest.receive())

    tasks.start_soon(hear)
    began = anyio.current_time()
    with anyio.fail_after(30):
        while not answers:
            place.listener._close_stale(began + (anyio.current_time() - began) * 10)  # who has the turn and does not use it is given seconds
            most = max(most, place.budget.unfinished)
            await anyio.lowlevel.checkpoint()
    assert most <= 2 * place.budget.large_ample + 8 * MIB + 21 * BODY_READ_BYTES
    assert not place.budget.scarce
    await honest.aclose()
    for stream in hostile:
        await stream.aclose()
    place.listener.abort()
    await until(lambda: not place.limits.open and not place.budget.used)


async def test_a_connection_that_is_to_close_does_so_within_a_time(tasks: TaskGroup) -> None:
    """A bad frame behind a long poll: what came before it would be answered, but not for ever."""
    place = Place(tasks, MIB)
    await place.open()
    stream = await place.connect()
    await stream.send(heartbeat() + heartbeat(WAITS) + b"\xff\xff\xff\xff")
    with anyio.fail_after(15):
        assert await stream.receive()
    await until(lambda: all(connection.draining for connection in place.listener._connections))
    place.sweep()
    place.sweep(place.limits.frame_s - 1)
    assert place.limits.open == 1
    place.sweep(place.limits.frame_s + 1)
    await until(lambda: not place.limits.open)
    await stream.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_a_client_that_leaves_while_it_is_not_read_is_let_go(tasks: TaskGroup) -> None:
    """It has sent all the requests it may behind a long poll without an end; one that stays is kept."""
    place = Place(tasks, MIB)
    await place.open()
    stays, leaves = await place.connect(), await place.connect()
    for stream in (stays, leaves):
        await stream.send(heartbeat(WAITS) + heartbeat() * 15)
    await until(lambda: place.limits.open == 2 and all(each.link.reading_paused for each in place.listener._connections))
    await leaves.aclose()
    await until(lambda: (place.sweep(), place.limits.open == 1)[1])
    place.sweep()
    await anyio.wait_all_tasks_blocked()

    assert place.limits.open == 1
    await stays.aclose()
