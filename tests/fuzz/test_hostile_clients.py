"""Hostile clients at the socket of a real broker, and an honest one beside them that must not notice."""

import contextlib
import random
import re
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.durability.probe import ProducerProbe, read_all
from tests.fuzz.mutation import mutated
from tests.fuzz.whole_broker import connection_seed
from tests.support.penstock import Penstock

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(180)]

MIB = 1 << 20
ANNOUNCING = 1000
PATIENCE_MS = 1500
CLOSED = "connection closed"


class Scene:
    """A broker with little patience, and the honest client."""

    def __init__(self, tmp_path: Path) -> None:
        self.broker = Penstock(tmp_path / "data", env={"PENSTOCK_REQUEST_RECEIVE_TIMEOUT_MS": str(PATIENCE_MS)})
        self.sent: list[bytes] = []

    def begin(self) -> None:
        self.broker.start()
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        admin.create_topics([NewTopic("honest", 1, 1)])["honest"].result(20)
        self.probe = ProducerProbe(self.broker.bootstrap, "honest")
        self.work()
        self.process = psutil.Process(self.broker.pid)
        self.resident = self.process.memory_info().rss

    def work(self) -> None:
        """What honest clients do, within the time they would wait."""
        started = time.monotonic()
        for _ in range(20):
            self.sent.append(b"record %d" % len(self.sent))
            assert self.probe.send(self.sent[-1]) is None
        assert time.monotonic() - started < 10

    def connect(self) -> socket.socket:
        host, _, port = self.broker.bootstrap.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=10)

    def send(self, data: bytes) -> None:
        """A connection that sends this and waits until it is closed, or for an answer."""
        with self.connect() as client, contextlib.suppress(ConnectionError, TimeoutError):
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            client.settimeout(PATIENCE_MS / 1000 + 3)
            while client.recv(1 << 16):
                pass

    def growth(self) -> int:
        """Bytes of memory more than at the beginning."""
        return int(self.process.memory_info().rss) - self.resident

    def closed_lines(self) -> list[str]:
        return [line for line in self.broker.log_tail(100_000).splitlines() if CLOSED in line]

    def check(self) -> None:
        """Alive, working, nothing lost, no defect met."""
        self.work()
        assert self.broker.running
        assert read_all(self.broker.bootstrap, "honest", len(self.sent)) == self.sent
        log = self.broker.log_tail(100_000)
        assert "defect" not in log
        assert "Traceback" not in log


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * ANNOUNCING
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    made = Scene(tmp_path)
    try:
        made.begin()
        yield made
    finally:
        made.broker.kill()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff\xff\xff", "frame of -1 bytes"),
        (b"\0\0\0\0", "frame of 0 bytes"),
        (b"\x7f\xff\xff\xff" + bytes(100), "2147483647 bytes announced, 104857600 are allowed"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS handshake"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP request"),
        (b"\0\0\0\4\0\3\0\1", "has no header"),
        (b"\0\0\0\x0a\x7f\xff\0\0\0\0\0\1\xff\xff", "API key 32767 is not served"),
        (b"\0\0\0\x0b\0\3\x7f\xff\0\0\0\1\xff\xff\0", "v32767 is not served"),
        (b"\0\0\0\x0e\0\3\0\1\0\0\0\1\xff\xff\x7f\xff\xff\xff", "metadata v1"),
    ],
)
def test_each_malformed_connection_leaves_one_line(scene: Scene, data: bytes, reason: str) -> None:
    """It is closed, and the line says why."""
    scene.send(data)
    scene.check()

    lines = scene.closed_lines()
    assert len(lines) == 1, lines
    assert reason in lines[0]


