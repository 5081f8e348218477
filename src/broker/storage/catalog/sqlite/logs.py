"""The sequencer and index of every partition in SQLite.

Bounds and the newest spans are answered from memory, older spans from the database. A database snapshot may be a moment
ahead of what is published: such an answer is cut back to the published high watermark, so that no reader sees a record
and then, asking again, does not.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import orjson

from broker.errors import BrokerError
from broker.model import Appended, LogBounds
from broker.storage.catalog import log_rules
from broker.storage.catalog.base import CommitGroup, Dirt, ProducerState, SpanAnswer, SpanQuery, SpanSwap
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.sqlite import log_queries, swapping, trimming
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.transaction import Transaction
from broker.storage.catalog.sqlite.writer import StoreFirst
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.wire.error_codes import ErrorCode

TRIM_AT_ONCE: Final = 500
_EXPIRE_AT_ONCE: Final = 1000

_DEAD_OBJECTS: Final = f"""
SELECT object_id FROM objects
WHERE live = 0 AND (
    object_id >= {WHOLE_OBJECTS} OR object_id < (SELECT max(object_id) FROM objects WHERE object_id < {WHOLE_OBJECTS}))
ORDER BY object_id LIMIT ?
"""  # noqa: S608 - the number is our own
_FORGET_OBJECTS: Final = "DELETE FROM objects WHERE live = 0 AND object_id IN (SELECT value FROM json_each(?))"
_IDLE_PRODUCERS: Final = "SELECT pid, producer_id FROM producers WHERE last_timestamp < ? AND first_open_offset IS NULL"
_EXPIRE: Final = """
DELETE FROM producers WHERE last_timestamp < ? AND first_open_offset IS NULL
    AND (pid, producer_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
RETURNING pid, producer_id
"""
_NEXT_PRODUCER_ID: Final = "next_producer_id"


class SqliteLogs(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.LogCatalog`."""

    async def commit_spans(self, group: CommitGroup) -> list[list[Appended]]:
        return await self._writer.commit_group(group)

    async def store_and_commit(self, request: StoreFirst) -> list[list[Appended]]:
        """:meth:`commit_spans` of a group whose bytes the catalog's own thread stores right before."""
        return await self._writer.store_and_commit(request)

    def leader_epoch(self, pid: int) -> int:
        bounds = self._state.bounds(pid)
        return 0 if bounds is None else bounds.leader_epoch

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return self._state.bounds(pid)

    async def bounds(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        return {pid: bounds for pid in pids if (bounds := self._state.bounds(pid)) is not None}

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return self._state.find_spans(queries)

    async def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        answers = self._state.find_spans(queries)
        if answers is None:
            found = await self._reader.run(lambda connection: log_queries.find_spans(connection, queries))
            answers = [self._published(query.pid, answer) for query, answer in zip(queries, found, strict=True)]
        return answers

    async def spans_from_timestamp(self, pid: int, timestamp: int, limit: int) -> SpanAnswer:
        return await self._ask(
            pid, lambda connection: log_queries.spans_from_timestamp(connection, pid, timestamp, limit)
        )

    async def span_of_max_timestamp(self, pid: int) -> SpanAnswer:
        return await self._ask(pid, lambda connection: log_queries.span_of_max_timestamp(connection, pid))

    async def advance_log_start(self, pid: int, offset: int) -> LogBounds:
        def work(transaction: Transaction) -> LogBounds:
            state = _partition(transaction.changes.partition(pid))
            moved = log_rules.with_log_start(state, offset)
            if moved is not state:
                transaction.set_partition(pid, moved)
                if not trimming.drop_spans(transaction, pid, offset, TRIM_AT_ONCE):
                    trimming.remember(transaction, pid, offset)
            return _partition(transaction.changes.partition(pid)).bounds

        return await self._writer.run(work)

    async def retention_offset(self, pid: int, oldest_ms: int | None, max_bytes: int | None) -> int:
        state = _partition(self._state.partition(pid))
        return await self._reader.run(
            lambda connection: log_queries.retention_offset(connection, pid, state, oldest_ms, max_bytes)
        )

    async def cleaned(self) -> dict[int, int]:
        return await self._reader.run(swapping.load_cleaned)

    async def dirt(self, pid: int, first_dirty: int, upper: int, youngest_ms: int) -> Dirt:
        log_start = _partition(self._state.partition(pid)).bounds.log_start
        return await self._reader.run(
            lambda connection: swapping.dirt(connection, pid, log_start, first_dirty, upper, youngest_ms)
        )

    async def swap_spans(self, swap: SpanSwap) -> bool:
        return await self._writer.run(lambda transaction: swapping.swap(transaction, swap))

    async def take_dead_objects(self, limit: int, grace_ms: int = 0) -> list[int]:
        def work(connection: sqlite3.Connection) -> list[int]:
            return [object_id for (object_id,) in connection.execute(_DEAD_OBJECTS, (limit,)).fetchall()]

        return await self._reader.run(work)

    async def forget_objects(self, object_ids: Sequence[int]) -> None:
        ids = orjson.dumps(list(object_ids)).decode()

        def work(transaction: Transaction) -> None:
            transaction.execute(_FORGET_OBJECTS, (ids,))

        await self._writer.run(work)

    async def producers(self, pid: int) -> list[ProducerState]:
        return await self._reader.run(lambda connection: log_queries.producers(connection, pid))

    async def known_producers(self, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
        return await self._reader.run(lambda connection: log_queries.known_producers(connection, keys))

    async def expire_producers(self, before_ms: int) -> int:
        idle = await self._reader.run(lambda connection: connection.execute(_IDLE_PRODUCERS, (before_ms,)).fetchall())
        expired = 0
        for at in range(0, len(idle), _EXPIRE_AT_ONCE):
            keys = orjson.dumps(idle[at : at + _EXPIRE_AT_ONCE]).decode()

            def work(transaction: Transaction, keys: str = keys) -> int:
                gone = transaction.execute(_EXPIRE, (before_ms, keys)).fetchall()
                for pid, producer_id in gone:
                    if transaction.changes.producer(pid, producer_id) is not None:
                        transaction.changes.producers[pid, producer_id] = None
                return len(gone)

            expired += await self._writer.run(work)
        return expired

    async def allocate_producer_ids(self, count: int) -> int:
        def work(transaction: Transaction) -> int:
            row = transaction.execute("SELECT value FROM meta WHERE key = ?", (_NEXT_PRODUCER_ID,)).fetchone()
            first = 0 if row is None else int(row[0])
            transaction.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_NEXT_PRODUCER_ID, str(first + count)))
            return first

        return await self._writer.run(work)

    async def _ask(self, pid: int, question: Callable[[sqlite3.Connection], SpanAnswer]) -> SpanAnswer:
        return self._published(pid, await self._reader.run(question))

    def _published(self, pid: int, answer: SpanAnswer) -> SpanAnswer:
        now = self._state.bounds(pid)
        if now is None or answer.bounds is None:
            return SpanAnswer(None, ())
        if answer.bounds.high_watermark <= now.high_watermark:
            return answer
        bounds = replace(
            answer.bounds, high_watermark=now.high_watermark, last_stable_offset=now.last_stable_offset, bytes=now.bytes
        )
        return SpanAnswer(bounds, [span for span in answer.spans if span.last < now.high_watermark])


def _partition(state: PartitionState | None) -> PartitionState:
    if state is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return state
