"""Objects that nothing names any more, and what is left to be dropped of logs, in PostgreSQL.

An object whose last span is dropped is to be deleted from then on (its row says since when), and stays so: nothing is committed to it again. Its row
outlives it by a while as one that says "not there", against a commit of it that comes late.
"""

from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.postgres.base import CatalogPart

_DRAIN_AT_ONCE: Final = 2000
_DRAINS_AT_ONCE: Final = 50

_DEAD: Final = """
SELECT object_id FROM object WHERE state = 2 AND deleted_at <= now() - make_interval(secs => $2) ORDER BY deleted_at, object_id LIMIT $1
"""
_DRAIN: Final = f"SELECT drain_trim_v1($1, $2, {_DRAIN_AT_ONCE})"
_FORGET: Final = """
WITH dead AS (SELECT object_id FROM object WHERE object_id = ANY ($1) AND state = 2 ORDER BY object_id FOR UPDATE),
    inline AS (DELETE FROM inline_object WHERE object_id IN (SELECT object_id FROM dead))
UPDATE object SET state = 9, deleted_at = now() WHERE object_id IN (SELECT object_id FROM dead)
"""
_FORGET_WHOLLY: Final = """
DELETE FROM object WHERE object_id IN (
    SELECT object_id FROM object WHERE state = 9 AND deleted_at < now() - interval '1 hour' ORDER BY deleted_at LIMIT 5000
    FOR UPDATE SKIP LOCKED)
"""


class PostgresObjects(CatalogPart):
    """Implements what :class:`broker.storage.catalog.base.LogCatalog` says of objects."""

    async def take_dead_objects(self, limit: int, grace_ms: int = 0) -> list[int]:
        """Spans that were left to be dropped are dropped first, so many that it does not take long."""
        await self.drain_trims()
        rows = await self._connections.fetch(_DEAD, limit, grace_ms / 1000)
        return [row[0] for row in rows]

    async def forget_objects(self, object_ids: Sequence[int]) -> None:
        await self._connections.change_once(_FORGET, list(object_ids))
        await self._connections.change_once(_FORGET_WHOLLY)

    async def drain_trims(self) -> None:
        """Go on dropping spans of deleted data; a bounded number at a time."""
        for _ in range(_DRAINS_AT_ONCE):
            ((more,),) = await self._connections.change_once(_DRAIN, *self._standing())
            if not more:
                return
