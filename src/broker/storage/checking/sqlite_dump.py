"""A SQLite catalog as it is checked: one read transaction over the file, whether a broker has it open or not."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import orjson
from anyio import to_thread

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.transaction import producer_of_row
from broker.storage.checking.dump import AbortedRow, LogRow, ObjectRow

T = TypeVar("T")

_AT_ONCE: Final = 1000
_SPAN: Final = "base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags"
_LOGS: Final = """
SELECT pid, topic_id, coalesce(name, ''), partition_index, log_start, high_watermark, last_stable, bytes, running_timestamp, coalesce(below, 0)
FROM logs JOIN partitions USING (pid) LEFT JOIN topics USING (topic_id) LEFT JOIN trims USING (pid) ORDER BY pid
"""
_SPANS: Final = f"SELECT {_SPAN} FROM spans WHERE pid = ? ORDER BY last"  # noqa: S608
_PRODUCERS: Final = """
SELECT producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset FROM producers WHERE pid = ? ORDER BY producer_id
"""
_ABORTED: Final = """
SELECT last_offset, first_offset, producer_id, stable_behind FROM aborted_transactions WHERE pid = ? ORDER BY last_offset
"""
_OBJECTS: Final = "SELECT object_id, live, data_end FROM objects ORDER BY object_id"
_BY_OBJECT: Final = f"SELECT pid, {_SPAN} FROM spans WHERE object_id >= 0 ORDER BY object_id, position"  # noqa: S608
_STRAYS: Final = """
SELECT count(*) FROM {table} WHERE pid NOT IN (SELECT pid FROM logs) AND pid NOT IN (SELECT pid FROM trims)
"""
_STRAY_TABLES: Final = {
    "spans": "spans",
    "producers": "producers",
    "aborted transactions": "aborted_transactions",
    "partitions": "partitions",
}


class SqliteDump:
    """Implements :class:`broker.storage.checking.dump.CatalogDump`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Raises StorageUnavailable when the file is missing or no catalog of this release."""
        return await to_thread.run_sync(cls._open, path)

    @classmethod
    def _open(cls, path: Path) -> Self:
        if not path.is_file():
            raise StorageUnavailable(f"there is no catalog {path}")
        try:
            connection = schema.open_for_reading(path)
            connection.execute("BEGIN")
            (found,) = connection.execute("SELECT max(version) FROM schema_migrations").fetchone()
        except sqlite3.Error as error:
            raise StorageUnavailable(f"{path} cannot be read as a catalog: {error}") from error
        newest = schema.migrations()[-1].version
        if found != newest:
            connection.close()
            raise StorageUnavailable(
                f"{path} has format version {found}, this release checks version {newest}"
                + ("; start the broker once to bring it up to date" if (found or 0) < newest else "")
            )
        return cls(path, connection)

    @property
    def directory_id(self) -> bytes:
        """Whose segments belong to it."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'directory_id'").fetchone()
        return bytes.fromhex(row[0]) if row else bytes(16)

    async def logs(self) -> AsyncIterator[LogRow]:
        async for row in self._rows(_LOGS):
            yield LogRow(*row)

    async def spans(self, pid: int) -> AsyncIterator[Span]:
        async for row in self._rows(_SPANS, pid):
            yield Span(*row)

    async def producers(self, pid: int) -> AsyncIterator[ProducerState]:
        async for row in self._rows(_PRODUCERS, pid):
            yield producer_of_row([*row[:4], orjson.loads(row[4]), row[5]])

    async def aborted(self, pid: int) -> AsyncIterator[AbortedRow]:
        async for row in self._rows(_ABORTED, pid):
            yield AbortedRow(*row)

    async def objects(self) -> AsyncIterator[ObjectRow]:
        async for row in self._rows(_OBJECTS):
            yield ObjectRow(*row)

    async def spans_by_object(self) -> AsyncIterator[tuple[int, Span]]:
        async for row in self._rows(_BY_OBJECT):
            yield row[0], Span(*row[1:])

    async def strays(self) -> Mapping[str, int]:
        def count(connection: sqlite3.Connection) -> dict[str, int]:
            return {
                what: connection.execute(_STRAYS.format(table=table)).fetchone()[0]
                for what, table in _STRAY_TABLES.items()
            }

        return await self._ask(count)

    async def known_objects(self, object_ids: Sequence[int]) -> set[int]:
        query = "SELECT object_id FROM objects WHERE object_id IN (SELECT value FROM json_each(?))"
        asked = orjson.dumps(list(object_ids)).decode()
        return await self._ask(lambda connection: {row[0] for row in connection.execute(query, (asked,))})

    async def still_names(self, object_id: int) -> bool:
        def look(_: sqlite3.Connection) -> bool:
            fresh = schema.open_for_reading(self._path)
            try:
                row = fresh.execute("SELECT live FROM objects WHERE object_id = ?", (object_id,)).fetchone()
            finally:
                fresh.close()
            return row is not None and row[0] > 0

        return await self._ask(look)

    async def inline_bytes(self, object_id: int) -> memoryview | None:
        return None

    async def aclose(self) -> None:
        self._connection.close()

    async def _rows(self, query: str, *args: Any) -> AsyncIterator[Any]:
        cursor = await self._ask(lambda connection: connection.execute(query, args))
        while rows := await self._ask(lambda _: cursor.fetchmany(_AT_ONCE)):
            for row in rows:
                yield row

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await to_thread.run_sync(question, self._connection)
        except sqlite3.Error as error:
            raise StorageUnavailable(f"the catalog {self._path} cannot be read: {error}") from error
