"""Spans of deleted data leave the database."""

import sqlite3
from pathlib import Path

from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.sqlite import schema, trimming
from broker.storage.catalog.sqlite.transaction import Transaction
from tests.broker.storage.catalog.groups_of_batches import batch, group


def grown(tmp_path: Path, spans: int) -> tuple[Transaction, sqlite3.Connection]:
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    transaction = Transaction(connection, LogState(None))
    transaction.changes.add_partitions([1, 2])
    for index in range(spans):
        transaction.commit_group(group({1: [batch(2)], 2: [batch(2)]}, object_id=index // 4, position=index % 4 * 200))
    return transaction, connection


def test_a_bounded_number_goes_at_a_time(tmp_path: Path) -> None:
    """Counts of objects and bytes of the log go along (I4)."""
    transaction, connection = grown(tmp_path, 8)

    assert not trimming.drop_spans(transaction, 1, 13, 4)
    state = transaction.changes.partition(1)
    assert state is not None
    assert state.bounds.bytes == 400
    assert transaction.changes.trimmed == {1: 8}
    assert connection.execute("SELECT object_id, live FROM objects").fetchall() == [(0, 4), (1, 8)]
    assert trimming.drop_spans(transaction, 1, 13, 4)
    assert connection.execute("SELECT min(last), count(*) FROM spans WHERE pid = 1").fetchone() == (13, 2)


def test_what_is_remembered_is_forgotten_when_done(tmp_path: Path) -> None:
    """Unless more was asked for meanwhile; of a deleted partition, producers go too."""
    transaction, connection = grown(tmp_path, 1)
    trimming.remember(transaction, 1, 5)
    trimming.remember(transaction, 1, 9)
    trimming.finish(transaction, 1, 5)
    assert connection.execute("SELECT pid, below FROM trims").fetchall() == [(1, 9)]

    connection.execute("INSERT INTO producers VALUES (1, 7, 0, 0, 0, '[]', NULL), (2, 7, 0, 0, 0, '[]', NULL)")
    transaction.changes.partitions[1] = None
    trimming.finish(transaction, 1, 9)
    assert connection.execute("SELECT pid FROM trims").fetchall() == []
    assert connection.execute("SELECT pid FROM producers").fetchall() == [(2,)]


def test_aborted_transactions_go_with_their_markers(tmp_path: Path) -> None:
    """Those of other partitions stay."""
    transaction, connection = grown(tmp_path, 4)
    rows = [(1, 3), (1, 5), (2, 3)]
    for pid, last in rows:
        connection.execute("INSERT INTO aborted_transactions VALUES (?, ?, 0, 7, 0)", (pid, last))
    trimming.drop_spans(transaction, 1, 5, 100)

    left = connection.execute("SELECT pid, last_offset FROM aborted_transactions ORDER BY pid, last_offset").fetchall()
    assert left == [(1, 5), (2, 3)]
