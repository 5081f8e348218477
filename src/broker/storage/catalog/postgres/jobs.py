"""Jobs that one broker does for all, in PostgreSQL."""

from typing import Final

from broker.storage.catalog.postgres.base import fenced
from broker.storage.catalog.postgres.membership import PostgresMembership

_CLAIM: Final = "SELECT claim_job_v1($1, $2, $3, $4)"
_RELEASE: Final = """
UPDATE job SET node_id = NULL, epoch = NULL, lease_until = NULL WHERE job = $3 AND token = $4 AND node_id = $1 AND epoch = $2
"""


class PostgresJobs(PostgresMembership):
    """Implements :class:`broker.storage.catalog.cluster.JobCatalog`."""

    async def claim_job(self, job: str, lease_ms: int) -> int | None:
        member = self._registered()
        token = await self._connections.fetchval(_CLAIM, member.node_id, member.epoch, job, lease_ms)
        if token is None:
            raise fenced(member)
        return token or None

    async def release_job(self, job: str, token: int) -> None:
        member = self._registered()
        await self._connections.fetch(_RELEASE, member.node_id, member.epoch, job, token)
