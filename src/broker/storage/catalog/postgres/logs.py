"""The index of every partition in PostgreSQL. Each answer is read from one snapshot that began after it was asked for; nothing comes from memory."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from broker.errors import BrokerError
from broker.model import LogBounds
from broker.storage.catalog import log_rules
from broker.storage.catalog.base import SPANS_PER_ANSWER, Span, SpanAnswer, SpanQuery
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.postgres.base import CatalogPart, fenced
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.span_rows import BOUNDS, FOUND, SPAN, answer_of, bounds_of, is_short
from broker.wire.error_codes import ErrorCode

_TRIM_AT_ONCE: Final = 2000

_BOUNDS: Final = f"SELECT pid, {BOUNDS} FROM part WHERE pid = ANY ($1)"  # noqa: S608
_FIND: Final = f"""
SELECT asked.i, {BOUNDS}, {FOUND}
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS asked (pid, at, max_bytes, i)
JOIN part ON part.pid = asked.pid
LEFT JOIN LATERAL (
    SELECT *, sum(length) OVER (ORDER BY last) - length AS before FROM (
        SELECT {SPAN} FROM span
        WHERE span.pid = asked.pid AND span.last >= asked.at AND asked.at >= part.log_start AND asked.at < part.high_watermark
        ORDER BY span.last LIMIT %d
    ) AS some_of_them
) AS found ON found.before < greatest(asked.max_bytes, 1)
ORDER BY asked.i, found.last
"""  # noqa: S608
_FINDS: Final = {limit: _FIND % limit for limit in (8, 64, SPANS_PER_ANSWER)}
"""By how many spans are looked at for each log. The limits are written out: a plan must not have to guess them."""
_FROM_TIMESTAMP: Final = f"""
SELECT {BOUNDS}, {FOUND} FROM part
LEFT JOIN LATERAL (
    SELECT {SPAN} FROM span
    WHERE span.pid = part.pid AND span.last >= first_reaching_v1(part.pid, $2, part.log_start, part.high_watermark)
        AND span.last < part.high_watermark
    ORDER BY span.last LIMIT $3
) AS found ON true
WHERE part.pid = $1 ORDER BY found.last
"""  # noqa: S608
_OF_MAX_TIMESTAMP: Final = f"""
SELECT {BOUNDS}, {FOUND} FROM part
LEFT JOIN span AS found ON found.pid = part.pid AND found.last = largest_timestamp_v1(part.pid, part.log_start, part.high_watermark)
    AND part.high_watermark > part.log_start
WHERE part.pid = $1
"""  # noqa: S608
_LOG: Final = f"SELECT {BOUNDS}, running_timestamp FROM part WHERE pid = $1"  # noqa: S608
_PAGE: Final = f"SELECT {SPAN} FROM span WHERE pid = $1 AND last >= $2 ORDER BY last LIMIT {SPANS_PER_ANSWER}"  # noqa: S608
_ADVANCE: Final = f"SELECT verdict, {BOUNDS} FROM advance_log_start_v1($1, $2, $3, $4, {_TRIM_AT_ONCE})"  # noqa: S608


class PostgresLogs(CatalogPart):
    """Implements the reading part of :class:`broker.storage.catalog.base.LogCatalog`, and the log's start."""

    def leader_epoch(self, pid: int) -> int:
        return self._incarnations.leader_epochs.get(pid, 0)

    def peek_bounds(self, pid: int) -> LogBounds | None:
        return None

    async def bounds(self, pids: Sequence[int]) -> dict[int, LogBounds]:
        return {row[0]: bounds_of(row[1:]) for row in await self._connections.fetch(_BOUNDS, list(pids))}

    def find_spans_now(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer] | None:
        return None

    async def find_spans(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        """Few spans are looked at first, and more for all, from one snapshot, when they do not suffice somewhere."""
        answers: list[SpanAnswer] = []
        for limit, statement in _FINDS.items():
            answers = await self._find(queries, statement)
            if not any(is_short(query, answer, limit) for query, answer in zip(queries, answers, strict=True)):
                break
        return answers

    async def spans_from_timestamp(self, pid: int, timestamp: int, limit: int) -> SpanAnswer:
        rows = await self._connections.fetch(_FROM_TIMESTAMP, pid, timestamp, min(limit, SPANS_PER_ANSWER))
        return answer_of(rows)

    async def span_of_max_timestamp(self, pid: int) -> SpanAnswer:
        return answer_of(await self._connections.fetch(_OF_MAX_TIMESTAMP, pid))

    async def advance_log_start(self, pid: int, offset: int) -> LogBounds:
        """Moving to the same place twice comes to the same, so it is sent again when its outcome is not known."""
        ((verdict, *bounds),) = await self._connections.change_once(_ADVANCE, *self._standing(), pid, offset)
        if verdict == "fenced" and self.member is not None:
            raise fenced(self.member)
        if verdict == "unknown":
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if verdict == "range":
            raise log_rules.out_of_range(offset, bounds_of(bounds).high_watermark)
        return bounds_of(bounds)

    async def retention_offset(self, pid: int, oldest_ms: int | None, max_bytes: int | None) -> int:
        async with self._connections.read(snapshot=True) as connection:
            state = state_of(await connection.fetchrow(_LOG, pid))
            start = state.bounds.log_start
            offset = start
            while spans := await _page(connection, pid, offset):
                start = log_rules.retention_offset(state, spans, oldest_ms, max_bytes)
                offset = spans[-1].last + 1
                if start < offset:
                    break
                state = log_rules.behind(state, spans)
            return start

    async def _find(self, queries: Sequence[SpanQuery], statement: str) -> list[SpanAnswer]:
        asked = zip(*((query.pid, query.offset, query.max_bytes) for query in queries), strict=True)
        rows = await self._connections.fetch(statement, *map(list, asked)) if queries else ()
        found = {i: [row[1:] for row in own] for i, own in groupby(rows, key=itemgetter(0))}
        return [answer_of(found.get(i, ())) for i in range(1, len(queries) + 1)]


def state_of(row: Sequence[Any] | None) -> PartitionState:
    """A log's state from the columns ``BOUNDS`` and the running timestamp. Raises UNKNOWN_TOPIC_OR_PARTITION when there is no row."""
    if row is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return PartitionState(bounds_of(row[:-1]), row[-1])


async def _page(connection: Connection, pid: int, offset: int) -> list[Span]:
    return [Span(*row) for row in await connection.fetch(_PAGE, pid, offset)]
