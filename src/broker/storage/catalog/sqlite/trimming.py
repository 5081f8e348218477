"""Takes the spans of deleted data out of the database, a bounded number at a time, and lowers the objects' counts with them (I4). Markers
name no object, and the transactions they aborted leave the index with them."""

from typing import Final

from broker.storage.catalog import log_rules
from broker.storage.catalog.sqlite.transaction import Transaction

EVERYTHING: Final = 2**62

_OLDEST: Final = """
SELECT count(*), coalesce(sum(length), 0), max(last)
FROM (SELECT last, length FROM spans WHERE pid = ? AND last < ? ORDER BY last LIMIT ?)
"""
_LOWER_COUNTS: Final = """
UPDATE objects SET live = live - gone.spans
FROM (SELECT object_id AS id, count(*) AS spans FROM spans WHERE pid = ? AND last <= ? GROUP BY object_id) AS gone
WHERE object_id = gone.id
"""


def drop_spans(transaction: Transaction, pid: int, below: int, limit: int) -> bool:
    """Drop up to ``limit`` spans of ``pid`` that end before offset ``below``; whether that was the last of them."""
    count, length, last = transaction.execute(_OLDEST, (pid, below, limit)).fetchone()
    if count:
        transaction.execute(_LOWER_COUNTS, (pid, last))
        transaction.execute("DELETE FROM spans WHERE pid = ? AND last <= ?", (pid, last))
        # Each marker is a span, so these are no more than those.
        transaction.execute("DELETE FROM aborted_transactions WHERE pid = ? AND last_offset <= ?", (pid, last))
        state = transaction.changes.partition(pid)
        if state is not None:
            transaction.set_partition(pid, log_rules.without_bytes(state, length))
            transaction.changes.trimmed[pid] = last + 1
    return bool(count < limit)


def remember(transaction: Transaction, pid: int, below: int) -> None:
    """Leave the rest to be dropped later, also after a restart."""
    transaction.execute(
        "INSERT INTO trims VALUES (?, ?) ON CONFLICT (pid) DO UPDATE SET below = max(below, excluded.below)",
        (pid, below),
    )
    transaction.trims[pid] = below


def finish(transaction: Transaction, pid: int, below: int) -> None:
    """Nothing is left to drop below ``below``; of a deleted partition, producers go too."""
    transaction.execute("DELETE FROM trims WHERE pid = ? AND below <= ?", (pid, below))
    if transaction.changes.partition(pid) is None:
        transaction.execute("DELETE FROM producers WHERE pid = ?", (pid,))
        transaction.execute("DELETE FROM cleanings WHERE pid = ?", (pid,))
