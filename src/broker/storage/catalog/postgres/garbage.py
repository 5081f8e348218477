"""Retention of many logs at once, what nobody names any more, and rows of the past, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.life_cycle import SPANS_AT_ONCE, RetentionLimit, Sorted
from broker.storage.catalog.postgres.base import CatalogPart

_RETENTION: Final = f"SELECT pid, start FROM retention_v2($1, $2, $3, {SPANS_AT_ONCE - 1})"  # noqa: S608
"""One fewer than are dropped at once: then nothing is left to be dropped, and it can be asked again."""
_DRAIN: Final = "SELECT drain_trim_v1($1, $2, $3)"
_SORT: Final = "SELECT object_id, fate FROM sort_unnamed_v1($1) WHERE fate IN ('orphan', 'foreign')"
_CONDEMN: Final = "SELECT condemn_v1($1)"
_FORGET: Final = "SELECT forget_settled_v2($1)"
_CLOCK: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class PostgresGarbage(CatalogPart):
    """Implements the rest of :class:`broker.storage.catalog.life_cycle.LifeCycleCatalog`."""

    async def retention_offsets(self, limits: Sequence[RetentionLimit]) -> dict[int, int]:
        asked = [limit.pid for limit in limits], [limit.oldest_ms for limit in limits], [limit.max_bytes for limit in limits]
        return {row[0]: row[1] for row in await self._connections.fetch(_RETENTION, *asked)}

    async def drain(self, limit: int) -> bool:
        ((more,),) = await self._connections.change_once(_DRAIN, *self._standing(), limit)
        return bool(more)

    async def sort_unnamed(self, object_ids: Sequence[int]) -> Sorted:
        rows = await self._connections.fetch(_SORT, list(object_ids))
        return Sorted(
            [object_id for object_id, fate in rows if fate == "orphan"],
            [object_id for object_id, fate in rows if fate == "foreign"],
        )

    async def condemn(self, object_ids: Sequence[int]) -> list[int]:
        return [row[0] for row in await self._connections.change_once(_CONDEMN, list(object_ids))]

    async def forget_settled(self, limit: int) -> int:
        ((count,),) = await self._connections.change_once(_FORGET, limit)
        return int(count)

    async def clock_ms(self) -> int | None:
        return int(await self._connections.fetchval(_CLOCK))
