"""Swaps of spans in the database; what they do is shown for every catalog in ``test_contract_swap.py``."""

import sqlite3
from dataclasses import replace
from pathlib import Path

from broker.storage.catalog.base import Span, SpanSwap
from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.span_run import SpanRun
from broker.storage.catalog.sqlite import log_queries, schema, swapping, trimming
from broker.storage.catalog.sqlite.transaction import Transaction
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import batch, group
from tests.broker.storage.log_on_disk import check_counts

NEW = WHOLE_OBJECTS + 5


def grown(tmp_path: Path, spans: int) -> tuple[Transaction, sqlite3.Connection, list[Span]]:
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    transaction = Transaction(connection, LogState(None))
    transaction.changes.add_partitions([1, 2])
    for index in range(spans):
        transaction.commit_group(group({1: [batch(2)], 2: [batch(2)]}, object_id=index // 4, position=index % 4 * 200))
    transaction.flush()
    return transaction, connection, log_queries.spans_from(connection, 1, 0, 1000)


def swap_of(old: list[Span]) -> SpanSwap:
    new = replace(old[0], last=old[-1].last, object_id=NEW, position=64, running_timestamp=old[-1].running_timestamp)
    return SpanSwap(pid=1, old=old, new=[new], object_id=NEW, object_end=164)


def test_rows_of_one_partition_change(tmp_path: Path) -> None:
    """Objects are counted by what is left (I4), the other partition's spans stay."""
    transaction, connection, old = grown(tmp_path, 6)
    other = log_queries.spans_from(connection, 2, 0, 1000)
    assert swapping.swap(transaction, swap_of(old[1:5]))
    transaction.flush()

    assert [span.object_id for span in log_queries.spans_from(connection, 1, 0, 9)] == [0, NEW, 1]
    assert log_queries.spans_from(connection, 2, 0, 1000) == other
    assert connection.execute("SELECT object_id, data_end FROM objects WHERE object_id > 9").fetchall() == [(NEW, 164)]
    connection.close()
    check_counts(tmp_path)


def test_a_refused_swap_writes_nothing(tmp_path: Path) -> None:
    """Not even how far the log would be compacted."""
    transaction, connection, old = grown(tmp_path, 4)
    before = connection.total_changes
    changed = [replace(old[0], position=999), *old[1:]]
    assert not swapping.swap(transaction, replace(swap_of(changed), cleaned_to=8, forgotten=[1]))
    assert connection.total_changes == before
    assert transaction.changes.replaced == []


def test_what_is_still_to_be_trimmed_may_be_replaced(tmp_path: Path) -> None:
    """Trimming goes on with what it finds; sizes and counts agree in the end."""
    transaction, connection, old = grown(tmp_path, 8)
    assert not trimming.drop_spans(transaction, 1, 12, 2)
    assert swapping.swap(transaction, swap_of(old[3:7]))
    assert trimming.drop_spans(transaction, 1, 12, 100)
    transaction.flush()

    left = log_queries.spans_from(connection, 1, 0, 9)
    assert [(span.base, span.last) for span in left] == [(6, 13), (14, 15)]
    state = transaction.changes.partition(1)
    assert state is not None
    assert state.bounds.bytes == sum(span.length for span in left)
    connection.close()
    check_counts(tmp_path)


def test_memory_follows(tmp_path: Path) -> None:
    """Swaps and trims of one commit are published in an order that leaves a contiguous run (L3)."""
    transaction, _, old = grown(tmp_path, 8)
    state = LogState(None)
    state.publish(transaction.changes)
    later = Transaction(_, state)
    swapping.swap(later, swap_of(old[2:6]))
    trimming.drop_spans(later, 1, 4, 100)
    later.flush()
    state.publish(later.changes)
    run = state.runs[1]
    assert isinstance(run, SpanRun)
    assert [(span.base, span.last) for span in run] == [(4, 11), (12, 13), (14, 15)]
