"""What only SQLite has of the life of data."""

import sqlite3
from pathlib import Path

from broker.storage.catalog.life_cycle import RetentionLimit
from broker.storage.catalog.sqlite import schema, trimming
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, topic


async def test_objects_of_before_are_taken_over(tmp_path: Path) -> None:
    """What compaction wrote is not rewritten again; segments may be."""
    path = tmp_path / "catalog.db"
    connection = schema.open_for_writing(path)
    schema.migrate(connection, schema.migrations()[:7])
    connection.execute("INSERT INTO objects VALUES (5, 1, 100), (?, 1, 100)", (WHOLE_OBJECTS + 1,))
    connection.close()
    catalog = SqliteCatalog.open(path)
    (pid,) = await topic(catalog)
    await Appender(catalog, 9).append(pid, batch(3))
    await catalog.aclose()
    rows = sqlite3.connect(path).execute("SELECT object_id, level FROM objects ORDER BY object_id").fetchall()
    assert rows == [(5, 0), (9, 0), (WHOLE_OBJECTS + 1, 2)]


async def test_the_size_of_a_log_counts_once_it_is_known(tmp_path: Path) -> None:
    """Spans that are left to be dropped are in it, and nothing more must go for them."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(4):
        await appender.append(pid, batch(1))
    limit = RetentionLimit(pid, None, 100)
    assert await catalog.retention_offsets([limit]) == {pid: 3}
    await catalog._writer.run(lambda transaction: trimming.remember(transaction, pid, 0))
    connection = catalog._writer._connection
    pending = connection.execute("SELECT count(*) FROM trims").fetchone()
    if pending[0]:
        assert await catalog.retention_offsets([limit]) == {}
    assert await catalog.retention_offsets([RetentionLimit(pid, NOW + 1, None)]) == {pid: 4}
    await catalog.aclose()
