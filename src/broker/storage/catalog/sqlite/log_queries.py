"""Questions to the database about logs. Each answer leaves SQLite as one JSON text, in a single step: a row at a time would
fight for the interpreter lock once a row."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from broker.model import LogBounds
from broker.storage.catalog import log_rules
from broker.storage.catalog.base import SPANS_PER_ANSWER, ProducerState, Span, SpanAnswer, SpanQuery
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.sqlite.transaction import producer_of_row

_FIRST_SPANS: Final = 64

_LOGS: Final = "SELECT json_group_array(json_array(pid, log_start, high_watermark, last_stable, leader_epoch, bytes, running_timestamp)) FROM logs"

_LOG: Final = "SELECT log_start, high_watermark, last_stable, leader_epoch, bytes, running_timestamp FROM logs WHERE pid = ?"

_FIND: Final = """
SELECT json_group_array(json_array(
    (SELECT json_array(log_start, high_watermark, last_stable, leader_epoch, bytes, running_timestamp)
     FROM logs WHERE pid = asked.value ->> 0),
    (SELECT json_group_array(json_array(
        base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags
    )) FROM (SELECT * FROM spans WHERE pid = asked.value ->> 0 AND last >= asked.value ->> 1 ORDER BY last LIMIT ?2))
)) FROM json_each(?1) AS asked
"""

_FIRST_REACHING: Final = """
WITH RECURSIVE search(low, high) AS (
    SELECT log_start, high_watermark FROM logs WHERE pid = :pid
    UNION ALL
    SELECT iif(running_timestamp >= :timestamp, low, (low + high) / 2 + 1),
           iif(running_timestamp >= :timestamp, (low + high) / 2, high)
    FROM search JOIN spans ON spans.pid = :pid
        AND spans.last = (SELECT min(last) FROM spans WHERE pid = :pid AND last >= (low + high) / 2)
    WHERE low < high
)
SELECT max(low) FROM search
"""
"""Bisection over offsets by the running timestamp, which only grows: the first offset whose span reaches the timestamp."""

_MAX_TIMESTAMP: Final = """
SELECT base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags FROM spans WHERE pid = ? AND last >= ? ORDER BY max_timestamp DESC, last LIMIT 1
"""

_FROM_OFFSET: Final = """
SELECT json_group_array(json_array(base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags)) FROM (SELECT * FROM spans WHERE pid = ? AND last >= ? ORDER BY last LIMIT ?)
"""

_PRODUCERS: Final = """
SELECT json_group_array(json_array(producer_id, epoch, last_sequence, last_timestamp, json(recent), first_open_offset))
FROM (SELECT * FROM producers WHERE pid = ? ORDER BY producer_id)
"""

_KNOWN_PRODUCERS: Final = """
SELECT json_group_array(json_array(pid, producer_id))
FROM json_each(?) AS asked CROSS JOIN producers ON pid = asked.value ->> 0 AND producer_id = asked.value ->> 1
WHERE epoch >= 0
"""


def load_partitions(connection: sqlite3.Connection) -> dict[int, PartitionState]:
    """The state of every log, for the start; transactions are added by :func:`broker.storage.catalog.sqlite.transaction_rows.load`."""
    (text,) = connection.execute(_LOGS).fetchone()
    return {row[0]: _state_of(row[1:]) for row in orjson.loads(text)}


def load_trims(connection: sqlite3.Connection) -> dict[int, int]:
    """What is left to trim from earlier runs."""
    return dict(connection.execute("SELECT pid, below FROM trims").fetchall())


def find_spans(connection: sqlite3.Connection, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
    """One answer a query. Few spans are fetched first, and all that an answer may name when they do not suffice."""
    answers = _find(connection, queries, _FIRST_SPANS)
    short = [
        index for index, (query, answer) in enumerate(zip(queries, answers, strict=True)) if _is_short(query, answer)
    ]
    if short:
        more = _find(connection, [queries[index] for index in short], SPANS_PER_ANSWER)
        for index, answer in zip(short, more, strict=True):
            answers[index] = answer
    return [_cut(query, answer) for query, answer in zip(queries, answers, strict=True)]


def spans_from_timestamp(connection: sqlite3.Connection, pid: int, timestamp: int, limit: int) -> SpanAnswer:
    """As :meth:`LogCatalog.spans_from_timestamp`."""
    bounds = _bounds(connection, pid)
    if bounds is None:
        return SpanAnswer(None, ())
    (offset,) = connection.execute(_FIRST_REACHING, {"pid": pid, "timestamp": timestamp}).fetchone()
    return SpanAnswer(bounds, spans_from(connection, pid, offset, min(limit, SPANS_PER_ANSWER)))


def span_of_max_timestamp(connection: sqlite3.Connection, pid: int) -> SpanAnswer:
    """As :meth:`LogCatalog.span_of_max_timestamp`. Normally the largest timestamp ever is still in the log, and is where the
    running timestamp reached it; when it was deleted, every span is looked at."""
    bounds = _bounds(connection, pid)
    if bounds is None or bounds.high_watermark == bounds.log_start:
        return SpanAnswer(bounds, ())
    largest = spans_from(connection, pid, bounds.high_watermark - 1, 1)[0].running_timestamp
    spans = spans_from_timestamp(connection, pid, largest, 1).spans
    if not spans or spans[0].max_timestamp != largest:
        spans = [Span(*connection.execute(_MAX_TIMESTAMP, (pid, bounds.log_start)).fetchone())]
    return SpanAnswer(bounds, spans)


def retention_offset(
    connection: sqlite3.Connection, pid: int, state: PartitionState, oldest_ms: int | None, max_bytes: int | None
) -> int:
    """As :meth:`LogCatalog.retention_offset`, from ``state``."""
    return log_rules.retention_offset(
        state, _spans_in_pages(connection, pid, state.bounds.log_start), oldest_ms, max_bytes
    )


def producers(connection: sqlite3.Connection, pid: int) -> list[ProducerState]:
    """The producers of a partition by id."""
    (text,) = connection.execute(_PRODUCERS, (pid,)).fetchone()
    return [producer_of_row(row) for row in orjson.loads(text)]


def known_producers(connection: sqlite3.Connection, keys: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the (pid, producer id) that have a row."""
    (text,) = connection.execute(_KNOWN_PRODUCERS, (orjson.dumps(keys).decode(),)).fetchone()
    return {(pid, producer_id) for pid, producer_id in orjson.loads(text)}


