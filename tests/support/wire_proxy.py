"""A TCP proxy between clients and a broker that knows where requests and answers begin, and does with them what networks do.

A test can hold back the request of one kind that names something, or its answer after the broker did the work; cut every connection; or
hand in a *weather*: a function that is asked about each frame and says what happens to it.
"""

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from tests.support.process import free_port

_HEADER: Final = struct.Struct(">hhi")
_SIZE: Final = struct.Struct(">i")
_CONNECT_S: Final = 5.0
_LOOK_S: Final = 0.02
_PEER_GONE: Final = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a frame: it is late by so many seconds, and then goes on, or the connection is cut in its stead."""

    delay_s: float = 0.0
    cut: bool = False


Weather = Callable[[int, bool], Fate]
"""Asked with the API key and whether the frame is an answer."""

FAIR: Final = Fate()


class Hold:
    """The next request of one kind that names ``naming``, or its answer: kept back from the moment it came until the connection ends."""

    def __init__(self, api_key: int, naming: str, *, answer: bool) -> None:
        self.api_key, self.naming, self.answer = api_key, naming.encode(), answer
        self.held = threading.Event()
        self.released = threading.Event()

    def wait(self) -> None:
        """Until the frame is here."""
        assert self.held.wait(WAIT_S), f"no request {self.api_key} for {self.naming!r} came in {WAIT_S:g} s"

    def release(self) -> None:
        """Let it go on."""
        self.released.set()


class _Connection:
    """One client's connection and the one to the broker that belongs to it."""

    def __init__(self, client: socket.socket, broker: socket.socket) -> None:
        self.client, self.broker = client, broker
        self.api_keys: dict[int, int] = {}
        self.holds: dict[int, Hold] = {}
        self.ended = threading.Event()

    def close(self) -> None:
        self.ended.set()
        for end in (self.client, self.broker):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class WireProxy:
    """Listens on loopback and leads to ``target`` (a function, as the address may not be known yet) until it is closed.

    What is to be held is held by whichever of this and those ``beside`` it sees it first: each stands before a broker of one cluster.
    """

    def __init__(self, target: Callable[[], str], beside: "WireProxy | None" = None) -> None:
        self._target = target
        self._lock = threading.Lock() if beside is None else beside._lock
        self._connections: set[_Connection] = set()
        self._holds: list[Hold] = [] if beside is None else beside._holds
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"
        self.weather: Weather | None = None
        self.cuts = 0
        self.open()

    def open(self) -> None:
        """Take connections (again)."""
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=256)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def hold(self, api_key: int, naming: str, *, answer: bool = False) -> Hold:
        """Keep back the next such request, or its answer."""
        hold = Hold(api_key, naming, answer=answer)
        with self._lock:
            self._holds.append(hold)
        return hold

    def cut_all(self) -> None:
        """Every connection ends now, as when a switch is pulled."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.close()

    def close(self) -> None:
        """Refuse connections, as the address of a broker that is not there does, and end those that there are."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        host, _, port = self._target().rpartition(":")
        try:
            broker = socket.create_connection((host, int(port)), _CONNECT_S)
        except (OSError, ValueError):
            client.close()  # as a broker that is not there
            return
        broker.settimeout(None)
        with contextlib.suppress(OSError):  # whoever is gone again is noticed on reading
            for end in (client, broker):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(client, broker)
        with self._lock:
            self._connections.add(connection)
        answers = threading.Thread(target=self._pass_on, args=(connection, True), daemon=True)
        answers.start()
        self._pass_on(connection, False)
        answers.join()
        with self._lock:
            self._connections.discard(connection)
        client.close()
        broker.close()

    def _pass_on(self, connection: _Connection, answer: bool) -> None:
        source, sink = (connection.broker, connection.client) if answer else (connection.client, connection.broker)
        try:
            while (frame := _read_frame(source)) is not None:
                if not (self._answer_goes_on if answer else self._request_goes_on)(connection, frame):
                    self.cuts += 1
                    break
                sink.sendall(frame)
        except OSError:
            pass
        finally:
            connection.close()

    def _request_goes_on(self, connection: _Connection, frame: bytes) -> bool:
        api_key, _, correlation_id = _HEADER.unpack_from(frame, 4)
        connection.api_keys[correlation_id] = api_key
        if self._holds:
            with self._lock:
                found = next((it for it in self._holds if it.api_key == api_key and it.naming in frame), None)
                if found is not None:
                    self._holds.remove(found)
            if found is not None:
                if not found.answer:
                    return _held_back(found, connection.client, connection.ended)
                connection.holds[correlation_id] = found
        return self._weathers(connection, api_key, False)

    def _answer_goes_on(self, connection: _Connection, frame: bytes) -> bool:
        (correlation_id,) = _SIZE.unpack_from(frame, 4)
        api_key = connection.api_keys.pop(correlation_id, -1)
        found = connection.holds.pop(correlation_id, None)
        if found is not None:
            return _held_back(found, connection.broker, connection.ended)
        return self._weathers(connection, api_key, True)

    def _weathers(self, connection: _Connection, api_key: int, answer: bool) -> bool:
        if self.weather is None:
            return True
        fate = self.weather(api_key, answer)
        if fate.delay_s:
            time.sleep(fate.delay_s)
        return not fate.cut


def _held_back(hold: Hold, source: socket.socket, ended: threading.Event) -> bool:
    """Until it is released, or either side is gone: the held frame's own side is watched here, the other one sets ``ended``."""
    poller = select.poll()
    poller.register(source, _PEER_GONE)
    hold.held.set()
    while not hold.released.wait(_LOOK_S):
        if ended.is_set() or poller.poll(0):
            return False
    return True


def _read_frame(source: socket.socket) -> bytes | None:
    size = _read_exactly(source, 4)
    if size is None:
        return None
    body = _read_exactly(source, _SIZE.unpack(size)[0])
    return None if body is None else size + body


def _read_exactly(source: socket.socket, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = source.recv(min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)
