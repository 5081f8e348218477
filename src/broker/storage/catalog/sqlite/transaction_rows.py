"""Transactions as rows of the database: writing what a commit changes of them, and reading all of it at the start."""

import sqlite3
from dataclasses import replace
from typing import Any, Final

import orjson

from broker.model import CommittedOffset
from broker.storage.catalog.aborted_run import AbortedRun
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.sqlite.offset_rows import json_text, offset_of_row, offset_row, text_key
from broker.storage.catalog.transactions import (
    AbortedTransaction,
    OffsetKey,
    PendingOffsets,
    TransactionState,
    TransactionStatus,
)

_PUT: Final = """
INSERT OR REPLACE INTO transactions
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value -> 7, value -> 8,
           value ->> 9, value ->> 10
    FROM json_each(?)
"""
_FORGET: Final = "DELETE FROM transactions WHERE transactional_id IN (SELECT value FROM json_each(?))"
_CLEAR_OFFSETS: Final = "DELETE FROM transaction_offsets WHERE transactional_id IN (SELECT value FROM json_each(?))"
_PUT_OFFSETS: Final = """
INSERT OR REPLACE INTO transaction_offsets
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
           value ->> 9
    FROM json_each(?)
"""
_PUT_ABORTED: Final = """
INSERT INTO aborted_transactions
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)
"""
_ALL: Final = """
SELECT transactional_id, producer_id, epoch, timeout_ms, status, started_ms, updated_ms, pids, group_ids, last_epoch,
       previous_producer_id
FROM transactions
"""
_ALL_OFFSETS: Final = """
SELECT transactional_id, group_id, topic, partition_index, offset_value, leader_epoch, metadata, commit_ms, expire_ms, topic_id
FROM transaction_offsets
"""
_OPEN: Final = """
SELECT own.pid, own.first_offset, own.producer_id FROM (
    SELECT producers.pid AS pid, producers.first_open_offset AS first_offset, producers.producer_id AS producer_id
    FROM transactions, json_each(transactions.pids) AS added JOIN producers
        ON producers.pid = added.value AND producers.producer_id = transactions.producer_id
    WHERE transactions.status = 1 AND producers.first_open_offset IS NOT NULL
) AS own ORDER BY own.pid, own.first_offset
"""
_ABORTED_ENDS: Final = """
SELECT pid, last_offset FROM (
    SELECT pid, (SELECT max(last_offset) FROM aborted_transactions AS own WHERE own.pid = logs.pid) AS last_offset FROM logs
) WHERE last_offset IS NOT NULL
"""
_ABORTED: Final = """
SELECT json_group_array(json_array(producer_id, first_offset, last_offset)) FROM (
    SELECT producer_id, first_offset, last_offset FROM aborted_transactions
    WHERE pid = :pid AND last_offset >= :first AND first_offset < :upper AND last_offset <= coalesce(
        (SELECT last_offset FROM aborted_transactions WHERE pid = :pid AND stable_behind >= :upper
         ORDER BY stable_behind, last_offset LIMIT 1), 9223372036854775807)
    ORDER BY last_offset
)
"""


def write(connection: sqlite3.Connection, changes: LogChanges) -> None:
    """Make the tables of transactions what ``changes`` says."""
    if changes.transactions:
        put = [_row(state) for state in changes.transactions.values() if state is not None]
        gone = [text_key(key) for key, state in changes.transactions.items() if state is None]
        connection.execute(_PUT, (json_text(put),))
        if gone:
            connection.execute(_FORGET, (json_text(gone),))
    if changes.pending:
        _write_pending(connection, changes)
    if changes.aborted:
        rows = [
            (
                pid,
                entry.transaction.last_offset,
                entry.transaction.first_offset,
                entry.transaction.producer_id,
                entry.stable_behind,
            )
            for pid, entry in changes.aborted
        ]
        connection.execute(_PUT_ABORTED, (json_text(rows),))


def load(connection: sqlite3.Connection, state: LogState) -> None:
    """Read every transaction into ``state``, whose partitions are there; of aborted ones, only where memory has to begin."""
    pending: dict[str, dict[OffsetKey, CommittedOffset]] = {}
    for row in connection.execute(_ALL_OFFSETS).fetchall():
        key, offset = offset_of_row(row[1:])
        pending.setdefault(orjson.loads(row[0]), {})[key] = offset
    state.load_transactions((_state_of(row) for row in connection.execute(_ALL).fetchall()), pending)
    for pid, first_offset, producer_id in connection.execute(_OPEN).fetchall():
        partition = state.partitions.get(pid)
        if partition is not None:
            opened = (*partition.open_transactions, (first_offset, producer_id))
            state.partitions[pid] = replace(partition, open_transactions=opened)
    for pid, last_offset in connection.execute(_ABORTED_ENDS).fetchall():
        state.aborted_runs[pid] = AbortedRun(last_offset + 1)


def aborted(connection: sqlite3.Connection, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
    """As :meth:`TransactionCatalog.aborted`."""
    (text,) = connection.execute(_ABORTED, {"pid": pid, "first": first_offset, "upper": upper_offset}).fetchone()
    return [AbortedTransaction(*row) for row in orjson.loads(text)]


def _write_pending(connection: sqlite3.Connection, changes: LogChanges) -> None:
    """Offsets are only ever added to, or all of them go; the end of a topic leaves some."""
    cleared, rows = [], []
    for transactional_id, offsets in changes.pending.items():
        before = changes.base.pending_offsets(transactional_id)
        added: PendingOffsets = offsets
        if before.keys() <= offsets.keys():
            added = {key: offset for key, offset in offsets.items() if before.get(key) != offset}
        else:
            cleared.append(text_key(transactional_id))
        rows += [(text_key(transactional_id), *offset_row(key, offset)) for key, offset in added.items()]
    if cleared:
        connection.execute(_CLEAR_OFFSETS, (json_text(cleared),))
    if rows:
        connection.execute(_PUT_OFFSETS, (json_text(rows),))


def _row(state: TransactionState) -> tuple[object, ...]:
    return (
        text_key(state.transactional_id),
        state.producer_id,
        state.epoch,
        state.timeout_ms,
        int(state.status),
        state.started_ms,
        state.updated_ms,
        sorted(state.partitions),
        sorted(map(text_key, state.groups)),
        state.last_epoch,
        state.previous_producer_id,
    )


def _state_of(row: tuple[Any, ...]) -> TransactionState:
    (
        transactional_id,
        producer_id,
        epoch,
        timeout_ms,
        status,
        started_ms,
        updated_ms,
        pids,
        group_ids,
        last_epoch,
        previous_producer_id,
    ) = row
    return TransactionState(
        transactional_id=orjson.loads(transactional_id),
        producer_id=producer_id,
        epoch=epoch,
        timeout_ms=timeout_ms,
        status=TransactionStatus(status),
        started_ms=started_ms,
        updated_ms=updated_ms,
        partitions=frozenset(orjson.loads(pids)),
        groups=frozenset(map(orjson.loads, orjson.loads(group_ids))),
        last_epoch=last_epoch,
        previous_producer_id=previous_producer_id,
    )
