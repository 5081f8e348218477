"""What becomes of data after it was written: space that comes back, retention of many logs at once."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import orjson

from broker.storage.catalog import log_rules, swap_rules
from broker.storage.catalog.base import Span
from broker.storage.catalog.life_cycle import (
    FINAL_LEVEL,
    LogSwap,
    MergeCandidate,
    MergeSwap,
    RetentionLimit,
    Sorted,
)
from broker.storage.catalog.log_state import Replaced
from broker.storage.catalog.span_times import is_older
from broker.storage.catalog.sqlite import log_queries, swapping
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.logs import TRIM_AT_ONCE
from broker.storage.catalog.sqlite.transaction import Transaction
from broker.storage.objects.base import WHOLE_OBJECTS

_SPARSE: Final = f"""
SELECT object_id, living, live, level FROM objects JOIN (
    SELECT object_id AS id, sum(length) AS living FROM spans WHERE object_id >= 0 GROUP BY object_id) ON id = object_id
WHERE live > 0 AND level < {FINAL_LEVEL} AND living * 2 < data_end AND (
    object_id >= {WHOLE_OBJECTS} OR object_id < (SELECT max(object_id) FROM objects WHERE object_id < {WHOLE_OBJECTS}))
ORDER BY object_id LIMIT ?
"""  # noqa: S608 - the numbers are our own
_SPANS_OF_OBJECTS: Final = """
WITH wanted AS MATERIALIZED (SELECT value AS id FROM json_each(?1)),
    mine AS MATERIALIZED (SELECT * FROM spans WHERE object_id IN (SELECT id FROM wanted)),
    ranges AS (SELECT pid, min(base) AS first, max(last) AS last FROM mine GROUP BY pid)
SELECT json_group_array(
    json_array(pid, base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags))
FROM (
    SELECT * FROM mine UNION ALL
    SELECT spans.* FROM ranges CROSS JOIN spans ON spans.pid = ranges.pid
        AND spans.last BETWEEN ranges.first - 8 AND ranges.last + 8 AND spans.object_id < 0
    ORDER BY 1, 2)
"""
_OBJECT: Final = "SELECT live FROM objects WHERE object_id = ?"
_NEW_OBJECT: Final = "INSERT INTO objects (object_id, live, data_end, level) VALUES (?, ?, ?, ?)"
_NAMED_AGAIN: Final = "UPDATE objects SET live = live + ? WHERE object_id = ?"
_FIRST: Final = """
SELECT json_group_array(json_array(pid, max_timestamp, length)) FROM (
    SELECT asked.value ->> 0 AS pid, first.max_timestamp, first.length
    FROM json_each(?) AS asked CROSS JOIN spans AS first ON first.pid = asked.value ->> 0
    WHERE first.last = (SELECT min(last) FROM spans WHERE spans.pid = asked.value ->> 0 AND last >= asked.value ->> 1))
"""


class SqliteLifeCycle(CatalogPart):
    """Implements :class:`broker.storage.catalog.life_cycle.LifeCycleCatalog`. Segments hold many flushes, so they are rewritten only for the space
    of what was deleted in them; files that nobody knows are removed at the start."""

    async def merge_candidates(self, level: int, limit: int, below: int) -> list[MergeCandidate]:
        return []

    async def sparse_objects(self, limit: int) -> list[MergeCandidate]:
        def work(connection: sqlite3.Connection) -> list[MergeCandidate]:
            rows = connection.execute(_SPARSE, (limit,)).fetchall()
            return [MergeCandidate(object_id, living, spans, 0, level) for object_id, living, spans, level in rows]

        return await self._reader.run(work)

    async def spans_of_objects(self, object_ids: Sequence[int]) -> dict[int, list[Span]]:
        ids = orjson.dumps(list(object_ids)).decode()

        def work(connection: sqlite3.Connection) -> dict[int, list[Span]]:
            found: dict[int, list[Span]] = {}
            (text,) = connection.execute(_SPANS_OF_OBJECTS, (ids,)).fetchone()
            for pid, *row in orjson.loads(text):
                found.setdefault(pid, []).append(Span(*row))
            return found

        return await self._reader.run(work)

    async def swap_many(self, merge: MergeSwap) -> list[bool]:
        return await self._writer.run(lambda transaction: _swap_many(transaction, merge))

    async def retention_offsets(self, limits: Sequence[RetentionLimit]) -> dict[int, int]:
        states = {limit.pid: state for limit in limits if (state := self._state.partition(limit.pid)) is not None}
        asked = orjson.dumps([(pid, state.bounds.log_start) for pid, state in states.items()]).decode()

        def work(connection: sqlite3.Connection) -> dict[int, int]:
            offsets: dict[int, int] = {}
            (text,) = connection.execute(_FIRST, (asked,)).fetchone()
            trimmed = {pid for (pid,) in connection.execute("SELECT pid FROM trims")}
            first = {pid: (stamp, length) for pid, stamp, length in orjson.loads(text)}
            for limit in limits:
                if limit.pid not in first:
                    continue
                stamp, length = first[limit.pid]
                state = states[limit.pid]
                # A log of which spans are left to be dropped has a size that is not to be trusted.
                max_bytes = None if limit.pid in trimmed else limit.max_bytes
                too_old = limit.oldest_ms is not None and is_older(stamp, limit.oldest_ms)
                if too_old or (max_bytes is not None and state.bounds.bytes - length >= max_bytes):
                    spans = log_queries.spans_from(connection, limit.pid, state.bounds.log_start, TRIM_AT_ONCE - 1)
                    offsets[limit.pid] = log_rules.retention_offset(state, spans, limit.oldest_ms, max_bytes)
            return offsets

        return await self._reader.run(work)

    async def drain(self, limit: int) -> bool:
        """The writer does it, when it has a moment."""
        return False

    async def sort_unnamed(self, object_ids: Sequence[int]) -> Sorted:
        """What nobody knows was removed at the start, and what came since has an owner."""
        return Sorted((), ())

    async def condemn(self, object_ids: Sequence[int]) -> list[int]:
        """Nobody else would commit them."""
        return list(object_ids)

    async def forget_settled(self, limit: int) -> int:
        return 0

    async def clock_ms(self) -> int | None:
        return None


def _swap_many(transaction: Transaction, merge: MergeSwap) -> list[bool]:
    found = transaction.execute(_OBJECT, (merge.object_id,)).fetchone()
    if merge.is_named != (found is not None) or (found is not None and not found[0]):
        return [False] * len(merge.swaps)
    done = [_swap(transaction, swap) for swap in merge.swaps]
    named = sum(count for count in done if count is not None)
    if merge.is_named:
        transaction.execute(_NAMED_AGAIN, (named, merge.object_id))
    elif any(count is not None for count in done):
        transaction.execute(_NEW_OBJECT, (merge.object_id, named, merge.object_end, merge.level))
    return [count is not None for count in done]


def _swap(transaction: Transaction, swap: LogSwap) -> int | None:
    """How many spans took the place of the old ones; None when the old ones are not there."""
    state = transaction.changes.partition(swap.pid)
    if state is None:
        return None
    place = (swap.pid, swap.old[0].base, swap.old[-1].last)
    outcome = swap_rules.exchanged(state, swapping.present(transaction, place), swap.old, swap.new)
    if outcome is None:
        return None
    now, new = outcome
    swapping.drop(transaction, place)
    transaction.add_spans(swap.pid, new)
    transaction.set_partition(swap.pid, now)
    transaction.changes.replaced.append(Replaced(*place, new, frozenset()))
    return len(new)
