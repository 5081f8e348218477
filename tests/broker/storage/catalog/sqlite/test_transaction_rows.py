"""Transactions in the database come back as they were."""

import sqlite3
from pathlib import Path

from broker.model import CommittedOffset
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.sqlite import log_queries, schema, transaction_rows
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.catalog.transactions import AbortedTransaction, TransactionState, TransactionStatus
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, topic
from tests.broker.storage.catalog.test_contract_transactions import begin, write

STATE = TransactionState(
    transactional_id="t\0é",
    producer_id=7,
    epoch=4,
    timeout_ms=60,
    status=TransactionStatus.ONGOING,
    started_ms=8,
    updated_ms=9,
    partitions=frozenset({1, 2}),
    groups=frozenset({"g\0", '"h"'}),
    last_epoch=3,
    previous_producer_id=6,
)


def opened(tmp_path: Path) -> sqlite3.Connection:
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    return connection


def loaded(connection: sqlite3.Connection) -> LogState:
    state = LogState(None)
    state.partitions.update(log_queries.load_partitions(connection))
    transaction_rows.load(connection, state)
    return state


def test_an_id_comes_back_with_its_offsets(tmp_path: Path) -> None:
    """Whatever characters clients use."""
    connection = opened(tmp_path)
    changes = LogChanges(LogState(None))
    changes.set_transaction(STATE)
    offsets = {("g\0", "orders", 1): CommittedOffset(offset=3, metadata="\0", topic_id=b"i" * 16)}
    changes.pending[STATE.transactional_id] = offsets
    transaction_rows.write(connection, changes)

    state = loaded(connection)
    assert state.transactions() == [STATE]
    assert state.transaction_of_producer(7) == STATE
    assert state.pending_offsets(STATE.transactional_id) == offsets


def test_what_is_forgotten_or_cleared_is_gone(tmp_path: Path) -> None:
    """Offsets that are left after a topic went are all there is."""
    connection = opened(tmp_path)
    changes = LogChanges(LogState(None))
    changes.set_transaction(STATE)
    changes.pending["a"] = {("g", "x", 0): CommittedOffset(offset=1), ("g", "y", 0): CommittedOffset(offset=2)}
    changes.pending["b"] = {("g", "x", 0): CommittedOffset(offset=3)}
    transaction_rows.write(connection, changes)
    later = LogChanges(changes)
    later.forget_transaction(STATE)
    later.pending["a"] = {("g", "y", 0): CommittedOffset(offset=2)}
    later.pending["b"] = {}
    transaction_rows.write(connection, later)

    state = loaded(connection)
    assert state.transactions() == []
    assert state.pending_offsets("a") == {("g", "y", 0): CommittedOffset(offset=2)}
    assert state.pending_offsets("b") == {}


def test_offsets_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    """A long transaction's offsets would be written over and over."""
    connection = opened(tmp_path)
    base = LogState(None)
    base.load_transactions([], {"a": {("g", "x", n): CommittedOffset(offset=n) for n in range(50)}})
    changes = LogChanges(base)
    changes.pending["a"] = {**base.pending_offsets("a"), ("g", "x", 3): CommittedOffset(offset=99)}
    transaction_rows.write(connection, changes)

    rows = connection.execute("SELECT partition_index, offset_value FROM transaction_offsets").fetchall()
    assert rows == [(3, 99)]


def test_the_search_for_aborted_transactions_stops_where_nothing_can_follow(tmp_path: Path) -> None:
    """And finds one that began early and was aborted late."""
    connection = opened(tmp_path)
    changes = LogChanges(LogState(None))
    for producer, first, last, stable in ((1, 3, 10, 1), (2, 5, 12, 1), (3, 1, 15, 16), (4, 20, 21, 22)):
        changes.aborted.append((1, AbortedEntry(AbortedTransaction(producer, first, last), stable)))
    transaction_rows.write(connection, changes)

    def found(first: int, upper: int) -> list[int]:
        return [one.producer_id for one in transaction_rows.aborted(connection, 1, first, upper)]

    assert found(0, 100) == [1, 2, 3, 4]
    assert found(1, 3) == [3]
    assert found(11, 13) == [2, 3]
    assert found(16, 20) == []
    plan = str(
        connection.execute(
            "EXPLAIN QUERY PLAN " + transaction_rows._ABORTED, {"pid": 1, "first": 0, "upper": 9}
        ).fetchall()
    )
    assert "SCAN aborted_transactions" not in plan


async def test_a_restart_finds_every_transaction_where_it_was(tmp_path: Path) -> None:
    """Open ones hold back what is stable, and their producers go on; aborted ones are found in the database."""
    path = tmp_path / "catalog.db"
    catalog = SqliteCatalog.open(path)
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    first = await begin(catalog, pid, transactional_id="a")
    second = await begin(catalog, pid, transactional_id="b")
    await write(appender, pid, *first, 0)
    await catalog.end_transaction("a", *first, False, True, -1, NOW)
    await write(appender, pid, *second, 0)
    await catalog.add_to_transaction("a", first[0], first[1] + 1, [pid], None, NOW)
    await write(appender, pid, first[0], first[1] + 1, 0)
    states = catalog.peek_transactions()
    await catalog.aclose()

    catalog = SqliteCatalog.open(path)
    appender = Appender(catalog, object_id=2)
    assert sorted(catalog.peek_transactions(), key=lambda state: state.transactional_id) == states
    bounds = catalog.peek_bounds(pid)
    assert bounds is not None
    assert (bounds.last_stable_offset, bounds.high_watermark) == (2, 4)
    assert catalog.peek_aborted(pid, 0, 2) is None
    assert catalog.peek_aborted(pid, 2, 4) == []
    assert await catalog.aborted(pid, 0, 2) == [AbortedTransaction(first[0], 0, 1)]
    assert await write(appender, pid, *second, 1) == (0, 4)
    (plain,) = await appender.append(pid, batch())
    assert plain.base_offset == 5
    await catalog.end_transaction("b", *second, True, True, -1, NOW)
    bounds = catalog.peek_bounds(pid)
    assert bounds is not None
    assert bounds.last_stable_offset == 3
    await catalog.aclose()


def test_a_catalog_of_the_first_form_is_brought_up_to_date(tmp_path: Path) -> None:
    """With what it holds."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations()[:1])
    connection.execute("INSERT INTO logs VALUES (1, 0, 5, 5, 0, 500, 7, NULL)")
    schema.migrate(connection, schema.migrations())

    state = loaded(connection)
    assert state.partitions[1].bounds.last_stable_offset == 5
    assert state.transactions() == []
