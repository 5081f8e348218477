"""The PostgreSQL catalog as a whole."""

from typing import Self

from broker.storage.catalog.postgres.access import PostgresAccess
from broker.storage.catalog.postgres.address import database_address
from broker.storage.catalog.postgres.commits import PostgresCommits
from broker.storage.catalog.postgres.connecting import DEFAULT_OPTIONS, Connection, ConnectionOptions
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.garbage import PostgresGarbage
from broker.storage.catalog.postgres.groups import PostgresGroups
from broker.storage.catalog.postgres.incarnations import Incarnations
from broker.storage.catalog.postgres.jobs import PostgresJobs
from broker.storage.catalog.postgres.logs import PostgresLogs
from broker.storage.catalog.postgres.merging import PostgresMerging
from broker.storage.catalog.postgres.migrating import check_schema
from broker.storage.catalog.postgres.object_ids import PostgresObjectIds
from broker.storage.catalog.postgres.objects import PostgresObjects
from broker.storage.catalog.postgres.shards import PostgresShards
from broker.storage.catalog.postgres.share_states import PostgresShareStates
from broker.storage.catalog.postgres.swapping import PostgresSwapping
from broker.storage.catalog.postgres.transactions import PostgresTransactions


class PostgresCatalog(
    PostgresAccess,
    PostgresCommits,
    PostgresLogs,
    PostgresObjects,
    PostgresSwapping,
    PostgresMerging,
    PostgresGarbage,
    PostgresGroups,
    PostgresTransactions,
    PostgresShareStates,
    PostgresShards,
    PostgresJobs,
    PostgresObjectIds,
):
    """Implements :class:`broker.storage.catalog.base.Catalog`, shared by every broker that opens the same database. Used from one event loop."""

    @classmethod
    async def open(cls, url: str, options: ConnectionOptions = DEFAULT_OPTIONS) -> Self:
        """Connect to a database that was migrated. Raises SchemaUnusable, StorageUnavailable, and ValueError for a URL that is none."""
        incarnations = Incarnations()
        checked = False

        async def look(connection: Connection) -> str:
            nonlocal checked
            if not checked:
                await check_schema(connection)
                checked = True
            return await incarnations.look(connection)

        catalog = cls(await Connections.open(database_address(url), options, on_connect=look))
        catalog._incarnations = incarnations
        await catalog.forget_old_commits()
        return catalog

    @property
    def incarnation(self) -> int:
        """Grows when another server took the database over, which may lack what was acknowledged last."""
        return self._incarnations.number

    async def aclose(self) -> None:
        await super().aclose()
        await self._connections.aclose()
