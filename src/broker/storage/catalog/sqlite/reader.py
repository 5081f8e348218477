"""Read-only connections on worker threads, so that a long query never holds up a commit."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

import anyio
from anyio import to_thread

from broker.errors import StorageUnavailable
from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.failures import meaning

_CONNECTIONS: Final = 4

Answer = TypeVar("Answer")


class CatalogReader:
    """A few connections, opened when they are needed first. Each query sees one snapshot of what is committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._limiter = anyio.CapacityLimiter(_CONNECTIONS)
        self._closed = False

    async def run(self, query: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """What ``query`` returns. It runs on another thread, inside a read transaction."""
        return await to_thread.run_sync(self.run_here, query, limiter=self._limiter)

    def run_here(self, query: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """The same on the calling thread. Raises StorageUnavailable when the file cannot be read."""
        try:
            connection = self._take()
            try:
                connection.execute("BEGIN")
                return query(connection)
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            if meaning(error) is None:
                raise
            raise StorageUnavailable(f"the catalog cannot be read: {error}") from error

    async def aclose(self) -> None:
        """Close the connections once their queries are done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StorageUnavailable("the catalog is closed")
            if self._idle:
                return self._idle.pop()
        return schema.open_for_reading(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
