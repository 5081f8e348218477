"""Runs the HTTP surface beside the Kafka listeners, in the same loop, stopped by the broker and not by signals of its own."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

import anyio.lowlevel
import uvicorn
from starlette.types import ASGIApp

from broker.acceptor import Acceptor, AcceptTime
from broker.http.connection import BoundedConnection, Room

HANDSHAKE_S: Final = 10.0
HANDSHAKES_MAX: Final = 64
"""TLS handshakes that are under way at the same time; of more, the oldest is given up."""
HANDSHAKE_COST_S: Final = 0.0005
"""What one takes of the loop besides: it is done there."""


class _Listening:
    """Looks like a server of the loop to who closes it."""

    def __init__(self, acceptor: Acceptor) -> None:
        self._acceptor = acceptor

    def close(self) -> None:
        self._acceptor.stop_accepting()

    async def wait_closed(self) -> None:
        return


class _Embedded(uvicorn.Server):
    """uvicorn takes SIGTERM and SIGINT for itself; here they are the broker's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own, with connections taken in as those of Kafka's listeners are: a few at a time, and TLS handshakes within bounds."""
        config = self.config
        room = Room()

        def create_protocol(time: AcceptTime) -> BoundedConnection:
            if config.ssl:
                time.spent(HANDSHAKE_COST_S)
            return BoundedConnection(config=config, server_state=self.server_state, app_state=self.lifespan.state, _loop=loop, room=room)

        loop: Any = anyio.lowlevel.current_token().native_token
        bound: dict[str, Any] = {"ssl": config.ssl, "ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": 1.0} if config.ssl else {}
        self.servers = [_Listening(Acceptor(loop, sockets or (), create_protocol, tls=bound, beginning_max=HANDSHAKES_MAX))]  # type: ignore[list-item]
        self.started = True


class HttpServer:
    """One HTTP address. :meth:`bind` first (errors of binding stop the start), then :meth:`run` until :meth:`stop`."""

    def __init__(self, app: ASGIApp, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._server = _Embedded(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                http=BoundedConnection,
                ws="none",
                timeout_keep_alive=30,
                timeout_graceful_shutdown=1,
                ssl_context_factory=None if tls is None else lambda config, default: tls,
            )
        )

    def bind(self) -> tuple[str, int]:
        """Listen; the address that was really bound. Raises OSError."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
            # From now on connections wait in the queue: who reads that the broker is ready may come before the server runs.
            listening.listen(128)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        name = listening.getsockname()
        return str(name[0]), int(name[1])

    async def run(self) -> None:
        assert self._socket is not None, "bind comes first"
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        self._server.should_exit = True
