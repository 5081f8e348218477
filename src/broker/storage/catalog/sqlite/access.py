"""Rules, credentials, tokens and quotas in SQLite."""

import sqlite3
from collections.abc import Sequence

from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.transaction import Transaction


class SqliteAccess(CatalogPart):
    """Implements :class:`broker.storage.catalog.access.AccessCatalog`."""

    async def load_access(self) -> list[AccessEntry]:
        def work(connection: sqlite3.Connection) -> list[AccessEntry]:
            rows = connection.execute("SELECT kind, name, value FROM access").fetchall()
            return [AccessEntry(AccessKind(kind), name, value) for kind, name, value in rows]

        return await self._reader.run(work)

    async def change_access(self, entries: Sequence[AccessEntry]) -> None:
        def work(transaction: Transaction) -> None:
            for entry in entries:
                if entry.value is None:
                    transaction.execute("DELETE FROM access WHERE kind = ? AND name = ?", (int(entry.kind), entry.name))
                else:
                    transaction.execute(
                        "INSERT OR REPLACE INTO access VALUES (?, ?, ?)", (int(entry.kind), entry.name, entry.value)
                    )

        await self._writer.run(work)
