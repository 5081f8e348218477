"""Topics in the database; the contract tests say what they do."""

import sqlite3
from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty


async def test_a_topic_is_created_whole_or_not_at_all(tmp_path: Path) -> None:
    """A failure between its parts leaves neither rows nor logs in memory."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    connection.fail("\nINSERT INTO logs", sqlite3.SQLITE_FULL)
    with pytest.raises(StorageUnavailable):
        await topic(catalog, 3)
    connection.mend()

    assert await catalog.load_topics() == []
    assert catalog._state.partitions == {}
    assert len(await topic(catalog, 3)) == 3
    await catalog.aclose()
