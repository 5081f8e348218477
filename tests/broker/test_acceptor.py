"""New connections are taken a few at a time, and rest when they took their share of the loop."""

import asyncio
import errno
import socket
from itertools import pairwise
from typing import Any

import anyio
import pytest
import structlog

from broker import acceptor
from broker.acceptor import AFTERWARDS, AT_ONCE, BURST_S, SHARE, Acceptor, AcceptTime

pytestmark = pytest.mark.anyio


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_was_spent_is_rested() -> None:
    """A burst is free; then as long as it takes to be within the share."""
    clock = Clock()
    time = AcceptTime(clock)
    time.spent(BURST_S / AFTERWARDS)
    assert time.rest_s() == 0
    time.spent(0.003)
    assert time.rest_s() == pytest.approx(0.003 * AFTERWARDS / SHARE)
    clock.now += time.rest_s()
    assert time.rest_s() == pytest.approx(0, abs=1e-9)


class Guest(asyncio.Protocol):
    """Says that it came, and what that cost."""

    def __init__(self, came: "list[Guest]", time: AcceptTime, cost: float) -> None:
        self._came, self._time, self._cost = came, time, cost
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._came.append(self)
        self._time.spent(self._cost)


class Door:
    """An acceptor on a socket of its own."""

    def __init__(self, cost: float = 0.0, gate: Any = None) -> None:
        self.came: list[Guest] = []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.loop = asyncio.get_running_loop()
        self.acceptor = Acceptor(self.loop, [self.socket], lambda time: Guest(self.came, time, cost), gate=gate)  # type: ignore[arg-type, return-value]

    def knock(self, times: int) -> list[socket.socket]:
        return [socket.create_connection(("127.0.0.1", self.acceptor.port), 5) for _ in range(times)]

    async def until(self, count: int) -> None:
        with anyio.fail_after(10):
            while len(self.came) < count:
                await anyio.lowlevel.checkpoint()

    def close(self, clients: list[socket.socket]) -> None:
        self.acceptor.stop_accepting()
        for guest in self.came:
            guest.transport.abort()
        for client in clients:
            client.close()


async def test_all_that_wait_come_in_a_few_at_a_time() -> None:
    """Between them the loop does other things."""
    door = Door()
    clients = door.knock(50)
    seen = [0]
    with anyio.fail_after(10):
        while len(door.came) < 50:
            await anyio.lowlevel.checkpoint()
            seen.append(len(door.came))
    assert max(after - before for before, after in pairwise(seen)) <= AT_ONCE
    door.close(clients)


async def test_a_flood_has_a_share_of_the_loop() -> None:
    """What takes long is taken in slowly, and in the end."""
    door = Door(cost=0.01)
    began = anyio.current_time()
    clients = door.knock(20)
    await door.until(20)
    took = anyio.current_time() - began
    free = BURST_S + 2 * AT_ONCE * 0.01 * AFTERWARDS  # those that are taken in before it is known what they cost
    assert took >= (20 * 0.01 * AFTERWARDS - free) / SHARE * 0.9
    door.close(clients)


async def test_a_system_without_descriptors_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, nothing is lost, and the loop does not spin."""
    monkeypatch.setattr(acceptor, "WITHOUT_RESOURCES_S", 0.05)
    door = Door()

    class Full:
        """The listening socket while there is no room."""

        tries = 0

        def accept(self) -> Any:
            self.tries += 1
            raise OSError(errno.EMFILE, "Too many open files")

        def fileno(self) -> int:
            return door.socket.fileno()

    full = Full()
    with structlog.testing.capture_logs() as lines:
        door.acceptor._accept(full)  # type: ignore[arg-type]
    assert [line["reason"] for line in lines] == ["Too many open files"]
    clients = door.knock(1)
    await anyio.sleep(0.02)
    assert door.came == []
    door.acceptor._watch(door.socket)
    await door.until(1)
    door.close(clients)


async def test_who_has_left_already_is_no_error() -> None:
    """A client that resets its connection before it is taken in."""
    door = Door()
    (client,) = door.knock(1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    clients = door.knock(1)
    await door.until(1)
    door.close(clients)


async def test_nothing_is_accepted_after_the_end() -> None:
    """Also when it rests just then."""
    door = Door(cost=0.01)
    clients = door.knock(8)
    await door.until(1)
    port = door.acceptor.port
    door.close(clients)
    await anyio.sleep(0.05)
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), 1)


async def test_a_gate_may_keep_who_comes_for_later() -> None:
    """It is shown who comes before anything is made for them, and begins them itself."""
    shown: list[tuple[socket.socket, str, int, Any]] = []

    class Gate:
        def keeps(self, *what: Any) -> bool:
            shown.append(what)
            return len(shown) > 1

    door = Door(gate=Gate())
    clients = door.knock(3)
    await door.until(1)
    with anyio.fail_after(10):
        while len(shown) < 3:
            await anyio.lowlevel.checkpoint()
    assert len(door.came) == 1
    assert [(host, port) for _, host, port, _ in shown] == [each.getsockname() for each in clients]
    accepted, _, _, begin = shown[2]
    begin(accepted)
    await door.until(2)
    assert door.came[1].transport.get_extra_info("peername") == clients[2].getsockname()
    shown[1][0].close()
    door.close(clients)
