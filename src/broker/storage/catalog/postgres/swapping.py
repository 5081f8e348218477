"""Puts the spans that compaction came to in place of those it read, in PostgreSQL: with everything that hangs on them, in one transaction."""

from collections.abc import Sequence
from typing import Any, Final

from broker.storage.catalog import swap_rules
from broker.storage.catalog.base import Dirt, Span, SpanSwap
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.postgres.base import CatalogPart
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.logs import state_of
from broker.storage.catalog.postgres.span_rows import BOUNDS, SPAN

_OWNS: Final = "SELECT owns_object_v1($1, $2, $3)"
_LOCK: Final = "SELECT pid FROM part WHERE pid = $1 FOR NO KEY UPDATE"
_LOG: Final = f"SELECT {BOUNDS}, running_timestamp FROM part WHERE pid = $1"  # noqa: S608
_PRESENT: Final = f"SELECT {SPAN} FROM span WHERE pid = $1 AND last BETWEEN $2 AND $3 ORDER BY last"  # noqa: S608
_LOCK_OBJECTS: Final = "SELECT object_id FROM object WHERE object_id = ANY ($1) ORDER BY object_id FOR NO KEY UPDATE"
_NAME_OBJECT: Final = """
INSERT INTO object AS own (object_id, size, live, state, deleted_at)
    VALUES ($1, $2, $3::int, CASE WHEN $3::int > 0 THEN 1 ELSE 2 END, CASE WHEN $3::int > 0 THEN NULL ELSE now() END)
ON CONFLICT (object_id) DO UPDATE SET size = greatest(own.size, excluded.size), live = own.live + excluded.live WHERE own.state = 1
RETURNING live
"""
_DELETE: Final = "DELETE FROM span WHERE pid = $1 AND last BETWEEN $2 AND $3"
_INSERT: Final = f"""
INSERT INTO span (pid, {SPAN})
SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[], $9::int[], $10::smallint[])
"""  # noqa: S608
_RESIZE: Final = "UPDATE part SET bytes = $2 WHERE pid = $1"
_DROP_REFERENCES: Final = "SELECT drop_references_v1($1)"
_FORGET: Final = "DELETE FROM aborted WHERE pid = $1 AND last_offset = ANY ($2)"
_CLEANED: Final = (
    "INSERT INTO cleaning VALUES ($1, $2) ON CONFLICT (pid) DO UPDATE SET cleaned_to = excluded.cleaned_to"
)

_ALL_CLEANED: Final = "SELECT pid, cleaned_to FROM cleaning JOIN part USING (pid)"
_DIRT: Final = """
WITH stop AS (
    SELECT coalesce(
        (SELECT last FROM span WHERE pid = $1 AND last >= $2 AND (last >= $3 OR max_timestamp > $4) ORDER BY last LIMIT 1), $3) AS at
), dirty AS (
    SELECT coalesce(sum(length), 0)::bigint AS bytes, max(last) AS last, min(max_timestamp) FILTER (WHERE max_timestamp >= 0) AS oldest
    FROM span, stop WHERE pid = $1 AND last >= $2 AND last < stop.at
)
SELECT (SELECT coalesce(sum(length), 0)::bigint FROM span WHERE span.pid = part.pid AND last >= part.log_start AND last < $2),
    dirty.bytes, dirty.last, dirty.oldest
FROM part, dirty WHERE part.pid = $1
"""


class PostgresSwapping(CatalogPart):
    """Implements what :class:`broker.storage.catalog.base.LogCatalog` says of compaction."""

    async def cleaned(self) -> dict[int, int]:
        return {row[0]: row[1] for row in await self._connections.fetch(_ALL_CLEANED)}

    async def dirt(self, pid: int, first_dirty: int, upper: int, youngest_ms: int) -> Dirt:
        row = await self._connections.fetchrow(_DIRT, pid, first_dirty, upper, youngest_ms)
        if row is None:
            state_of(None)
        clean, dirty, last, oldest_ms = row
        return Dirt(clean, dirty, first_dirty if last is None else last + 1, -1 if oldest_ms is None else oldest_ms)

    async def swap_spans(self, swap: SpanSwap) -> bool:
        async with self._connections.change() as connection:
            await self._stand(connection)
            if not await connection.fetchval(_OWNS, *self._standing(), swap.object_id):
                return False
            return await swap_on(connection, swap)


async def swap_on(connection: Connection, swap: SpanSwap) -> bool:
    """As :meth:`LogCatalog.swap_spans`, within the transaction that ``connection`` is in. False also when the object to swap to was given up."""
    pid = swap.pid
    place = (pid, swap.old[0].base, swap.old[-1].last)
    if await connection.fetchval(_LOCK, pid) is None:
        return False
    state: PartitionState = state_of(await connection.fetchrow(_LOG, pid))
    present = [Span(*row) for row in await connection.fetch(_PRESENT, *place)]
    outcome = swap_rules.swapped(state, present, swap)
    if outcome is None:
        return False
    now, new = outcome
    gone = [span.object_id for span in present if span.object_id >= 0]
    await connection.execute(_LOCK_OBJECTS, [*gone, swap.object_id])
    if await connection.fetchval(_NAME_OBJECT, swap.object_id, swap.object_end, len(new)) is None:
        return False
    await connection.execute(_DELETE, *place)
    if new:
        await connection.execute(_INSERT, pid, *_columns(new))
    await connection.execute(_RESIZE, pid, now.bounds.bytes)
    await connection.execute(_DROP_REFERENCES, gone)
    if swap.forgotten:
        await connection.execute(_FORGET, pid, list(swap.forgotten))
    if swap.cleaned_to is not None:
        await connection.execute(_CLEANED, pid, swap.cleaned_to)
    return True


def _columns(spans: Sequence[Span]) -> list[list[Any]]:
    return [
        [span.base for span in spans],
        [span.last for span in spans],
        [span.object_id for span in spans],
        [span.position for span in spans],
        [span.length for span in spans],
        [span.max_timestamp for span in spans],
        [span.running_timestamp for span in spans],
        [span.batch_count for span in spans],
        [span.flags for span in spans],
    ]
