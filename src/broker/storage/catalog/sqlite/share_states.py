"""What share groups have done with the records of partitions, in SQLite: a row a partition, and one for each change of it.

A change costs what it says, however much is in flight; changes are replaced by one that says it all when whoever makes them asks.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

import orjson

from broker.storage.catalog.share_states import ShareChange, ShareKey, ShareRun, ShareState, check_epochs
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.offset_rows import text_key
from broker.storage.catalog.sqlite.transaction import Transaction

_SAVE: Final = """
INSERT INTO share_states (group_id, topic_id, partition_index, state_epoch, start_offset, leader_epoch)
    SELECT ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM topics WHERE topic_id = ?)
ON CONFLICT (group_id, topic_id, partition_index) DO UPDATE SET
    state_epoch = excluded.state_epoch, start_offset = excluded.start_offset, leader_epoch = excluded.leader_epoch
RETURNING share_id
"""
_CLAIM: Final = """
UPDATE share_states SET state_epoch = state_epoch + 1 WHERE group_id = ? AND topic_id = ? AND partition_index = ?
"""
_ADD_RUNS: Final = "INSERT INTO share_changes (share_id, runs) VALUES (?, ?)"
_DROP_RUNS: Final = "DELETE FROM share_changes WHERE share_id = ?"
_STATE: Final = """
SELECT share_id, topic_id, partition_index, state_epoch, start_offset, leader_epoch FROM share_states WHERE group_id = ?
"""
_EPOCH: Final = "SELECT state_epoch FROM share_states WHERE group_id = ? AND topic_id = ? AND partition_index = ?"
_RUNS: Final = "SELECT runs FROM share_changes WHERE share_id = ? ORDER BY change_id"
_FORGET_RUNS: Final = "DELETE FROM share_changes WHERE share_id IN (SELECT share_id FROM share_states WHERE {})"
_FORGET: Final = "DELETE FROM share_states WHERE {}"


class SqliteShareStates(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.ShareStateCatalog`."""

    async def load_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        def work(connection: sqlite3.Connection) -> dict[ShareKey, ShareState]:
            found: dict[ShareKey, ShareState] = {}
            for group_id, topic_id, index in keys:
                found |= _states(connection, group_id, " AND topic_id = ? AND partition_index = ?", (topic_id, index))
            return found

        return await self._reader.run(work)

    async def claim_share_states(self, keys: Sequence[ShareKey]) -> dict[ShareKey, ShareState]:
        def work(transaction: Transaction) -> None:
            for group_id, topic_id, index in keys:
                transaction.execute(_CLAIM, (text_key(group_id), topic_id, index))

        await self._writer.run(work)
        return await self.load_share_states(keys)

    async def share_states_of(self, group_id: str) -> dict[ShareKey, ShareState]:
        return await self._reader.run(lambda connection: _states(connection, group_id, "", ()))

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        rows = [(change, orjson.dumps([tuple(run) for run in change.runs]).decode() if change.runs else None) for change in changes]

        def work(transaction: Transaction) -> None:
            check_epochs(changes, _epochs(transaction, changes))
            for change, runs in rows:
                group_id, topic_id, index = change.key
                values = (text_key(group_id), topic_id, index, change.state_epoch, change.start_offset, change.leader_epoch, topic_id)
                saved = transaction.execute(_SAVE, values).fetchall()
                if not saved:
                    continue
                ((share_id,),) = saved
                if change.replaces:
                    transaction.execute(_DROP_RUNS, (share_id,))
                if runs is not None:
                    transaction.execute(_ADD_RUNS, (share_id, runs))

        await self._writer.run(work)

    async def delete_share_states(self, group_id: str, topic_ids: Sequence[bytes] | None) -> None:
        def work(transaction: Transaction) -> None:
            if topic_ids is None:
                _forget(transaction, "group_id = ?", (text_key(group_id),))
            else:
                for topic_id in topic_ids:
                    _forget(transaction, "group_id = ? AND topic_id = ?", (text_key(group_id), topic_id))

        await self._writer.run(work)


def forget_share_states_of_topic(transaction: Transaction, topic_id: bytes) -> None:
    """A topic is deleted: so is what groups have done with its records."""
    _forget(transaction, "topic_id = ?", (topic_id,))


def _epochs(transaction: Transaction, changes: Sequence[ShareChange]) -> dict[ShareKey, int]:
    epochs: dict[ShareKey, int] = {}
    for group_id, topic_id, index in {change.key for change in changes}:
        row = transaction.execute(_EPOCH, (text_key(group_id), topic_id, index)).fetchone()
        if row is not None:
            (epochs[group_id, topic_id, index],) = row
    return epochs


def _forget(transaction: Transaction, where: str, values: tuple[object, ...]) -> None:
    transaction.execute(_FORGET_RUNS.format(where), values)
    transaction.execute(_FORGET.format(where), values)


def _states(
    connection: sqlite3.Connection, group_id: str, where: str, values: tuple[object, ...]
) -> dict[ShareKey, ShareState]:
    found: dict[ShareKey, ShareState] = {}
    rows = connection.execute(_STATE + where, (text_key(group_id), *values)).fetchall()
    for share_id, topic_id, index, state_epoch, start_offset, leader_epoch in rows:
        runs: list[ShareRun] = []
        for (text,) in connection.execute(_RUNS, (share_id,)):
            runs += map(tuple, orjson.loads(text))
        found[group_id, bytes(topic_id), index] = ShareState(state_epoch, start_offset, leader_epoch, tuple(runs))
    return found
