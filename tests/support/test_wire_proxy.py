"""The proxy passes frames on, holds those that a test asks for, and cuts connections when it is told to."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from tests.support.process import free_port
from tests.support.wire_proxy import Fate, WireProxy

PATIENCE_S = 10.0


class Echo:
    """A server that answers each request with its correlation id and its body."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.seen: list[bytes] = []
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while size := stream.read(4):
                frame = stream.read(*struct.unpack(">i", size))
                self.seen.append(frame[8:])
                connection.sendall(struct.pack(">i", len(frame) - 4) + frame[4:])

    def close(self) -> None:
        self._listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # it has ended
                connection.shutdown(socket.SHUT_RDWR)


class Caller:
    """A client in bare bytes."""

    def __init__(self, proxy: WireProxy) -> None:
        host, _, port = proxy.address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), PATIENCE_S)

    def send(self, api_key: int, correlation_id: int, body: bytes) -> None:
        self._socket.sendall(struct.pack(">ihhi", 8 + len(body), api_key, 0, correlation_id) + body)

    def answer(self) -> bytes:
        """The next answer without its size, empty when the connection ended."""
        size = self._socket.recv(4)
        return self._socket.recv(*struct.unpack(">i", size)) if size else b""


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[WireProxy]:
    with WireProxy(lambda: echo.address) as proxy:
        yield proxy


def test_frames_go_through(proxy: WireProxy, echo: Echo) -> None:
    """As they are, in both directions."""
    caller = Caller(proxy)
    caller.send(3, 7, b"hello")
    assert caller.answer() == b"\0\0\0\x07hello"
    assert echo.seen == [b"hello"]


def test_a_held_request_does_not_arrive(proxy: WireProxy, echo: Echo) -> None:
    """Only the one of the kind that names what it should; until it is released."""
    hold = proxy.hold(26, "this one")
    caller = Caller(proxy)
    caller.send(26, 1, b"another")
    caller.send(25, 2, b"this one")
    caller.send(26, 3, b"it is this one")
    hold.wait()
    assert [caller.answer()[4:], caller.answer()[4:]] == [b"another", b"this one"] == echo.seen
    hold.release()
    assert caller.answer()[4:] == b"it is this one"


def test_the_answer_is_held_after_the_work_was_done(proxy: WireProxy, echo: Echo) -> None:
    """And the client learns of it when the connection ends while it is held."""
    hold = proxy.hold(26, "this one", answer=True)
    caller = Caller(proxy)
    caller.send(26, 1, b"this one")
    hold.wait()
    assert echo.seen == [b"this one"]
    echo.close()
    assert caller.answer() == b""


def test_weather(proxy: WireProxy, echo: Echo) -> None:
    """A frame that the weather takes does not arrive, and its connection ends; others go on."""
    proxy.weather = lambda api_key, answer: Fate(cut=api_key == 9 and answer)
    first, second = Caller(proxy), Caller(proxy)
    first.send(9, 1, b"lost")
    assert first.answer() == b""
    second.send(8, 1, b"kept")
    assert second.answer()[4:] == b"kept"
    assert sorted(echo.seen) == [b"kept", b"lost"]
    assert proxy.cuts == 1


def test_a_closed_proxy_refuses_and_opens_again(proxy: WireProxy) -> None:
    """At the same address, and what was connected is cut off."""
    caller = Caller(proxy)
    caller.send(3, 1, b"before")
    assert caller.answer()[4:] == b"before"
    proxy.close()
    assert caller.answer() == b""
    with pytest.raises(ConnectionRefusedError):
        Caller(proxy)
    proxy.open()
    again = Caller(proxy)
    again.send(3, 1, b"after")
    assert again.answer()[4:] == b"after"
