"""A whole data directory."""

import sqlite3
import stat
import time
from pathlib import Path

import pytest

from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.schema import CatalogUnusable, Migration
from broker.storage.embedded import DataMissing, open_embedded
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.ownership import DirectoryInUse
from tests.broker.log.compacted_log import CompactedLog
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.log_on_disk import check, produce


async def test_a_directory_is_made_with_all_that_is_in_it(tmp_path: Path) -> None:
    """For its owner only."""
    storage = open_embedded(tmp_path / "deep" / "data")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "deep", *(tmp_path / "deep").rglob("*")]}

    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    await storage.aclose()


async def test_data_survives_and_ids_stay(tmp_path: Path) -> None:
    """The directory keeps its id, the epoch grows, object ids never come again."""
    storage = open_embedded(tmp_path)
    (pid,) = await topic(storage.catalog)
    written = [await produce(storage, pid, number) for number in range(5)]
    first_id = storage.directory_id
    await storage.aclose()
    storage = open_embedded(tmp_path)
    await check(storage, pid, 5)
    written.append(await produce(storage, pid, 5))

    assert (storage.directory_id, storage.epoch) == (first_id, 2)
    assert written[-1].object_id > written[0].object_id
    await check(storage, pid, 6)
    await storage.aclose()


async def test_one_owner_at_a_time(tmp_path: Path) -> None:
    """The second is refused and does no harm."""
    storage = open_embedded(tmp_path)
    (pid,) = await topic(storage.catalog)
    await produce(storage, pid, 0)
    with pytest.raises(DirectoryInUse):
        open_embedded(tmp_path)

    await produce(storage, pid, 1)
    await check(storage, pid, 2)
    await storage.aclose()


async def test_missing_data_is_said_at_the_start(tmp_path: Path) -> None:
    """A broker that cannot serve what it acknowledged does not begin; the lock is free again."""
    storage = open_embedded(tmp_path)
    (pid,) = await topic(storage.catalog)
    extent = await produce(storage, pid, 0)
    await storage.aclose()
    path = next((tmp_path / "segments").iterdir())
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DataMissing, match=f"{extent.object_id:016x}"):
        open_embedded(tmp_path)

    path.write_bytes(whole)
    storage = open_embedded(tmp_path)
    await check(storage, pid, 1)
    await storage.aclose()


async def test_parts_may_lie_elsewhere_and_are_not_shared(tmp_path: Path) -> None:
    """A second broker that names the same catalog or the same segments is refused, running or not, and harms nothing."""
    catalog, objects = tmp_path / "db" / "catalog.db", tmp_path / "objects"
    storage = open_embedded(tmp_path / "one", catalog_file=catalog, objects_directory=objects)
    (pid,) = await topic(storage.catalog)
    await produce(storage, pid, 0)
    with pytest.raises(DirectoryInUse):
        open_embedded(tmp_path / "two", catalog_file=catalog)
    with pytest.raises(DirectoryInUse):
        open_embedded(tmp_path / "two", objects_directory=objects)
    await storage.aclose()
    with pytest.raises(DataMissing, match="another data directory"):
        open_embedded(tmp_path / "two", objects_directory=objects)

    storage = open_embedded(tmp_path / "one", catalog_file=catalog, objects_directory=objects)
    await check(storage, pid, 1)
    await storage.aclose()


async def test_a_crash_between_deleting_and_forgetting_is_no_loss(tmp_path: Path) -> None:
    """An object that no span names may be gone already."""
    storage = open_embedded(tmp_path, segment_bytes=500)
    (pid,) = await topic(storage.catalog)
    for number in range(12):
        await produce(storage, pid, number)
    await storage.catalog.advance_log_start(pid, 8)
    dead = await storage.catalog.take_dead_objects(10)
    assert dead
    await storage.store.delete(dead)
    await storage.aclose()

    storage = open_embedded(tmp_path)
    await check(storage, pid, 12)
    assert await storage.catalog.take_dead_objects(10) == dead
    await storage.aclose()


async def test_a_directory_of_a_newer_release_is_refused_untouched(tmp_path: Path) -> None:
    """With a message that says so; its segments stay."""
    storage = open_embedded(tmp_path)
    (pid,) = await topic(storage.catalog)
    await produce(storage, pid, 0)
    await storage.aclose()
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    later = Migration(99, "later", "CREATE TABLE later (x);")
    schema.migrate(connection, [*schema.migrations(), later])
    connection.close()

    with pytest.raises(CatalogUnusable, match="format version 99"):
        open_embedded(tmp_path)
    assert len(list((tmp_path / "segments").iterdir())) == 1


async def test_a_thousand_partitions_open_quickly(tmp_path: Path) -> None:
    """Well within the budget of a start."""
    storage = open_embedded(tmp_path)
    pids = await topic(storage.catalog, 1000)
    for number in range(3):
        await produce(storage, pids[-1], number)
    await storage.aclose()
    started = time.perf_counter()
    storage = open_embedded(tmp_path)

    assert time.perf_counter() - started < 0.5
    await check(storage, pids[-1], 3)
    await storage.aclose()


async def test_a_catalog_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Whatever SQLite has against it (a full disk, a damaged page) becomes a message for an operator; the lock is let go."""
    await open_embedded(tmp_path).aclose()
    with sqlite3.connect(tmp_path / "catalog.db") as connection:
        connection.execute("DROP TABLE meta")
    connection.close()

    for _ in range(2):
        with pytest.raises(CatalogUnusable, match=r"the catalog .*catalog\.db cannot be used now: no such table"):
            open_embedded(tmp_path)


async def test_files_written_as_a_whole_are_missed_and_swept_like_segments(tmp_path: Path) -> None:
    """One that the catalog names must be there with all of its bytes; one that it does not name goes at the start (O5)."""
    log = await CompactedLog(tmp_path / "data").open()
    for _ in range(3):
        await log.put((b"key", b"value"))
    await log.compact()
    raw = log.store.raw()
    left_over = raw.create(log.store.new_object_id(), 0)
    left_over.write(b"never named")
    left_over.finish()
    (span,) = await log.spans()
    await log.close()
    segments = tmp_path / "data" / "segments"
    path = segments / f"{span.object_id:016x}.segment"
    whole = path.read_bytes()
    path.write_bytes(whole[: span.position + span.length - 1])
    with pytest.raises(DataMissing, match=f"{span.object_id:016x}"):
        open_embedded(tmp_path / "data")

    path.write_bytes(whole)
    await log.open()
    assert [int(each.stem, 16) for each in segments.iterdir() if int(each.stem, 16) >= WHOLE_OBJECTS] == [span.object_id]
    assert await log.shown() == [(2, b"key", b"value")]
    await log.close()
