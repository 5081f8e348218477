"""What is gathered for one commit."""

from pathlib import Path

from broker.model import CommittedOffset
from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.transaction import Transaction
from tests.broker.storage.catalog.groups_of_batches import batch, group
from tests.broker.storage.catalog.sqlite.faulty_connection import FaultyConnection


def begin(tmp_path: Path) -> tuple[Transaction, FaultyConnection]:
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    faulty = FaultyConnection(connection)
    transaction = Transaction(faulty, LogState(None))  # type: ignore[arg-type]
    transaction.changes.add_partitions([1, 2])
    return transaction, faulty


def test_nothing_gathered_is_nothing_written(tmp_path: Path) -> None:
    """An empty flush costs no statement."""
    transaction, connection = begin(tmp_path)
    transaction.flush()

    assert connection.statements == []


def test_many_groups_are_one_statement(tmp_path: Path) -> None:
    """The last state of a log counts, counts of objects add up."""
    transaction, connection = begin(tmp_path)
    transaction._state.producers.update({1: {}, 2: {}})
    for index in range(3):
        transaction.commit_group(group({1: [batch(producer=1, first=index)], 2: [batch()]}, position=index * 200))
    transaction.flush()

    assert len(connection.statements) == 1
    assert connection.execute("SELECT pid, high_watermark, bytes FROM logs").fetchall() == [(1, 3, 300), (2, 3, 300)]
    assert connection.execute("SELECT object_id, live, data_end FROM objects").fetchall() == [(1, 6, 600)]
    assert connection.execute("SELECT last_sequence FROM producers").fetchall() == [(2,)]


def test_a_statement_sees_what_was_gathered_before_it(tmp_path: Path) -> None:
    """And a later offset of the same key wins."""
    transaction, _ = begin(tmp_path)
    transaction.commit_offsets({("g", "t", 0): CommittedOffset(offset=1)})
    transaction.commit_offsets({("g", "t", 0): CommittedOffset(offset=2)})

    assert transaction.execute("SELECT group_id, offset_value FROM group_offsets").fetchall() == [('"g"', 2)]


def test_what_is_inside_is_kept_or_dropped_as_a_whole(tmp_path: Path) -> None:
    """Changes that are not merged are not seen."""
    transaction, _ = begin(tmp_path)
    inner = transaction.nested()
    inner.changes.partitions[1] = None
    inner.trims[1] = 5
    assert transaction.changes.partition(1) is not None
    transaction.merge(inner)

    assert transaction.changes.partition(1) is None
    assert transaction.trims == {1: 5}
