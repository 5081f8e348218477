"""A machine that stops at any moment: every image of the disk it could leave behind opens, with all that was acknowledged."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from broker.storage.embedded import open_embedded
from broker.storage.objects.base import TocEntry
from broker.wire.records.record import Record, encode_batch
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.log_on_disk import check, check_counts, commit, produce, store
from tests.broker.storage.recorded_files import Event, RecordedFiles, Survival, files_after_crash

BATCHES = 14
SEGMENT_BYTES = 1500


@dataclass(frozen=True, slots=True)
class CatalogFiles:
    """The catalog's files at one moment."""

    main: bytes
    log: bytes


@dataclass(slots=True)
class Run:
    """What a workload did: the events of the store, and the catalog after each acknowledgement."""

    directory: Path
    pid: int
    events: list[Event]
    catalogs: list[CatalogFiles]


def catalog_files(directory: Path) -> CatalogFiles:
    """As they are at one moment: another thread may be writing to them."""
    log = directory / "catalog.db-wal"
    files = CatalogFiles(b"", b"")
    while True:
        before, files = files, CatalogFiles((directory / "catalog.db").read_bytes(), log.read_bytes() if log.exists() else b"")
        if files == before:
            return files


async def workload(directory: Path, withdrawn_at: int = -1) -> Run:
    """Fourteen batches through a few segments. The catalog is copied before the first commit and after each one.

    Before batch ``withdrawn_at`` another one is stored that the catalog is not told of, and withdrawn.
    """
    io = RecordedFiles()
    storage = open_embedded(directory, segment_bytes=SEGMENT_BYTES, io=io)
    (pid,) = await topic(storage.catalog)
    catalogs = [catalog_files(directory)]
    io.mark("ready")
    for number in range(BATCHES):
        if number == withdrawn_at:
            refused = encode_batch([Record(0, 1, b"refused", b"refused")])
            await storage.store.withdraw(await storage.store.append([refused], [TocEntry(pid, 0, len(refused))]))
            io.mark("withdrawn")
        extent = await store(storage, pid, number)
        io.mark(f"stored {number}")
        await commit(storage, pid, number, extent)
        io.mark(f"acknowledged {number}")
        catalogs.append(catalog_files(directory))
    await storage.aclose()
    return Run(directory, pid, io.events, catalogs)


def lay_down(target: Path, run: Run, files: dict[Path, bytes], catalog: CatalogFiles) -> None:
    """Make ``target`` the data directory that the crash left."""
    segments = target / "segments"
    segments.mkdir(parents=True)
    for path, data in files.items():
        (target / path.relative_to(run.directory)).write_bytes(data)
    (target / "catalog.db").write_bytes(catalog.main)
    (target / "catalog.db-wal").write_bytes(catalog.log)


async def reopen_and_check(target: Path, run: Run, acknowledged: int, at_most: int) -> None:
    """Open what was left, check the invariants, go on, and check again after a proper restart."""
    storage = open_embedded(target, segment_bytes=SEGMENT_BYTES)
    count = await check(storage, run.pid, acknowledged, at_most)
    await produce(storage, run.pid, count)
    await storage.aclose()
    check_counts(target)
    storage = open_embedded(target, segment_bytes=SEGMENT_BYTES)
    await check(storage, run.pid, count + 1)
    await storage.aclose()


def acknowledged_before(events: list[Event]) -> int:
    return sum(event.what == "mark" and event.path.name.startswith("acknowledged") for event in events)


