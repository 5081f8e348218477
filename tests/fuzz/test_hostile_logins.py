"""Hostile clients at a listener where clients log in, and an honest one beside them that must not notice."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from tests.support.penstock import Penstock
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(180)]

MIB = 1 << 20
PATIENCE_MS = 1500
CROWD = 1500
HANDSHAKE = bytes.fromhex("0011 0001 00000001 ffff 0005") + b"PLAIN"
VERSIONS = bytes.fromhex("0012 0003 00000001 ffff")


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def token(data: bytes) -> bytes:
    return frame(bytes.fromhex("0024 0001 00000002 ffff") + len(data).to_bytes(4, "big") + data)


class Scene:
    def __init__(self, folder: Path) -> None:
        (folder / "users").write_text("alice:wonder\n")
        self.broker = Penstock(
            folder / "data",
            *("--listener", "SASL_PLAINTEXT://127.0.0.1:0"),
            env={
                "PENSTOCK_SASL_ENABLED_MECHANISMS": "PLAIN,SCRAM-SHA-256",
                "PENSTOCK_SASL_PLAIN_USERS_FILE": str(folder / "users"),
                "PENSTOCK_AUTHENTICATION_TIMEOUT_MS": str(PATIENCE_MS),
                "PENSTOCK_CONNECTIONS_MAX_UNAUTHENTICATED": "1000",
            },
        )

    def begin(self) -> None:
        self.broker.start()
        self.bootstrap = self.broker.bootstrap.split(",")[1]
        self.process = psutil.Process(self.broker.pid)
        self.honest = self.log_in()
        self.resident = self.process.memory_info().rss

    def log_in(self) -> Producer:
        settings = {"sasl.mechanism": "PLAIN", "sasl.username": "alice", "sasl.password": "wonder", "log_level": 0}
        producer = Producer({"bootstrap.servers": self.bootstrap, "security.protocol": "SASL_PLAINTEXT", **settings})
        producer.list_topics(timeout=10)
        return producer

    def connect(self) -> socket.socket:
        host, _, port = self.bootstrap.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=10)

    def growth(self) -> int:
        return int(self.process.memory_info().rss) - self.resident

    def check(self) -> None:
        """Alive; who is in goes on, and others come in."""
        began = time.monotonic()
        self.honest.list_topics(timeout=10)
        self.log_in()
        assert time.monotonic() - began < 8
        log = self.broker.log_tail(100_000)
        assert "defect" not in log
        assert "Traceback" not in log


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(3 * CROWD, hard)), hard))
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
        (frame(bytes.fromhex("0003 0009 00000001 ffff 00")), "API key 3 was asked for before logging in"),
        (frame(bytes.fromhex("0000 0007 00000001 ffff") + b"\xff" * 1000), "API key 0 was asked for before logging in"),
        (b"\0\2\0\0", "frame of 131072 bytes announced, 65536 are allowed"),
        (b"\x7f\xff\xff\xff", "bytes announced, 65536 are allowed"),
        (token(b"\0alice\0wonder"), "API key 36 was asked for before logging in"),
        (frame(HANDSHAKE.replace(b"PLAIN", b"GSSAP")), "wanted to log in by 'GSSAP'"),
        (frame(HANDSHAKE) + token(b"\0alice\0wrong"), "could not log in as 'alice' by PLAIN"),
        (frame(HANDSHAKE) + token(b"bob\0alice\0wonder"), "asked to act as another user"),
        (frame(HANDSHAKE) + frame(HANDSHAKE), "began to log in while it was at that"),
        (frame(HANDSHAKE) + frame(bytes.fromhex("0003 0009 00000001 ffff 00")), "API key 3 was asked for before logging in"),
        # Twenty thousand tagged fields in a header, before anybody knows who sends them.
        (frame(VERSIONS + b"\xa0\x9c\x01" + b"\1\0" * 20_000 + b"\2a\2b\0") * 3, "closed"),
    ],
)
def test_each_of_them_leaves_one_line(scene: Scene, data: bytes, reason: str) -> None:
    """It is closed, and the line says why."""
    with scene.connect() as client, contextlib.suppress(ConnectionError, TimeoutError):
        client.sendall(data)
        client.settimeout(PATIENCE_MS / 1000 + 5)
        while client.recv(1 << 16):
            pass
    scene.check()

    lines = [line for line in scene.broker.log_tail(100_000).splitlines() if "connection closed" in line]
    assert len(lines) == 1, lines
    assert reason in lines[0]


def test_a_crowd_that_does_not_log_in(scene: Scene) -> None:
    """Silent, half-way, and dripping bytes, more than there is room for: let go in time, in bounded memory, and who is honest comes in meanwhile."""
    crowd = []
    for number in range(CROWD):
        client = scene.connect()
        crowd.append(client)
        with contextlib.suppress(ConnectionError):
            if number % 3:
                client.sendall(frame(HANDSHAKE))
            if number % 3 == 2:
                client.sendall(token(b"\0alice\0" + b"w" * 60_000)[:50_000])
        if number % 500 == 499:
            scene.check()
    drip, end = crowd[-1], time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionError):
            drip.sendall(b"w")
        time.sleep(0.1)
    for client in crowd:
        client.settimeout(10)
        with contextlib.suppress(ConnectionError):
            while client.recv(1 << 16):
                pass
        client.close()
    scene.check()
    print(f"memory grew by {scene.growth() / MIB:.0f} MiB")

    assert scene.growth() < 100 * MIB
    wait_until(lambda count: count < 20, lambda: len(scene.process.net_connections()))


def test_guessing_passwords_keeps_nobody_else_out(scene: Scene) -> None:
    """A hundred at once, again and again: each waits for its answer, and the log grows at a bounded rate."""
    for _ in range(5):
        guessers = []
        for number in range(100):
            client = scene.connect()
            client.sendall(frame(HANDSHAKE) + token(b"\0alice\0guess%d" % number))
            guessers.append(client)
        scene.check()
        for client in guessers:
            client.settimeout(10)
            with contextlib.suppress(ConnectionError):
                while client.recv(1 << 16):
                    pass
            client.close()
    lines = [line for line in scene.broker.log_tail(100_000).splitlines() if "could not log in" in line]

    assert 1 <= len(lines) < 100
    assert not any("guess" in line for line in lines)
    assert scene.growth() < 50 * MIB
