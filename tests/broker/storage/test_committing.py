"""Both ways from a group to its offsets: by any store and catalog, and on one thread."""

import errno
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from broker.errors import StorageFailed, StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import SpanQuery
from broker.storage.committing import GroupCommitter, TwoStepCommitter, UnstoredGroup
from broker.storage.embedded import EmbeddedStorage, open_embedded
from broker.storage.objects.base import TocEntry
from broker.storage.recovery import entry_of
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.catalog.sqlite.faulty_connection import FaultyConnection
from tests.broker.storage.faulty_files import FaultyFiles


@dataclass
class Stage:
    """A data directory whose files and database fail when told to."""

    directory: Path
    storage: EmbeddedStorage
    io: FaultyFiles
    database: FaultyConnection
    committer: GroupCommitter
    pid: int

    async def commit(self, text: str) -> Appended:
        ((answer,),) = await self.committer.commit(group(self.pid, text))
        return answer

    async def texts(self, storage: EmbeddedStorage | None = None) -> list[str]:
        """What the log holds."""
        at = storage or self.storage
        bounds = at.catalog.peek_bounds(self.pid)
        assert bounds is not None
        if not bounds.high_watermark:
            return []
        (answer,) = await at.catalog.find_spans([SpanQuery(self.pid, 0, 10**6)])
        found = []
        for span in answer.spans:
            (data,) = await at.store.read(span.object_id, [(span.position, span.length)])
            found.append(bytes(data).split(b"<")[1].split(b">")[0].decode())
        return found


def group(pid: int, *texts: str) -> UnstoredGroup:
    """One plain batch a text."""
    parts = [encode_batch([Record(0, 1, None, b"<%s>" % text.encode())]) for text in texts]
    toc = [TocEntry(pid, 0, sum(map(len, parts)))]
    return UnstoredGroup(parts, toc, [[entry_of(parse_header(part)) for part in parts]], 1000)


@pytest.fixture(params=["two steps", "one thread"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    io = FaultyFiles(code=errno.EIO)
    storage = open_embedded(tmp_path / "data", io=io)
    (pid,) = await topic(storage.catalog)
    writer = storage.catalog._writer
    database = FaultyConnection(writer._connection)
    writer._connection = database  # type: ignore[assignment]
    one_thread = request.param == "one thread"
    committer = storage.committer if one_thread else TwoStepCommitter(storage.store, storage.catalog)
    yield Stage(tmp_path / "data", storage, io, database, committer, pid)
    database.mend()
    io.failing = set()
    await storage.aclose()


def crashed(stage: Stage, target: Path) -> EmbeddedStorage:
    """The directory as a crash leaves it now that takes everything from the catalog which was not flushed: all but the topic."""
    shutil.copytree(stage.directory / "segments", target / "segments")
    with sqlite3.connect(stage.directory / "catalog.db") as read, sqlite3.connect(target / "catalog.db") as written:
        read.backup(written)
        written.executescript("DELETE FROM spans; DELETE FROM objects; UPDATE logs SET high_watermark = 0, last_stable = 0, bytes = 0;")
    read.close()
    written.close()
    return open_embedded(target)


async def test_groups_become_visible_in_order(stage: Stage) -> None:
    """And survive a crash."""
    for number in range(5):
        assert (await stage.commit(str(number))).base_offset == number
    ((first, second),) = await stage.committer.commit(group(stage.pid, "5", "6"))
    assert (first.base_offset, second.base_offset) == (5, 6)

    left = crashed(stage, stage.directory.parent / "left")
    assert left.recovered == 6
    bounds = left.catalog.peek_bounds(stage.pid)
    assert bounds is not None
    assert bounds.high_watermark == 7
    await left.aclose()


async def test_what_the_catalog_refuses_never_comes_back(stage: Stage) -> None:
    """Others get its offset, after a crash too."""
    await stage.commit("first")
    stage.database.fail("INSERT INTO flushes", sqlite3.SQLITE_FULL)
    with pytest.raises(StorageUnavailable):
        await stage.commit("refused")
    stage.database.mend()
    assert (await stage.commit("second")).base_offset == 1

    assert await stage.texts() == ["first", "second"]
    left = crashed(stage, stage.directory.parent / "left")
    assert await stage.texts(left) == ["first", "second"]
    await left.aclose()


async def test_a_group_that_cannot_be_stored_is_refused_alone(stage: Stage) -> None:
    """The catalog hears nothing of it."""
    await stage.commit("first")
    stage.io.code, stage.io.failing = errno.ENOSPC, {"write"}
    with pytest.raises(StorageUnavailable):
        await stage.commit("refused")
    stage.io.failing = set()

    assert (await stage.commit("second")).base_offset == 1
    assert await stage.texts() == ["first", "second"]


@pytest.mark.parametrize("failing", ["sync_data", "write"])
async def test_a_store_that_fails_is_final(stage: Stage, failing: str) -> None:
    """What was acknowledged stays readable."""
    await stage.commit("first")
    stage.io.failing = {failing}
    with pytest.raises(StorageFailed):
        await stage.commit("lost")
    stage.io.failing = set()
    with pytest.raises(StorageFailed):
        await stage.commit("later")

    assert await stage.texts() == ["first"]


async def test_a_catalog_that_fails_is_final_and_nothing_is_touched(stage: Stage) -> None:
    """Whether the commit is on disk is not known, so its data must stay."""
    await stage.commit("first")
    stage.database.fail("INSERT INTO flushes", sqlite3.SQLITE_IOERR, after=True)
    stage.io.calls.clear()
    with pytest.raises(StorageFailed):
        await stage.commit("unknown")

    assert "truncate" not in stage.io.calls


async def test_a_group_that_cannot_be_withdrawn_is_final(stage: Stage) -> None:
    """It could come back under the offsets of others."""
    await stage.commit("first")
    stage.database.fail("INSERT INTO flushes", sqlite3.SQLITE_FULL)
    stage.io.failing = {"truncate"}
    with pytest.raises(StorageFailed, match="withdraw"):
        await stage.commit("refused")
    stage.database.mend()
    stage.io.failing = set()

    with pytest.raises(StorageFailed):
        await stage.commit("later")


async def test_groups_sent_at_once_are_refused_each_for_itself(tmp_path: Path) -> None:
    """However many wait for the thread: one that is refused takes no other along."""
    storage = open_embedded(tmp_path)
    (pid,) = await topic(storage.catalog)
    bases: dict[str, int] = {}

    async def send(text: str, to: int) -> None:
        ((answer,),) = await storage.committer.commit(group(to, text))
        bases[text] = answer.base_offset

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(send, str(number), pid if number % 3 else 987654)

    assert sorted(base for base in bases.values() if base >= 0) == list(range(13))
    assert {text for text, base in bases.items() if base < 0} == {str(number) for number in range(0, 20, 3)}
    await storage.aclose()