def test_random_bytes_do_no_harm(scene: Scene) -> None:
    """Some hundred connections with mutated conversations; lines of the log come at a bounded rate and length."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    conversations = 300
    for number in range(conversations):
        data = connection_seed(chance)[1:]
        scene_data = mutated(chance, data) if chance.random() < 0.8 else chance.randbytes(chance.choice((3, 50, 5000)))
        with scene.connect() as client, contextlib.suppress(ConnectionError, TimeoutError):
            client.sendall(scene_data)
            if chance.random() < 0.5:
                client.settimeout(0.05)
                client.recv(1 << 16)
        if number % 50 == 0:
            scene.work()
    scene.check()
    lines = scene.closed_lines()
    print(f"{len(lines)} lines for {conversations} connections, memory grew by {scene.growth() / MIB:.0f} MiB")

    assert len(lines) <= conversations
    assert max(map(len, lines), default=0) < 3000
    assert scene.growth() < 150 * MIB


def test_slow_and_half_open_clients_are_let_go(scene: Scene) -> None:
    """A frame that was begun must be finished within request.receive.timeout.ms, however many drops it comes in."""
    drip, silent = scene.connect(), scene.connect()
    silent.sendall(b"\0\0\x10\0half")
    drip.sendall(b"\0\0\x10\0")
    started = time.monotonic()
    drip.settimeout(0.1)
    ended: float | None = None
    while ended is None and time.monotonic() - started < 20:
        with contextlib.suppress(TimeoutError):
            try:
                drip.sendall(b"x")
                if not drip.recv(1):
                    ended = time.monotonic() - started
            except ConnectionError:
                ended = time.monotonic() - started
    silent.settimeout(20)
    with contextlib.suppress(ConnectionError):
        assert silent.recv(1) == b""
    scene.check()

    assert ended is not None, "a client that sends a byte now and then keeps its connection for ever"
    print(f"the dripping client was let go after {ended:.1f} s")
    assert len(scene.closed_lines()) == 2
    drip.close()
    silent.close()


def test_announced_bytes_cost_nothing_until_they_come(scene: Scene) -> None:
    """A thousand connections announce 100 MiB each and send ten bytes."""
    clients = [scene.connect() for _ in range(ANNOUNCING)]
    for client in clients:
        client.sendall((100 * MIB).to_bytes(4, "big") + b"0123456789")
    scene.work()
    growth = scene.growth()
    print(f"{ANNOUNCING} connections announcing {ANNOUNCING * 100 / 1024:.0f} GiB: memory grew by {growth / MIB:.0f} MiB")
    assert growth < 120 * MIB
    for client in clients:
        client.close()
    scene.check()


def test_bytes_that_come_are_bounded_by_the_budget(scene: Scene) -> None:
    """Clients that really send large frames, all at once, and never finish them."""
    clients = [scene.connect() for _ in range(30)]
    piece = bytes(MIB)
    for client in clients:
        client.settimeout(0.5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            client.sendall((90 * MIB).to_bytes(4, "big"))
            for _ in range(8):
                client.sendall(piece)
    scene.work()
    print(f"30 clients that sent 8 MiB each of 90: memory grew by {scene.growth() / MIB:.0f} MiB")
    assert scene.growth() < 400 * MIB
    for client in clients:
        client.close()
    scene.check()


def test_lines_about_floods_are_held_back(scene: Scene) -> None:
    """Five hundred bad connections in a row fill no disk: most lines are counted instead of written."""
    for _ in range(500):
        with scene.connect() as client, contextlib.suppress(ConnectionError):
            client.sendall(b"\xff\xff\xff\xff")
            client.settimeout(5)
            client.recv(1)
    scene.check()
    # The next line that may be written says how many were not.
    held_back = False
    limit = time.monotonic() + 20
    while not held_back and time.monotonic() < limit:
        scene.send(b"\xff\xff\xff\xff")
        lines = scene.closed_lines()
        held_back = "similar_lines_held_back" in lines[-1]
    print(f"{len(lines)} lines for more than 500 bad connections, the last: {lines[-1]}")

    assert 0 < len(lines) < 300
    assert any(re.search(r"similar_lines_held_back=\d+", line) for line in lines)
