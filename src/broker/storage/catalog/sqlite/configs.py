"""Dynamic settings and small named values in SQLite."""

import sqlite3
from collections.abc import Mapping

import orjson

from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.transaction import Transaction


class SqliteConfigs(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.ConfigCatalog`."""

    async def load_configs(self) -> dict[tuple[int, str], dict[str, str]]:
        def work(connection: sqlite3.Connection) -> dict[tuple[int, str], dict[str, str]]:
            rows = connection.execute("SELECT kind, name, entries FROM configs").fetchall()
            return {(kind, name): orjson.loads(entries) for kind, name, entries in rows}

        return await self._reader.run(work)

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None:
        def work(transaction: Transaction) -> None:
            if values:
                transaction.execute(
                    "INSERT OR REPLACE INTO configs VALUES (?, ?, ?)", (kind, name, orjson.dumps(dict(values)).decode())
                )
            else:
                transaction.execute("DELETE FROM configs WHERE kind = ? AND name = ?", (kind, name))

        await self._writer.run(work)

    async def meta(self, key: str, default: str) -> str:
        def work(transaction: Transaction) -> str:
            transaction.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, default))
            (value,) = transaction.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return str(value)

        return await self._writer.run(work)
