"""Rules, credentials, tokens and quotas in PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Final

from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.postgres.configs import PostgresConfigs
from broker.storage.catalog.postgres.texts import key_of, of_bytes, to_bytes

ACCESS_CHANGED: Final = "SELECT kind, full_name, value FROM access WHERE version > $1 ORDER BY version"
_ALL: Final = "SELECT kind, full_name, value FROM access WHERE value IS NOT NULL"
_PUT: Final = """
INSERT INTO access (kind, name, full_name, value, version, removed)
SELECT kind, name, full_name, value, $5, CASE WHEN value IS NULL THEN now() END
FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (kind, name, full_name, value)
ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, version = excluded.version, removed = excluded.removed
"""
_FORGET: Final = "DELETE FROM access WHERE removed < now() - interval '1 day'"
"""Whoever has not heard of it by then is no member any more, and reads everything anew."""


class PostgresAccess(PostgresConfigs):
    """Implements :class:`broker.storage.catalog.access.AccessCatalog`."""

    async def load_access(self) -> list[AccessEntry]:
        return [entry_of(row) for row in await self._connections.fetch(_ALL)]

    async def change_access(self, entries: Sequence[AccessEntry]) -> None:
        last = {(entry.kind, entry.name): entry for entry in entries}.values()
        async with self._connections.change() as connection:
            version = await self._next_version(connection)
            await connection.execute(
                _PUT,
                [int(entry.kind) for entry in last],
                [key_of(entry.name) for entry in last],
                [to_bytes(entry.name) for entry in last],
                [None if entry.value is None else to_bytes(entry.value) for entry in last],
                version,
            )
            await connection.execute(_FORGET)


def entry_of(row: Sequence[Any]) -> AccessEntry:
    """From kind, full name and value."""
    kind, name, value = row
    return AccessEntry(AccessKind(kind), of_bytes(name), None if value is None else of_bytes(value))
