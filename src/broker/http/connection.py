"""One connection of the HTTP surface: how much may be sent, how long it may take, and who leaves when there are too many.

What comes before a request is known to be somebody's is not bounded by the server library: a head that never ends, connections that say nothing, requests sent
behind one another without reading an answer. A stranger must not take memory, descriptors or the answers to health checks from others by them.
"""

from collections import OrderedDict
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from broker.http.doors import CERTIFICATE
from observability import logs

MESSAGE_BYTES_MAX: Final = 64 * 1024
"""Of one request, its head and all. Nothing that is served takes a body."""
PIPELINED_MAX: Final = 16
"""Requests that wait for the one before them."""
REQUEST_S: Final = 10.0
"""From the first byte of a request, or from the beginning of the connection, to the request's end."""
ANSWER_S: Final = 60.0
"""From there to the end of its answer, which the client must read."""
CONNECTIONS_MAX: Final = 256

_log = logs.get("http")


class Room:
    """All connections of one server. The one that has been idle for longest leaves when another comes and there is no room."""

    def __init__(self, limit: int = CONNECTIONS_MAX) -> None:
        self._limit = limit
        self._idle: OrderedDict[BoundedConnection, None] = OrderedDict()
        self._busy: set[BoundedConnection] = set()
        self._lines = logs.LineLimiter(per_second=1, burst=10)

    def __len__(self) -> int:
        return len(self._idle) + len(self._busy)

    def enter(self, connection: "BoundedConnection") -> bool:
        """Whether it may stay."""
        if len(self) >= self._limit:
            if not self._idle:
                return False
            self._idle.popitem(last=False)[0].close_because("others come, and it was idle for longest")
        self._idle[connection] = None
        return True

    def work(self, connection: "BoundedConnection") -> None:
        """A request of it is being answered."""
        if connection in self._idle:
            del self._idle[connection]
            self._busy.add(connection)

    def rest(self, connection: "BoundedConnection") -> None:
        """It was answered."""
        if connection in self._busy:
            self._busy.discard(connection)
            self._idle[connection] = None

    def leave(self, connection: "BoundedConnection") -> None:
        """It is gone."""
        self._idle.pop(connection, None)
        self._busy.discard(connection)

    def tell(self, peer: str, reason: str, now: float) -> None:
        """That a connection was closed, and why."""
        held_back = self._lines.take(now)
        if held_back is not None:
            _log.warning("an HTTP connection was closed", peer=peer, reason=reason, lines_held_back=held_back)


class BoundedConnection(HttpToolsProtocol):
    """The server library's, within bounds. It tells the application which certificate the client has shown."""

    def __init__(self, *args: Any, room: Room, **more: Any) -> None:
        super().__init__(*args, **more)
        self._room = room
        self._message_bytes = 0
        self._within_message = False
        self._deadline: Any = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self._room.enter(self):
            self._expect(REQUEST_S, "no whole request came")
        else:
            self.close_because(f"there are {CONNECTIONS_MAX} that are being answered")

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        self._room.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._message_bytes += len(data)
        if self._message_bytes > MESSAGE_BYTES_MAX:
            self.close_because(f"a request of more than {MESSAGE_BYTES_MAX} bytes")
            return
        if self._deadline is None:
            self._expect(REQUEST_S, "a request was begun and not finished")
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._within_message = True
        connection = self.transport.get_extra_info("ssl_object")
        if connection is not None:
            self.scope[CERTIFICATE] = connection.getpeercert(binary_form=True)  # type: ignore[typeddict-unknown-key]

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= PIPELINED_MAX:
            self.close_because(f"more than {PIPELINED_MAX} requests behind one that is not answered")
        if self.transport.is_closing():
            return
        super().on_headers_complete()
        self._room.work(self)

    def on_message_complete(self) -> None:
        self._message_bytes = 0
        self._within_message = False
        if self.transport.is_closing():
            return
        super().on_message_complete()
        if self.cycle.response_complete:
            self._expect_nothing()
        else:
            self._expect(ANSWER_S, "its answer was not read")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.pipeline or not self.cycle.response_complete or self.transport.is_closing():
            self._expect(ANSWER_S, "its answer was not read")
            return
        self._expect_nothing()
        self._room.rest(self)
        if self._within_message:
            self._expect(REQUEST_S, "a request was begun and not finished")

    def timeout_keep_alive_handler(self) -> None:
        """Idle for long enough, whether or not all of the last answer was read."""
        self.transport.abort()

    def close_because(self, reason: str) -> None:
        """Drop it, whatever is under way."""
        self._expect_nothing()
        self._room.leave(self)
        host, port = self.client or ("unknown", 0)
        self._room.tell(f"{host}:{port}", reason, self.loop.time())
        self.transport.abort()

    def _expect(self, seconds: float, otherwise: str) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self.close_because, f"{otherwise} within {seconds:g} s")

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
