"""The PostgreSQL catalog as a whole."""

from typing import Self

from broker.storage.catalog.postgres.address import database_address
from broker.storage.catalog.postgres.connecting import DEFAULT_OPTIONS, ConnectionOptions
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.jobs import PostgresJobs
from broker.storage.catalog.postgres.migrating import check_schema
from broker.storage.catalog.postgres.object_ids import PostgresObjectIds
from broker.storage.catalog.postgres.shards import PostgresShards


class PostgresCatalog(PostgresShards, PostgresJobs, PostgresObjectIds):
    """Implements :class:`broker.storage.catalog.base.Catalog`, shared by every broker that opens the same database. Used from one event loop."""

    @classmethod
    async def open(cls, url: str, options: ConnectionOptions = DEFAULT_OPTIONS) -> Self:
        """Connect to a database that was migrated. Raises SchemaUnusable, StorageUnavailable, and ValueError for a URL that is none."""
        connections = await Connections.open(database_address(url), options, on_connect=check_schema)
        return cls(connections)

    async def aclose(self) -> None:
        await super().aclose()
        await self._connections.aclose()
