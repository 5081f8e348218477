"""The SQLite catalog as a whole."""

import sqlite3
from pathlib import Path
from typing import Final

from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.sqlite import log_queries, schema, transaction_rows
from broker.storage.catalog.sqlite.access import SqliteAccess
from broker.storage.catalog.sqlite.configs import SqliteConfigs
from broker.storage.catalog.sqlite.groups import SqliteGroups
from broker.storage.catalog.sqlite.life_cycle import SqliteLifeCycle
from broker.storage.catalog.sqlite.logs import SqliteLogs
from broker.storage.catalog.sqlite.reader import CatalogReader
from broker.storage.catalog.sqlite.share_states import SqliteShareStates
from broker.storage.catalog.sqlite.topics import SqliteTopics
from broker.storage.catalog.sqlite.transactions import SqliteTransactions
from broker.storage.catalog.sqlite.writer import CatalogWriter

TAIL_SPANS: Final = 65_536


class SqliteCatalog(
    SqliteTopics, SqliteConfigs, SqliteAccess, SqliteLogs, SqliteLifeCycle, SqliteGroups, SqliteTransactions, SqliteShareStates
):
    """Implements :class:`broker.storage.catalog.base.Catalog` in one file. Used from one event loop."""

    @classmethod
    def open(cls, path: Path, tail_spans: int = TAIL_SPANS) -> "SqliteCatalog":
        """Open the file, bring its tables up to date, and read the state of every log. Raises CatalogUnusable."""
        connection = schema.open_for_writing(path)
        try:
            schema.migrate(connection, schema.migrations())
            return cls.over(connection, path, tail_spans)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def over(
        cls, connection: sqlite3.Connection, path: Path, tail_spans: int = TAIL_SPANS, *, recoverable: bool = False
    ) -> "SqliteCatalog":
        """A catalog that takes ownership of an open, up to date ``connection`` for writing. ``recoverable``: commit groups that
        it loses with the power are given to it again at the next start, so they need no flush."""
        state = LogState(tail_spans)
        state.partitions.update(log_queries.load_partitions(connection))
        transaction_rows.load(connection, state)
        reader = CatalogReader(path)
        writer = CatalogWriter(connection, path, state, log_queries.load_trims(connection), recoverable)
        return cls(writer, reader, state)

    async def aclose(self) -> None:
        await self._reader.aclose()
        await self._writer.aclose()
