"""A PostgreSQL catalog as it is checked: one read-only snapshot on a connection of its own; a standby will do."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

import asyncpg

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.postgres.address import DatabaseAddress, database_address
from broker.storage.catalog.postgres.connecting import close
from broker.storage.catalog.postgres.failures import DRIVER_ERRORS, in_words
from broker.storage.catalog.postgres.log_rows import window_of
from broker.storage.catalog.postgres.migrating import SchemaUnusable, check_schema
from broker.storage.checking.dump import AbortedRow, LogRow, ObjectRow

_CONNECT_S: Final = 10.0
_AT_ONCE: Final = 1000
_SPAN: Final = "base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags"
_LOGS: Final = """
SELECT pid, topic_id, coalesce(name, ''), partition_index, log_start, high_watermark, last_stable, bytes, running_timestamp, coalesce(below, 0)
FROM part LEFT JOIN topic USING (topic_id) LEFT JOIN trim USING (pid) ORDER BY pid
"""
_SPANS: Final = f"SELECT {_SPAN} FROM span WHERE pid = $1 ORDER BY last"  # noqa: S608
_PRODUCERS: Final = """
SELECT producer_id, epoch, last_sequence, last_timestamp, recent, first_open_offset FROM producer WHERE pid = $1 ORDER BY producer_id
"""
_ABORTED: Final = (
    "SELECT last_offset, first_offset, producer_id, stable_behind FROM aborted WHERE pid = $1 ORDER BY last_offset"
)
_OBJECTS: Final = """
SELECT object_id, live, size, state = 2, state = 9, octet_length(bytes) FROM object LEFT JOIN inline_object USING (object_id) ORDER BY object_id
"""
_BY_OBJECT: Final = f"SELECT pid, {_SPAN} FROM span WHERE object_id >= 0 ORDER BY object_id, position"  # noqa: S608
_STRAYS: Final = """
SELECT count(*) FROM {table} AS own
WHERE NOT EXISTS (SELECT 1 FROM part WHERE part.pid = own.pid) AND NOT EXISTS (SELECT 1 FROM trim WHERE trim.pid = own.pid)
"""
_STRAY_TABLES: Final = {"spans": "span", "producers": "producer", "aborted transactions": "aborted"}
_KNOWN: Final = "SELECT object_id FROM object WHERE object_id = ANY ($1::bigint[])"
_STRAY_INLINE: Final = "SELECT count(*) FROM inline_object AS own WHERE NOT EXISTS (SELECT 1 FROM object WHERE object.object_id = own.object_id)"


class PostgresDump:
    """Implements :class:`broker.storage.checking.dump.CatalogDump`."""

    def __init__(self, address: DatabaseAddress, connection: Any) -> None:
        self._address = address
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> Self:
        """Raises StorageUnavailable, SchemaUnusable, and ValueError for a URL that is none."""
        address = database_address(url)
        with _refused(address):
            connection = await asyncpg.connect(
                address.url,
                timeout=_CONNECT_S,
                server_settings={"application_name": "penstock catalog check", "jit": "off"},
            )
            try:
                await check_schema(connection)
                await connection.transaction(isolation="repeatable_read", readonly=True).start()
            except BaseException:
                connection.terminate()
                raise
        return cls(address, connection)

    async def meta(self, key: str) -> str | None:
        """A small named value of the catalog."""
        with _refused(self._address):
            found: str | None = await self._connection.fetchval("SELECT value FROM meta WHERE key = $1", key)
            return found

    async def logs(self) -> AsyncIterator[LogRow]:
        async for row in self._rows(_LOGS):
            yield LogRow(*row)

    async def spans(self, pid: int) -> AsyncIterator[Span]:
        async for row in self._rows(_SPANS, pid):
            yield Span(*row)

    async def producers(self, pid: int) -> AsyncIterator[ProducerState]:
        async for row in self._rows(_PRODUCERS, pid):
            yield ProducerState(row[0], row[1], row[2], row[3], window_of(row[4]), row[5])

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
        with _refused(self._address):
            counts = {
                what: int(await self._connection.fetchval(_STRAYS.format(table=table)))
                for what, table in _STRAY_TABLES.items()
            }
            counts["inline bytes"] = int(await self._connection.fetchval(_STRAY_INLINE))
        return counts

    async def known_objects(self, object_ids: Sequence[int]) -> set[int]:
        with _refused(self._address):
            return {row[0] for row in await self._connection.fetch(_KNOWN, list(object_ids))}

    async def still_names(self, object_id: int) -> bool:
        with _refused(self._address):
            fresh = await asyncpg.connect(self._address.url, timeout=_CONNECT_S)
            try:
                return bool(await fresh.fetchval("SELECT live > 0 FROM object WHERE object_id = $1", object_id))
            finally:
                await close(fresh)

    async def inline_bytes(self, object_id: int) -> memoryview | None:
        with _refused(self._address):
            found = await self._connection.fetchval("SELECT bytes FROM inline_object WHERE object_id = $1", object_id)
            return None if found is None else memoryview(found)

    async def aclose(self) -> None:
        await close(self._connection)

    async def _rows(self, query: str, *args: Any) -> AsyncIterator[Any]:
        with _refused(self._address):
            cursor = await self._connection.cursor(query, *args)
            while rows := await cursor.fetch(_AT_ONCE):
                for row in rows:
                    yield row


@contextmanager
def _refused(address: DatabaseAddress) -> Iterator[None]:
    try:
        yield
    except SchemaUnusable:
        raise
    except DRIVER_ERRORS as error:
        raise StorageUnavailable(
            f"the catalog's database at {address.shown} cannot be read: {in_words(error)}"
        ) from error
