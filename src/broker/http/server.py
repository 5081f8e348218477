"""Runs the HTTP surface beside the Kafka listeners, in the same loop, stopped by the broker and not by signals of its own."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

import anyio.lowlevel
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from broker.http.doors import CERTIFICATE

HANDSHAKE_S: Final = 10.0


class _Protocol(HttpToolsProtocol):
    """Tells the application which certificate a client has shown."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection = self.transport.get_extra_info("ssl_object")
        if connection is not None:
            self.scope[CERTIFICATE] = connection.getpeercert(binary_form=True)  # type: ignore[typeddict-unknown-key]


class _Embedded(uvicorn.Server):
    """uvicorn takes SIGTERM and SIGINT for itself; here they are the broker's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's own, with a bound for TLS handshakes, which there are a minute of half-open ones without."""
        config = self.config

        def create_protocol(_loop: Any = None) -> _Protocol:
            return _Protocol(config=config, server_state=self.server_state, app_state=self.lifespan.state, _loop=_loop)

        loop: Any = anyio.lowlevel.current_token().native_token
        bound: dict[str, Any] = {"ssl": config.ssl, "ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": 1.0} if config.ssl else {}
        self.servers = [await loop.create_server(create_protocol, sock=each, backlog=config.backlog, **bound) for each in sockets or ()]
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
                http=_Protocol,
                ws="none",
                timeout_keep_alive=30,
                limit_concurrency=256,
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
