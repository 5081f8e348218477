"""Puts the spans that compaction came to in place of those it read, with everything that hangs on them, in one transaction."""

import sqlite3
from typing import Final

import orjson

from broker.storage.catalog import swap_rules
from broker.storage.catalog.base import Dirt, Span, SpanSwap
from broker.storage.catalog.log_state import Replaced
from broker.storage.catalog.sqlite.transaction import Transaction

_PRESENT: Final = """
SELECT json_group_array(json_array(base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags))
FROM (SELECT * FROM spans WHERE pid = ? AND last BETWEEN ? AND ? ORDER BY last)
"""
_LOWER_COUNTS: Final = """
UPDATE objects SET live = live - gone.spans
FROM (SELECT object_id AS id, count(*) AS spans FROM spans WHERE pid = ? AND last BETWEEN ? AND ? GROUP BY object_id) AS gone
WHERE object_id = gone.id
"""
_DELETE: Final = "DELETE FROM spans WHERE pid = ? AND last BETWEEN ? AND ?"
_FORGET: Final = "DELETE FROM aborted_transactions WHERE pid = ? AND last_offset IN (SELECT value FROM json_each(?))"
_IS_FINAL: Final = "UPDATE objects SET level = 2 WHERE object_id = ?"
_CLEANED: Final = "INSERT OR REPLACE INTO cleanings VALUES (?, ?)"

_CLEAN_BYTES: Final = "SELECT coalesce(sum(length), 0) FROM spans WHERE pid = ? AND last >= ? AND last < ?"
_FIRST_KEPT_BACK: Final = """
SELECT last FROM spans WHERE pid = ?1 AND last >= ?2 AND (last >= ?3 OR max_timestamp > ?4) ORDER BY last LIMIT 1
"""
_DIRTY: Final = """
SELECT coalesce(sum(length), 0), max(last), min(iif(max_timestamp >= 0, max_timestamp, NULL))
FROM spans WHERE pid = ? AND last >= ? AND last < ?
"""


def swap(transaction: Transaction, wanted: SpanSwap) -> bool:
    """As :meth:`LogCatalog.swap_spans`."""
    pid = wanted.pid
    state = transaction.changes.partition(pid)
    if state is None:
        return False
    place = (pid, wanted.old[0].base, wanted.old[-1].last)
    outcome = swap_rules.swapped(state, present(transaction, place), wanted)
    if outcome is None:
        return False
    now, new = outcome
    drop(transaction, place)
    transaction.add_object(pid, new, wanted.object_id, wanted.object_end)
    transaction.set_partition(pid, now)
    transaction.execute(_IS_FINAL, (wanted.object_id,))
    if wanted.forgotten:
        transaction.execute(_FORGET, (pid, orjson.dumps(list(wanted.forgotten)).decode()))
    if wanted.cleaned_to is not None:
        transaction.execute(_CLEANED, (pid, wanted.cleaned_to))
    transaction.changes.replaced.append(Replaced(*place, new, frozenset(wanted.forgotten)))
    return True


def present(transaction: Transaction, place: tuple[int, int, int]) -> list[Span]:
    """The spans of a log (its pid) that end from one offset to another."""
    (text,) = transaction.execute(_PRESENT, place).fetchone()
    return [Span(*row) for row in orjson.loads(text)]


def drop(transaction: Transaction, place: tuple[int, int, int]) -> None:
    """Take those spans out, and lower the counts of their objects (I4)."""
    transaction.execute(_LOWER_COUNTS, place)
    transaction.execute(_DELETE, place)


def load_cleaned(connection: sqlite3.Connection) -> dict[int, int]:
    """As :meth:`LogCatalog.cleaned`."""
    return dict(connection.execute("SELECT pid, cleaned_to FROM cleanings").fetchall())


def dirt(
    connection: sqlite3.Connection, pid: int, log_start: int, first_dirty: int, upper: int, youngest_ms: int
) -> Dirt:
    """As :func:`broker.storage.catalog.swap_rules.dirt`, without a span leaving the database."""
    (clean,) = connection.execute(_CLEAN_BYTES, (pid, log_start, first_dirty)).fetchone()
    kept_back = connection.execute(_FIRST_KEPT_BACK, (pid, first_dirty, upper, youngest_ms)).fetchone()
    stop = upper if kept_back is None else kept_back[0]
    dirty, last, oldest_ms = connection.execute(_DIRTY, (pid, first_dirty, stop)).fetchone()
    return Dirt(clean, dirty, first_dirty if last is None else last + 1, -1 if oldest_ms is None else oldest_ms)
