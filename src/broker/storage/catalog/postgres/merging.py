"""Merges in PostgreSQL: which objects there are to be merged, the spans in them, and what comes in place of those."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

import asyncpg

from broker.storage.catalog import swap_rules
from broker.storage.catalog.base import Span
from broker.storage.catalog.life_cycle import MergeCandidate, MergeSwap
from broker.storage.catalog.postgres.base import CatalogPart, fenced
from broker.storage.catalog.postgres.span_rows import SPAN
from broker.storage.objects.base import WHOLE_OBJECTS

_AGE_MS: Final = "(extract(epoch FROM now() - created) * 1000)::bigint"
_FRESH: Final = f"""
SELECT object_id, size, live, {_AGE_MS}, level FROM object
WHERE state = 1 AND level = 0 AND object_id < {WHOLE_OBJECTS} ORDER BY created LIMIT $1
"""  # noqa: S608
_MERGED: Final = f"""
SELECT object_id, size, live, {_AGE_MS}, level FROM object WHERE state = 1 AND level = 1 AND size < $2 ORDER BY size LIMIT $1
"""  # noqa: S608
_SPARSE: Final = f"""
SELECT object_id, size * live / born, live, {_AGE_MS}, level FROM object WHERE state = 1 AND level = 1 AND live * 2 < born LIMIT $1
"""  # noqa: S608
_SPANS: Final = f"""
WITH mine AS MATERIALIZED (SELECT pid, {SPAN} FROM span WHERE object_id = ANY ($1) AND object_id >= 0),
    ranges AS (SELECT pid, min(base) AS first, max(last) AS last FROM mine GROUP BY pid)
SELECT pid, {SPAN} FROM mine
UNION ALL
SELECT ranges.pid, marker.* FROM ranges CROSS JOIN LATERAL (
    SELECT {SPAN} FROM span WHERE span.pid = ranges.pid AND span.last BETWEEN ranges.first - 8 AND ranges.last + 8 AND span.object_id < 0
) AS marker
ORDER BY pid, last
"""  # noqa: S608
_MERGE: Final = f"SELECT verdict, runs FROM merge_spans_v1({', '.join(f'${number}' for number in range(1, 27))})"  # noqa: S608
_OLD: Final = tuple(
    map(
        attrgetter,
        ("base", "last", "object_id", "position", "length", "max_timestamp", "running_timestamp", "batch_count", "flags"),
    )
)
_NEW: Final = (*_OLD[:2], *_OLD[3:])
"""The columns of spans that are sent."""


class PostgresMerging(CatalogPart):
    """Implements the part of :class:`broker.storage.catalog.life_cycle.LifeCycleCatalog` that is about merging."""

    async def merge_candidates(self, level: int, limit: int, below: int) -> list[MergeCandidate]:
        if level == 0:
            rows = await self._connections.fetch(_FRESH, limit)
        else:
            rows = await self._connections.fetch(_MERGED, limit, below)
        return sorted((MergeCandidate(*row) for row in rows), key=lambda each: (-each.age_ms, each.object_id))

    async def sparse_objects(self, limit: int) -> list[MergeCandidate]:
        return [MergeCandidate(*row) for row in await self._connections.fetch(_SPARSE, limit)]

    async def spans_of_objects(self, object_ids: Sequence[int]) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        for pid, *row in await self._connections.fetch(_SPANS, list(object_ids)):
            found.setdefault(pid, []).append(Span(*row))
        return found

    async def swap_many(self, merge: MergeSwap) -> list[bool]:
        for swap in merge.swaps:
            swap_rules.check(swap.old, swap.new)
        try:
            async with self._connections.change() as connection:
                verdict, runs = await connection.fetchrow(_MERGE, *self._standing(), *_arguments(merge))
        except asyncpg.UniqueViolationError:
            return [False] * len(merge.swaps)  # the object was named before, or was given up
        if verdict == "fenced" and self.member is not None:
            raise fenced(self.member)
        done = set(runs)
        return [number in done for number in range(1, len(merge.swaps) + 1)]


def _arguments(merge: MergeSwap) -> list[Any]:
    old = [(run, span) for run, swap in enumerate(merge.swaps, 1) for span in swap.old]
    new = [(run, span) for run, swap in enumerate(merge.swaps, 1) for span in swap.new]
    return [
        *(merge.object_id, merge.object_end, merge.level, merge.is_named, [swap.pid for swap in merge.swaps]),
        *([run for run, _ in old], *([of(span) for _, span in old] for of in _OLD)),
        *([run for run, _ in new], *([of(span) for _, span in new] for of in _NEW)),
    ]
