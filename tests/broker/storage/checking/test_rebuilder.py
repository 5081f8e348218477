"""A catalog made anew from objects is right, and has in it what the lost one had, as far as objects tell."""

from itertools import count
from pathlib import Path

import pytest

from broker.log.jobs.merge_round import RunToWrite, merge
from broker.storage.catalog.base import SpanQuery, SpanSwap
from broker.storage.checking.object_contents import FileContents, RemoteContents, owner_of_segments
from broker.storage.checking.postgres_restore import PostgresRestore
from broker.storage.checking.rebuilder import Rebuilder, RebuildReport
from broker.storage.checking.restore import NotEmpty, RestoredTopic
from broker.storage.checking.sqlite_restore import SqliteRestore
from broker.storage.objects.footer import PartitionName
from tests.broker.storage.checking.worlds import NOW_MS, EmbeddedWorld, SharedWorld, batch
from tests.broker.storage.objects.remote_worlds import CountedIds
from tests.support.postgres import postgres_server

_clock = count(NOW_MS, 1000)


async def rebuilt(world: SharedWorld, *, commit_undecided: bool = False) -> tuple[SharedWorld, RebuildReport]:
    """The same store with a new catalog."""
    database = await postgres_server().new_database()
    target = await PostgresRestore.open(database)
    rebuilder = Rebuilder(
        RemoteContents(world.remote), commit_undecided=commit_undecided, is_appended=False, now_ms=lambda: NOW_MS
    )
    report = await rebuilder.run(target)
    await target.abandon()
    return await SharedWorld.open(database, world.objects, CountedIds(10_000)), report


async def merge_log(world: SharedWorld, topic: str, index: int, upto: int | None = None) -> None:
    """Put the log's data (below ``upto``) into one object, as a merge does."""
    pid = world.topics[topic].partitions[index]
    bounds = (await world.catalog.bounds([pid]))[pid]
    (answer,) = await world.catalog.find_spans([SpanQuery(pid, bounds.log_start, 1 << 30)])
    old = [span for span in answer.spans if upto is None or span.last < upto]
    await world.remote.lease_ids()
    object_id = world.remote.new_object_id()
    name = PartitionName(world.topics[topic].topic_id, topic, index)
    done = merge(world.remote.raw(), object_id, [RunToWrite(pid, 0, old, name)], {})
    (new,) = done.runs
    assert new is not None
    swap = SpanSwap(pid=pid, old=old, new=new, object_id=object_id, object_end=done.object_end)
    assert await world.catalog.swap_spans(swap)


async def contents(world: SharedWorld | EmbeddedWorld) -> dict[int, list[tuple[int, bytes]]]:
    return {pid: await world.values(pid) for topic in world.topics.values() for pid in topic.partitions}


async def test_flushes_come_back_in_order() -> None:
    """With names, numbers of partitions, offsets and producers."""
    world = await SharedWorld.open()
    await world.fill()
    again, report = await rebuilt(world)

    assert (await again.check())[0] == []
    assert {name: topic.partitions for name, topic in again.topics.items()} == {
        name: topic.partitions for name, topic in world.topics.items()
    }
    first, second = world.topics["orders"].partitions
    assert await again.values(first) == await world.values(first)
    assert len(await again.values(second)) > len(await world.values(second)), "what was cut off is back"
    before, after = await world.catalog.producers(first), await again.catalog.producers(first)
    assert [(each.producer_id, each.epoch, each.last_sequence) for each in after] == [
        (each.producer_id, each.epoch, each.last_sequence) for each in before
    ]
    assert (report.topics, report.partitions, report.unmerged_records) == (2, 3, report.records)
    await again.commit((first, [batch(105, 3, producer=7, sequence=15)]))
    assert await again.values(first) == await world.values(first), "a batch sent again is known"
    await again.commit((first, [batch(106, 3, producer=7, sequence=18)]))
    await world.aclose()
    await again.aclose()


async def test_merged_parts_keep_their_offsets() -> None:
    """What they were made of comes only once, though it is still in the store."""
    world = await SharedWorld.open()
    await world.fill()
    first, second = world.topics["orders"].partitions
    await world.catalog.advance_log_start(first, 10)
    await merge_log(world, "orders", 0, upto=25)
    await merge_log(world, "orders", 1)
    again, report = await rebuilt(world)

    assert (await again.check())[0] == []
    assert await again.values(first) == await world.values(first)
    assert await again.values(second) == await world.values(second)
    before, after = (await world.catalog.bounds([first]))[first], (await again.catalog.bounds([first]))[first]
    assert (after.log_start, after.high_watermark) == (10, before.high_watermark)
    assert report.unmerged_records < report.records
    await world.aclose()
    await again.aclose()