def spans_from(connection: sqlite3.Connection, pid: int, offset: int, limit: int) -> list[Span]:
    """Up to ``limit`` spans from the one that holds ``offset`` on."""
    (text,) = connection.execute(_FROM_OFFSET, (pid, offset, limit)).fetchone()
    return [Span(*row) for row in orjson.loads(text)]


def _spans_in_pages(connection: sqlite3.Connection, pid: int, offset: int) -> Iterator[Span]:
    while spans := spans_from(connection, pid, offset, SPANS_PER_ANSWER):
        yield from spans
        offset = spans[-1].last + 1


def _find(connection: sqlite3.Connection, queries: Sequence[SpanQuery], limit: int) -> list[SpanAnswer]:
    asked = orjson.dumps([(query.pid, query.offset) for query in queries]).decode()
    (text,) = connection.execute(_FIND, (asked, limit)).fetchone()
    answers: list[SpanAnswer] = []
    for query, (log, rows) in zip(queries, orjson.loads(text), strict=True):
        if log is None:
            answers.append(SpanAnswer(None, ()))
            continue
        bounds = _state_of(log).bounds
        inside = bounds.log_start <= query.offset < bounds.high_watermark
        answers.append(SpanAnswer(bounds, [Span(*row) for row in rows] if inside else ()))
    return answers


def _is_short(query: SpanQuery, answer: SpanAnswer) -> bool:
    return len(answer.spans) == _FIRST_SPANS and sum(span.length for span in answer.spans) < query.max_bytes


def _cut(query: SpanQuery, answer: SpanAnswer) -> SpanAnswer:
    taken = 0
    for index, span in enumerate(answer.spans):
        taken += span.length
        if taken >= query.max_bytes:
            return SpanAnswer(answer.bounds, answer.spans[: index + 1])
    return answer


def _bounds(connection: sqlite3.Connection, pid: int) -> LogBounds | None:
    row = connection.execute(_LOG, (pid,)).fetchone()
    return None if row is None else _state_of(row).bounds


def _state_of(row: Sequence[Any]) -> PartitionState:
    log_start, high_watermark, last_stable, leader_epoch, size, running_timestamp = row
    return PartitionState(LogBounds(log_start, high_watermark, last_stable, leader_epoch, size), running_timestamp)
