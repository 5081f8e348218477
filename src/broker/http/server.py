"""Runs the HTTP surface beside the Kafka listeners, in the same loop, stopped by the broker and not by signals of its own."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette


class _Embedded(uvicorn.Server):
    """uvicorn takes SIGTERM and SIGINT for itself; here they are the broker's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """One HTTP address. :meth:`bind` first (errors of binding stop the start), then :meth:`run` until :meth:`stop`."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._server = _Embedded(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                http="httptools",
                ws="none",
                timeout_keep_alive=30,
                limit_concurrency=256,
                timeout_graceful_shutdown=1,
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