@pytest.mark.parametrize("commit_undecided", [True, False])
async def test_transactions_are_what_their_markers_say(commit_undecided: bool) -> None:
    """Where those were merged into the bytes. What ended behind the merge, or was open, has no end that an object tells: it gets one."""
    world = await SharedWorld.open()
    (pid,) = (await world.create("orders", 1)).partitions
    await world.transact("committed", pid, 0, commit=True)
    await world.transact("aborted", pid, 20, commit=False)
    await merge_log(world, "orders", 0)
    bounds = (await world.catalog.bounds([pid]))[pid]
    before = await world.catalog.aborted(pid, 0, bounds.high_watermark)
    await world.transact("behind", pid, 40, commit=True)
    await world.transact("open", pid, 60, commit=None)
    again, report = await rebuilt(world, commit_undecided=commit_undecided)

    assert (await again.check())[0] == []
    after = await again.catalog.aborted(pid, 0, 1 << 40)
    assert after[: len(before)] == before
    assert len(before) == 1
    assert (len(after) - len(before), report.undecided) == (0 if commit_undecided else 2, 2)
    bounds = (await again.catalog.bounds([pid]))[pid]
    assert bounds.last_stable_offset == bounds.high_watermark
    await again.transact("later", pid, 80, commit=True)
    assert (await again.check())[0] == []
    await world.aclose()
    await again.aclose()


async def test_a_catalog_rebuilt_twice_is_the_same() -> None:
    """And goes on: new data, merged, lost again."""
    world = await SharedWorld.open()
    await world.fill()
    await merge_log(world, "orders", 0)
    again, _ = await rebuilt(world)
    first = again.topics["orders"].partitions[0]
    await again.commit((first, [batch(400)]))
    await merge_log(again, "orders", 0)
    await again.commit((first, [batch(401)]))
    third, _ = await rebuilt(again)

    assert (await third.check())[0] == []
    assert await contents(third) == await contents(again)
    for each in (world, again, third):
        await each.aclose()


async def test_only_an_empty_catalog_is_written_to() -> None:
    """A rebuild never mixes with what is there (B1)."""
    world = await SharedWorld.open()
    await world.fill()
    with pytest.raises(NotEmpty):
        await PostgresRestore.open(world.database)
    await world.aclose()


async def test_a_rebuild_that_is_not_finished_leaves_nothing() -> None:
    """And can be begun again; a dry run writes nothing at all."""
    world = await SharedWorld.open()
    await world.fill()
    database = await postgres_server().new_database()
    target = await PostgresRestore.open(database)
    rebuilder = Rebuilder(
        RemoteContents(world.remote), commit_undecided=False, is_appended=False, now_ms=lambda: NOW_MS
    )
    for topic in world.topics.values():
        await target.add_topic(RestoredTopic(topic.topic_id, topic.name, topic.partitions, 0))
    await target.abandon()
    dry = await rebuilder.run(None)
    second = await PostgresRestore.open(database)
    await second.abandon()

    assert (dry.topics, dry.partitions) == (2, 3)
    await world.aclose()


async def test_segments_come_back_in_order(tmp_path: Path) -> None:
    """Names are not in them; offsets, records and producers are, and the broker goes on with its directory."""
    world = EmbeddedWorld.open(tmp_path / "data")
    await world.fill()
    before = await contents(world)
    full = {pid: values for pid, values in before.items() if values and values[0][0] == 0}
    await world.aclose()
    for name in ("catalog.db", "catalog.db-wal", "catalog.db-shm"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    segments = tmp_path / "data" / "segments"
    owner = owner_of_segments(segments)
    files = FileContents(segments, owner.directory_id)
    target = await SqliteRestore.open(tmp_path / "data" / "catalog.db", owner.directory_id, owner.epoch)
    report = await Rebuilder(files, commit_undecided=False, is_appended=True, now_ms=lambda: NOW_MS).run(target)
    await target.abandon()
    files.close()

    again = EmbeddedWorld.open(tmp_path / "data")
    assert (await again.check())[0] == []
    assert [topic.name for topic in await again.catalog.load_topics()] == ["restored-1", "restored-2", "restored-3"]
    assert len(report.renamed) == 3
    assert {pid: await again.values(pid) for pid in full} == full
    await again.commit((1, [batch(105, 3, producer=7, sequence=15)]))
    assert await again.values(1) == full[1]
    await again.commit((1, [batch(106, 3, producer=7, sequence=18)]))
    await again.aclose()
    with pytest.raises(NotEmpty):
        await SqliteRestore.open(tmp_path / "data" / "catalog.db", owner.directory_id, owner.epoch)


async def test_topics_of_one_name_are_told_apart() -> None:
    """One that was deleted and made again: the newer one has the name."""
    world = await SharedWorld.open()
    old = await world.create("orders", 1)
    await world.commit((old.partitions[0], [batch(1)]))
    await world.catalog.delete_topic(old.topic_id)
    new = await world.catalog.create_topic("orders", b"n" * 16, 1, 1, {}, NOW_MS)
    world._know(new)
    await world.commit((new.partitions[0], [batch(2)]))
    again, report = await rebuilt(world)

    assert again.topics["orders"].topic_id == new.topic_id
    assert len(report.renamed) == 1
    assert (await again.check())[0] == []
    await world.aclose()
    await again.aclose()


async def test_damaged_objects_are_named() -> None:
    """The others are restored all the same."""
    import obstore

    world = await SharedWorld.open()
    await world.fill()
    path = world.remote._backend.path(2)
    obstore.put(world.remote._backend.client, path, b"nonsense")
    again, report = await rebuilt(world)

    assert len(report.damaged_objects) == 1
    assert "0000000000000002" in report.damaged_objects[0]
    assert (await again.check())[0] == []
    await world.aclose()
    await again.aclose()
