"""Dynamic settings and small named values in PostgreSQL."""

from collections.abc import Mapping
from typing import Final

import orjson

from broker.storage.catalog.postgres.texts import key_of, of_bytes, to_bytes
from broker.storage.catalog.postgres.topics import PostgresTopics, json_of

ALL_CONFIGS: Final = "SELECT kind, full_name, entries FROM config"

_PUT: Final = """
INSERT INTO config (kind, name, full_name, entries) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, name) DO UPDATE SET entries = excluded.entries
"""
_DELETE: Final = "DELETE FROM config WHERE kind = $1 AND name = $2"
_META: Final = "INSERT INTO meta VALUES ($1, $2) ON CONFLICT DO NOTHING"
_GET_META: Final = "SELECT value FROM meta WHERE key = $1"


class PostgresConfigs(PostgresTopics):
    """Implements :class:`broker.storage.catalog.base.ConfigCatalog`."""

    async def load_configs(self) -> dict[tuple[int, str], dict[str, str]]:
        rows = await self._connections.fetch(ALL_CONFIGS)
        return {(kind, of_bytes(name)): orjson.loads(entries) for kind, name, entries in rows}

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        async with self._connections.change() as connection:
            await self._next_version_of_configs(connection)
            if values:
                await connection.execute(_PUT, kind, key_of(name), to_bytes(name), json_of(values))
            else:
                await connection.execute(_DELETE, kind, key_of(name))

    async def meta(self, key: str, default: str) -> str:
        value = await self._connections.fetchval(_GET_META, key)
        if value is None:
            await self._connections.change_once(_META, key, default)
            value = await self._connections.fetchval(_GET_META, key)
        return str(value)
