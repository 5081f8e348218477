"""Clients that do not take their answers: what is held for them is counted, and who is in the way of others goes."""

import socket
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

from broker.answer_room import AnswerRoom
from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import CRAWLING_S, TURN_BYTES_PER_S, Limits, Listener
from broker.wire.messages.fetch import FetchableTopicResponse, FetchRequest, FetchResponse, FetchResponsePartitionData
from observability.metrics import CONNECTIONS_CLOSED
from tests.broker.server.no_quotas import NoQuotas
from tests.broker.server.test_listener_scarcity import framed, tasks, until

__all__ = ["tasks"]

pytestmark = pytest.mark.anyio

MIB = 1 << 20
FETCH = 1


class Place:
    """A listener that answers a fetch with as many bytes as it asks for, as long as there is room."""

    def __init__(self, tasks: TaskGroup, room: int) -> None:
        self.room = AnswerRoom(room)
        handler = Handler(key=FETCH, name="fetch", versions=range(4, 5), handle=self.fetch, refuse=lambda *a: None)  # type: ignore[arg-type, return-value]
        self.limits = Limits(total=1000, per_address=1000, idle_ms=600_000, frame_ms=600_000)
        self.listener = Listener(
            "PLAINTEXT",
            Dispatcher([handler], None, NoQuotas()),  # type: ignore[arg-type]
            ByteBudget(64 * MIB),
            self.limits,
            tasks,
            frame_limit=MIB,
            max_requests=16,
            max_bytes=MIB,
            backlog=100,
            room=self.room,
        )
        self.clients: list[socket.socket] = []

    def fetch(self, request: FetchRequest, context: RequestContext) -> FetchResponse:
        records = bytes(self.room.most(request.max_bytes))
        return FetchResponse(responses=[FetchableTopicResponse(topic="t", partitions=[FetchResponsePartitionData(records=records)])])

    async def open(self) -> None:
        host, self.port = await self.listener.bind("127.0.0.1", 0)
        self.listener.advertised = Node(1, host, self.port)

    def client(self) -> socket.socket:
        """One whose system takes little by itself."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        made.settimeout(10)
        made.connect(("127.0.0.1", self.port))
        self.clients.append(made)
        return made

    def sweep(self, later_s: float) -> None:
        self.listener._close_stale(anyio.current_time() + later_s)

    async def end(self) -> None:
        for client in self.clients:
            client.close()
        self.listener.abort()
        await until(lambda: not self.limits.open)


def ask(size: int) -> bytes:
    request: Any = FetchRequest(max_wait_ms=0, min_bytes=1, max_bytes=size, topics=[])
    return framed(FETCH, 4, request)


async def take(client: socket.socket, size: int) -> int:
    """Read so much while the loop goes on."""
    got = 0
    client.setblocking(False)
    with anyio.fail_after(15):
        while got < size:
            try:
                got += len(client.recv(min(1 << 16, size - got)))
            except BlockingIOError:
                await anyio.lowlevel.checkpoint()
    return got


async def test_what_is_held_is_counted_and_given_back(tasks: TaskGroup) -> None:
    """When it is taken, and when the client goes."""
    place = Place(tasks, 64 * MIB)
    await place.open()
    one, two = place.client(), place.client()
    for client in (one, two):
        client.sendall(ask(16 * MIB))
    await until(lambda: place.room.used > 24 * MIB)
    assert await take(one, 16 * MIB) == 16 * MIB
    await until(lambda: place.room.used <= 16 * MIB)
    two.close()
    await until(lambda: not place.room.used)
    await place.end()


async def test_many_that_take_nothing_hold_no_more_than_there_is_room_for(tasks: TaskGroup) -> None:
    """Each is given less than the one before; whoever sits on it while there is no room for others goes, who reads does not."""
    place = Place(tasks, 16 * MIB)
    await place.open()
    for _ in range(30):
        place.client().sendall(ask(50 * MIB) * 3)
    honest = place.client()
    await until(lambda: place.room.is_scarce)
    assert place.room.used <= 16 * MIB + 31 * MIB // 8
    honest.sendall(ask(MIB))
    assert await take(honest, 40) == 40

    closed = CONNECTIONS_CLOSED.labels("unread")
    before = closed.value
    place.sweep(0)
    assert closed.value == before
    place.sweep(CRAWLING_S + 1)
    await until(lambda: not place.room.is_scarce)
    assert 1 <= closed.value - before < 30
    names = {connection.info.peer for connection in place.listener._connections if connection.info}
    assert "{}:{}".format(*honest.getsockname()) in names
    await place.end()


async def test_who_takes_its_answer_at_a_pace_stays(tasks: TaskGroup) -> None:
    """However long that lasts."""
    place = Place(tasks, 8 * MIB)
    await place.open()
    slow = place.client()
    slow.sendall(ask(16 * MIB))
    await until(lambda: place.room.used >= 4 * MIB)
    place.room.take(4 * MIB)  # others
    assert place.room.is_scarce
    later = 0.0
    for _ in range(3):
        place.sweep(later)
        await take(slow, int(2 * CRAWLING_S * TURN_BYTES_PER_S))
        later += CRAWLING_S + 1
    place.sweep(later)
    assert place.limits.open == 1
    place.sweep(later + CRAWLING_S / 2)
    place.sweep(later + 2 * CRAWLING_S + 2)
    await until(lambda: not place.limits.open)
    place.room.give_back(4 * MIB)
    await place.end()
    assert not place.room.used