@pytest.mark.durability
@pytest.mark.parametrize("survival", list(Survival))
async def test_a_crash_at_every_write_of_the_store(tmp_path: Path, survival: Survival) -> None:
    """Unflushed writes lost, kept, or torn, and the catalog as it was after any earlier commit: nothing acknowledged is lost,
    nothing else is half there (I1 to I6)."""
    run = await workload(tmp_path / "data")
    ready = next(index for index, event in enumerate(run.events) if event.path.name == "ready")
    images = 0
    for moment in range(ready, len(run.events) + 1):
        if moment > ready and run.events[moment - 1].what == "mark" and survival is not Survival.TORN:
            continue
        past = run.events[:moment]
        acknowledged = acknowledged_before(past)
        random = Random(moment)
        for kept in sorted({0, random.randint(0, acknowledged), acknowledged}):
            target = tmp_path / f"image-{moment}-{kept}"
            lay_down(target, run, files_after_crash(past, survival, Random(moment)), run.catalogs[kept])
            await reopen_and_check(target, run, acknowledged, min(acknowledged + 1, BATCHES))
            images += 1

    assert images > 90


@pytest.mark.durability
@pytest.mark.parametrize("survival", list(Survival))
async def test_what_was_withdrawn_stays_away(tmp_path: Path, survival: Survival) -> None:
    """A group that the catalog refused takes no offset after a crash, however little of the catalog is left (O4)."""
    run = await workload(tmp_path / "data", withdrawn_at=5)
    withdrawn = next(index for index, event in enumerate(run.events) if event.path.name == "withdrawn")
    for moment in range(withdrawn, len(run.events) + 1):
        past = run.events[:moment]
        acknowledged = acknowledged_before(past)
        target = tmp_path / f"image-{moment}"
        kept = Random(moment).randint(0, acknowledged)
        lay_down(target, run, files_after_crash(past, survival, Random(moment)), run.catalogs[kept])
        await reopen_and_check(target, run, acknowledged, min(acknowledged + 1, BATCHES))


@pytest.mark.durability
async def test_a_crash_at_every_point_of_a_commit(tmp_path: Path) -> None:
    """The catalog's write-ahead log cut anywhere within a commit, or followed by garbage: the group is durable, so it is there."""
    run = await workload(tmp_path / "data")
    random = Random(5)
    images = 0
    for number in (0, 1, 6, BATCHES - 1):
        stored = next(index for index, event in enumerate(run.events) if event.path.name == f"stored {number}")
        files = files_after_crash(run.events[: stored + 1], Survival.LOST, random)
        before, after = run.catalogs[number], run.catalogs[number + 1]
        start = next(at for at, byte in enumerate(after.log) if at >= len(before.log) or byte != before.log[at])
        written = [
            at for at in range(start, len(after.log), 512) if after.log[at : at + 512] != before.log[at : at + 512]
        ]
        cuts = sorted({at + random.randrange(512) for at in written} | {start, len(after.log)})
        for cut in sorted({*cuts[:: max(1, len(cuts) // 12)], cuts[-1]}):
            tail = random.choice((before.log[cut:], bytes(700), random.randbytes(700)))
            target = tmp_path / f"cut-{number}-{cut}"
            lay_down(target, run, files, CatalogFiles(after.main, after.log[:cut] + tail))
            await reopen_and_check(target, run, number + 1, number + 1)
            images += 1

    assert images > 12


@pytest.mark.durability
async def test_a_crash_during_a_checkpoint(tmp_path: Path) -> None:
    """Pages of the main file half written: the write-ahead log has them all."""
    directory = tmp_path / "data"
    run = await workload(directory)
    last = run.catalogs[-1]
    folded = (directory / "catalog.db").read_bytes()
    files = {path: path.read_bytes() for path in (directory / "segments").iterdir()}
    random = Random(9)
    for image in range(10):
        main = bytearray(folded)
        main[: len(last.main)] = last.main
        for at in range(0, len(folded), 512):
            if random.random() < 0.5:
                main[at : at + 512] = folded[at : at + 512]
        if random.random() < 0.3:
            del main[len(last.main) :]
        target = tmp_path / f"checkpoint-{image}"
        lay_down(target, run, files, CatalogFiles(bytes(main), last.log))
        await reopen_and_check(target, run, BATCHES, BATCHES)
