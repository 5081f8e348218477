"""Connections whose address has used its time wait as bare sockets, and begin one after the other."""

import socket
from collections.abc import AsyncIterator, Callable

import anyio
import pytest

from broker.server import waiting_room
from broker.server.connecting_time import BURST_S, LONGEST_WAIT_S, ConnectingTime
from broker.server.waiting_room import SHARE, WaitingRoom

pytestmark = pytest.mark.anyio

HOST = "192.0.2.7"
COST_S = 0.001


class Place:
    """A room, and pairs of sockets that came to it."""

    def __init__(self, tasks: anyio.abc.TaskGroup, most: int, share: float, cost_s: float) -> None:
        self.now = 1_000.0
        self.time = ConnectingTime(share, lambda: self.now)
        self.refusals: list[tuple[str, int, str]] = []
        self.begun: list[socket.socket] = []
        self.clients: list[socket.socket] = []
        self.room = WaitingRoom(
            self.time, tasks, cost_s=cost_s, most=lambda: most, refused=lambda *what: self.refusals.append(what), clock=lambda: self.now
        )

    def come(self, host: str = HOST) -> tuple[bool, socket.socket]:
        """Whether the room keeps one that comes, and the client's end."""
        client, accepted = socket.socketpair()
        accepted.setblocking(False)
        self.clients += [client, accepted]
        return self.room.keeps(accepted, host, len(self.clients), self.begun.append), client

    async def until(self, done: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not done():
                await anyio.lowlevel.checkpoint()


@pytest.fixture
async def open_place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Place]]:
    places: list[Place] = []
    async with anyio.create_task_group() as tasks:

        def make(most: int = 100, share: float = 0.05, cost_s: float = COST_S) -> Place:
            place = Place(tasks, most, share, cost_s)

            async def sleep(seconds: float) -> None:
                place.now += max(seconds, 1e-6)
                await anyio.lowlevel.checkpoint()

            monkeypatch.setattr(waiting_room.anyio, "sleep", sleep)
            places.append(place)
            return place

        yield make
        tasks.cancel_scope.cancel()
    for place in places:
        for each in place.clients:
            each.close()


async def test_who_has_time_left_goes_through(open_place: Callable[..., Place]) -> None:
    """It is counted, so that many that come together do not all find room."""
    place = open_place()
    kept = [place.come()[0] for _ in range(int(BURST_S / COST_S) + 20)]
    assert kept.index(True) == pytest.approx(BURST_S / COST_S, abs=1)
    assert not place.come("192.0.2.8")[0]


async def test_without_a_share_nobody_waits(open_place: Callable[..., Place]) -> None:
    """0 turns it off."""
    place = open_place(share=0.0)
    place.time.spend(HOST, 100)
    assert not place.come()[0]


async def test_those_that_wait_begin_in_their_order_as_time_comes(open_place: Callable[..., Place]) -> None:
    """Each costs its address, whatever it goes on to cost; newcomers are behind those who wait, even when there is time again."""
    place = open_place()
    place.time.spend(HOST, BURST_S + 0.01)
    waiting = [place.come() for _ in range(5)]
    assert [kept for kept, _ in waiting] == [True] * 5
    assert len(place.room) == 5
    began = place.now
    place.now += 0.01 / 0.05
    assert place.come()[0]
    await place.until(lambda: len(place.begun) == 6)
    assert [place.clients.index(each) for each in place.begun] == [1, 3, 5, 7, 9, 11]
    assert place.now - began == pytest.approx((0.01 + 5 * COST_S) / 0.05, rel=0.01)
    await place.until(lambda: not len(place.room))
    place.now += 1
    assert not place.come()[0]


async def test_nobody_waits_for_long(open_place: Callable[..., Place]) -> None:
    """However much its address has cost."""
    place = open_place()
    place.time.spend(HOST, 1_000)
    began = place.now
    place.come()
    await place.until(lambda: bool(place.begun))
    assert place.now - began == pytest.approx(LONGEST_WAIT_S)


async def test_who_has_left_is_never_heard_of(open_place: Callable[..., Place]) -> None:
    """One that said something before it left is."""
    place = open_place()
    place.time.spend(HOST, BURST_S + 1)
    for said in (b"", b"hello", b""):
        client = place.come()[1]
        client.sendall(said)
        client.close()
    stays = place.come()[1]
    await place.until(lambda: len(place.begun) == 2)
    assert place.begun[0].recv(10) == b"hello"
    stays.sendall(b"here")
    assert place.begun[1].recv(10) == b"here"


async def test_a_full_queue_refuses_and_says_why(open_place: Callable[..., Place]) -> None:
    """An address has a quarter of the room, others the rest; all together no more than there is."""
    place = open_place(most=8)
    for host in (HOST, *(f"198.51.100.{number}" for number in range(1, 5))):
        place.time.spend(host, BURST_S + 1)
    kept = [place.come()[1] for _ in range(8 // SHARE)]
    refused, client = place.come()
    assert refused
    assert client.recv(1) == b""
    ((host, port, why),) = place.refusals
    assert (host, port) == (HOST, len(place.clients))
    assert "others from there are waiting" in why
    for number in range(1, 5):
        for _ in range(2):
            place.come(f"198.51.100.{number}")
    assert len(place.room) == 8
    assert len(place.refusals) == 3
    assert len(kept) == 2


async def test_those_that_left_make_room_in_a_full_queue(open_place: Callable[..., Place]) -> None:
    """Whoever knocks and leaves does not keep its neighbours out."""
    place = open_place(most=16)
    place.time.spend(HOST, BURST_S + 1)
    first = place.come()[1]
    for _ in range(3):
        place.come()[1].close()
    place.come()
    assert not place.refusals
    assert len(place.room) == 2
    await place.until(lambda: len(place.begun) == 2)
    assert place.begun[0] is place.clients[place.clients.index(first) + 1]


async def test_at_the_end_nobody_is_heard(open_place: Callable[..., Place]) -> None:
    """Those that wait are reset, and those that come."""
    place = open_place()
    place.time.spend(HOST, BURST_S + 1)
    waits = place.come()[1]
    await anyio.lowlevel.checkpoint()
    place.room.close()
    assert place.come()[0]
    await place.until(lambda: not len(place.room))
    assert waits.recv(1) == b""
    assert not place.begun
