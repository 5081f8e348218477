"""A SQLite catalog is read in one snapshot, while a broker writes to it."""

import sqlite3
from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.storage.checking.sqlite_dump import SqliteDump
from tests.broker.storage.checking.worlds import EmbeddedWorld, batch


async def test_what_comes_later_is_not_seen(tmp_path: Path) -> None:
    """But whether an object is named still, is asked anew (K1)."""
    world = EmbeddedWorld.open(tmp_path / "data")
    await world.fill()
    dump = await SqliteDump.open(tmp_path / "data" / "catalog.db")
    before = [each async for each in dump.spans(1)]
    await world.commit((1, [batch(500)]))
    after = [each async for each in dump.spans(1)]

    assert after == before
    assert [log.pid async for log in dump.logs()] == [1, 2, 3]
    assert [each.producer_id async for each in dump.producers(1)] == [7]
    assert await dump.still_names(before[0].object_id)
    assert not await dump.still_names(12345)
    assert await dump.known_objects([before[0].object_id, 12345]) == {before[0].object_id}
    assert dump.directory_id == world.storage.directory_id
    await dump.aclose()
    await world.aclose()


async def test_what_is_no_catalog_is_refused(tmp_path: Path) -> None:
    """Missing, something else, of another release."""
    path = tmp_path / "catalog.db"
    with pytest.raises(StorageUnavailable, match="there is no catalog"):
        await SqliteDump.open(path)
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StorageUnavailable, match="cannot be read"):
        await SqliteDump.open(path)
    directory = tmp_path / "data"
    world = EmbeddedWorld.open(directory)
    await world.aclose()
    with sqlite3.connect(directory / "catalog.db") as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', '')")
    connection.close()
    with pytest.raises(StorageUnavailable, match="version 9999"):
        await SqliteDump.open(directory / "catalog.db")
