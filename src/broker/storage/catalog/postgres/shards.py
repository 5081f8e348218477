"""Who coordinates which shard, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.postgres.base import fenced
from broker.storage.catalog.postgres.membership import PostgresMembership

_CLAIM: Final = "SELECT shard, token FROM claim_shards_v1($1, $2, $3)"
_RELEASE: Final = "UPDATE shard SET node_id = NULL, epoch = NULL WHERE shard = ANY ($3::smallint[]) AND node_id = $1 AND epoch = $2"


class PostgresShards(PostgresMembership):
    """Implements :class:`broker.storage.catalog.cluster.ShardCatalog`."""

    async def claim_shards(self, shards: Sequence[int]) -> dict[int, int]:
        member = self._registered()
        connections = await self._for_leases()
        claimed = dict(await connections.fetch(_CLAIM, member.node_id, member.epoch, list(shards)))
        if None in claimed:
            raise fenced(member)
        self.shard_tokens.update(claimed)
        return claimed

    async def release_shards(self, shards: Sequence[int]) -> None:
        member = self._registered()
        for shard in shards:
            self.shard_tokens.pop(shard, None)
        connections = await self._for_leases()
        await connections.fetch(_RELEASE, member.node_id, member.epoch, list(shards))
