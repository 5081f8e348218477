"""Commits groups again that the database lost with the power (:mod:`broker.storage.recovery`), before anybody else may write."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.sqlite import log_queries, transaction_rows
from broker.storage.catalog.sqlite.transaction import Transaction

_GROUPS_AT_ONCE: Final = 256


def replay(connection: sqlite3.Connection, groups: Sequence[CommitGroup]) -> None:
    """Bring the database up to date with ``groups``, durably. What was refused then is refused again, for the same reason."""
    if not groups:
        return
    state = LogState(0)
    state.partitions.update(log_queries.load_partitions(connection))
    transaction_rows.load(connection, state)
    for at in range(0, len(groups), _GROUPS_AT_ONCE):
        transaction = Transaction(connection, state)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for group in groups[at : at + _GROUPS_AT_ONCE]:
                transaction.commit_group(group)
            transaction.flush()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        state.publish(transaction.changes)
