"""A SQLite catalog is made as a whole or not at all."""

from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.storage.checking.restore import NotEmpty, RestoredTopic
from broker.storage.checking.sqlite_restore import SqliteRestore
from tests.broker.storage.checking.worlds import EmbeddedWorld

TOPIC = RestoredTopic(b"t" * 16, "orders", [4, 9], 5)


async def test_what_is_abandoned_is_not_there(tmp_path: Path) -> None:
    """And what was finished is, for good."""
    path = tmp_path / "catalog.db"
    first = await SqliteRestore.open(path, bytes(16), 3)
    await first.add_topic(TOPIC)
    await first.abandon()
    second = await SqliteRestore.open(path, bytes(16), 3)
    await second.add_topic(TOPIC)
    await second.add_logs([])
    await second.finish(cluster_id=None, next_producer_id=77, next_object_id=0)
    await second.abandon()
    with pytest.raises(NotEmpty):
        await SqliteRestore.open(path, bytes(16), 3)


async def test_numbers_that_were_given_are_not_given_again(tmp_path: Path) -> None:
    """Producer ids, partitions, starts."""
    (tmp_path / "data").mkdir()
    restore = await SqliteRestore.open(tmp_path / "data" / "catalog.db", bytes(16), 3)
    await restore.finish(cluster_id=None, next_producer_id=77, next_object_id=0)
    await restore.abandon()
    world = EmbeddedWorld.open(tmp_path / "data")
    assert await world.catalog.allocate_producer_ids(1) == 77
    assert (world.storage.epoch, world.storage.directory_id) == (4, bytes(16))
    await world.aclose()


async def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """In words."""
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        await SqliteRestore.open(tmp_path / "nowhere" / "catalog.db", bytes(16), 1)
