"""A catalog that is right is found right, and each way to break it is found out."""

import obstore
import pytest

from broker.storage.objects.segment_writer import segment_path
from tests.broker.storage.checking.worlds import EmbeddedWorld, SharedWorld, World, batch

TABLES = {"spans": "span", "logs": "part", "objects": "object", "producers": "producer", "data_end": "size"}
"""SQLite's names, and PostgreSQL's."""


def statement(world: World, text: str) -> str:
    """In the words of the world's own tables."""
    if isinstance(world, SharedWorld):
        for name, other in TABLES.items():
            text = text.replace(name, other)
    return text


async def test_a_right_catalog_is_found_right(world: World) -> None:
    """Whatever was done to it in good order, and while it is in use."""
    for deep in (False, True):
        found, totals = await world.check(deep=deep)
        assert found == []
        assert (totals.logs, totals.findings) == (3, 0)
        assert totals.spans >= 11
        assert (totals.batches > 0) is deep


async def test_transactions_are_no_finding(world: World) -> None:
    """Committed, aborted, open, cut off in the middle."""
    pid = world.topics["users"].partitions[0]
    await world.transact("committed", pid, 0, commit=True)
    await world.transact("aborted", pid, 20, commit=False)
    await world.transact("open", pid, 40, commit=None)
    assert (await world.check())[0] == []
    bounds = (await world.catalog.bounds([pid]))[pid]
    await world.catalog.advance_log_start(pid, bounds.last_stable_offset + 1)
    assert (await world.check())[0] == []
    await world.catalog.advance_log_start(pid, bounds.high_watermark)
    assert (await world.check())[0] == []


@pytest.mark.parametrize(
    ("text", "rule", "what"),
    [
        ("UPDATE spans SET base = base + 1 WHERE last = 14 AND pid = 1", "I3", "gap"),
        ("UPDATE spans SET base = base - 1 WHERE last = 14 AND pid = 1", "I3", "overlap"),
        ("DELETE FROM spans WHERE last = 9 AND pid = 1", "I3", "gap"),
        ("DELETE FROM spans WHERE last = 29 AND pid = 1", "I3", "the log at 30"),
        ("UPDATE logs SET high_watermark = 31 WHERE pid = 1", "I3", "the log at 31"),
        ("UPDATE logs SET log_start = 8 WHERE pid = 2", "I3", "before the log's start"),
        ("UPDATE logs SET log_start = 2 WHERE pid = 2", "I3", "no span holds the log's first offset"),
        ("UPDATE logs SET last_stable = 12 WHERE pid = 1", "I5", "last stable"),
        ("UPDATE logs SET bytes = bytes + 1 WHERE pid = 1", "I3", "bytes"),
        ("UPDATE logs SET running_timestamp = 5 WHERE pid = 1", "I3", "timestamp"),
        ("UPDATE spans SET running_timestamp = 5 WHERE last = 14 AND pid = 1", "I3", "running timestamp"),
        ("UPDATE objects SET live = live + 1 WHERE object_id = (SELECT max(object_id) FROM spans)", "I4", "its row says"),
        ("DELETE FROM objects WHERE object_id = (SELECT min(object_id) FROM spans)", "I4", "no row"),
        ("UPDATE objects SET data_end = data_end + 1000000 WHERE object_id = (SELECT max(object_id) FROM spans)", "I2", "ends at"),
        ("UPDATE objects SET data_end = 70 WHERE object_id = (SELECT max(object_id) FROM spans)", "I2", "ends at 70"),
        ("UPDATE spans SET position = position + 1 WHERE last = 14 AND pid = 1", "I2", "not that log's"),
        ("UPDATE spans SET length = length - 1 WHERE last = 14 AND pid = 1", "I2", "announced"),
        ("UPDATE spans SET batch_count = 7 WHERE last = 14 AND pid = 1", "I3", "the catalog says 7"),
        ("UPDATE spans SET flags = flags + 1 WHERE last = 14 AND pid = 1", "I2", "final"),
        ("UPDATE producers SET last_sequence = 3 WHERE pid = 1", "I6", "sequence 3"),
        ("UPDATE producers SET first_open_offset = 4 WHERE pid = 1", "I5", "last stable"),
        ("UPDATE producers SET first_open_offset = 400 WHERE pid = 1", "I5", "outside"),
        ("UPDATE spans SET pid = 99 WHERE pid = 3", "I3", "belong to no log"),
    ],
)  # fmt: skip
async def test_what_is_broken_is_found(world: World, text: str, rule: str, what: str) -> None:
    """And named with the rule that it breaks."""
    await world.break_with(statement(world, text))
    found, totals = await world.check()

    assert any(each.rule == rule and what in each.what for each in found), found
    assert totals.findings == len(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.rstrip(b"\0")[:-1],
        lambda data: b"",
        lambda data: data.rstrip(b"\0")[:700],
        None,
        lambda data: bytes(len(data)),
    ],
)
async def test_objects_that_are_not_what_was_written_are_found(world: World, change: object) -> None:
    """Cut off, empty, missing, overwritten."""
    await overwrite(world, change)
    found, _ = await world.check()

    assert any(each.rule == "I2" for each in found), found


async def test_a_changed_byte_of_a_record_is_found_by_a_deep_check(world: World) -> None:
    """Which reads every byte; a shallow one does not."""

    def change(data: bytes) -> bytes:
        at = data.index(b"value 3")
        return data[:at] + b"V" + data[at + 1 :]

    await overwrite(world, change)
    shallow, _ = await world.check(deep=False)
    deep, _ = await world.check()

    assert shallow == []
    assert any("CRC" in each.what for each in deep), deep


async def test_objects_that_nobody_committed_are_counted(world: World) -> None:
    """They are no finding: one may be committed right now."""
    if isinstance(world, EmbeddedWorld):
        path = segment_path(world.directory / "segments", 1 << 40)
        path.write_bytes(bytes(100))
    else:
        assert isinstance(world, SharedWorld)
        await world.remote.append([batch(1)], [])
    found, totals = await world.check()

    assert found == []
    assert totals.orphans >= 1
    assert totals.orphan_bytes >= 100


async def overwrite(world: World, change: object) -> None:
    """Change the bytes of the object that the first log begins in; None deletes it."""
    if isinstance(world, EmbeddedWorld):
        (path,) = [each for each in (world.directory / "segments").glob("*.segment") if b"value 3" in each.read_bytes()]
        if change is None:
            path.unlink()
        else:
            path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
        return
    assert isinstance(world, SharedWorld)
    client = world.remote._backend.client
    for meta in [each for page in obstore.list(client) for each in page]:
        data = bytes(obstore.get(client, meta["path"]).bytes())
        if b"value 3" in data:
            if change is None:
                obstore.delete(client, meta["path"])
            else:
                obstore.put(client, meta["path"], change(data))  # type: ignore[operator]
            return
