"""What is SQLite's own about transactions: each change is one durable commit, whole or not at all."""

import sqlite3
from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, topic
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty
from tests.broker.storage.catalog.test_contract_transactions import begin, write

KEY = ("g", "orders", 0)


async def test_an_end_that_cannot_be_written_did_not_happen(tmp_path: Path) -> None:
    """Nothing of it is seen, in memory or on disk, and it can be asked for again (T2)."""
    catalog, connection = open_faulty(tmp_path / "catalog.db", recoverable=True)
    pid, other = await topic(catalog, 2)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid, other, transactional_id="t")
    await write(appender, pid, producer, epoch, 0)
    await write(appender, other, producer, epoch, 0)
    await catalog.add_transaction_offsets("t", producer, epoch, {KEY: CommittedOffset(offset=5)}, "g", NOW)
    before = catalog.peek_transaction("t")
    for statement in (
        "COMMIT",
        "INSERT INTO flushes",
        "\nINSERT INTO aborted_transactions",
        "\nINSERT OR REPLACE INTO tran",
    ):
        connection.fail(statement, sqlite3.SQLITE_FULL)
        with pytest.raises(StorageUnavailable):
            await catalog.end_transaction("t", producer, epoch, False, True, -1, NOW)
        connection.mend()

        assert catalog.peek_transaction("t") == before
        for each in (pid, other):
            bounds = catalog.peek_bounds(each)
            assert bounds is not None
            assert (bounds.last_stable_offset, bounds.high_watermark) == (0, 1)
        assert len(catalog.pending_offsets("t")) == 1
        assert await catalog.aborted(pid, 0, 1) == []

    answer = await catalog.end_transaction("t", producer, epoch, False, True, -1, NOW)
    assert answer.ended is not None
    assert [(marker.pid, marker.offset) for marker in answer.ended.markers] == [(pid, 1), (other, 1)]
    await catalog.aclose()


async def test_every_change_is_flushed(tmp_path: Path) -> None:
    """It cannot be told from the segments, so nothing else would bring it back."""
    catalog, connection = open_faulty(tmp_path / "catalog.db", recoverable=True)
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid, transactional_id="t")
    await write(appender, pid, producer, epoch, 0)
    assert [sql for sql in connection.statements if "synchronous" in sql][-1] == "PRAGMA synchronous = NORMAL"
    del connection.statements[:]

    await catalog.end_transaction("t", producer, epoch, True, True, -1, NOW)
    said = connection.statements
    assert said.index("PRAGMA synchronous = FULL") < said.index("BEGIN IMMEDIATE") < said.index("COMMIT")
    assert said.count("COMMIT") == 1
    await catalog.aclose()


async def test_adding_what_is_there_costs_no_commit(tmp_path: Path) -> None:
    """Every produce request of a transaction asks for its partitions."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    producer, epoch = await begin(catalog, pid, transactional_id="t")
    assert await catalog.add_to_transaction("t", producer, epoch, [], "g", NOW) is ErrorCode.NONE
    del connection.statements[:]

    assert await catalog.add_to_transaction("t", producer, epoch, [pid], "g", NOW) is ErrorCode.NONE
    assert connection.statements == []
    assert await catalog.add_to_transaction("t", producer, epoch + 1, [pid], "g", NOW) is ErrorCode.PRODUCER_FENCED
    await catalog.aclose()


async def test_looking_for_idle_ids_costs_no_commit(tmp_path: Path) -> None:
    """It is done again and again, and mostly for nothing."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    await catalog.init_transaction("t", 1, -1, -1, NOW, 5)
    del connection.statements[:]

    assert await catalog.delete_transactional_ids(NOW) == 0
    assert connection.statements == []
    assert await catalog.delete_transactional_ids(NOW + 1) == 1
    await catalog.aclose()
