"""Ids for objects, in PostgreSQL: ranges are given away for good, and to whom is kept, so that what a fenced broker left in the store is known as its."""

from typing import Final

from broker.storage.catalog.postgres.base import fenced
from broker.storage.catalog.postgres.membership import PostgresMembership

_LEASE: Final = "SELECT lease_object_ids_v1($1, $2, $3)"


class PostgresObjectIds(PostgresMembership):
    """Implements :class:`broker.storage.catalog.cluster.ObjectIds`."""

    async def lease_object_ids(self, count: int) -> int:
        member = self._registered()
        first = await self._connections.fetchval(_LEASE, member.node_id, member.epoch, count)
        if first is None:
            raise fenced(member)
        return int(first)
