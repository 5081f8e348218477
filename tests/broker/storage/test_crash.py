"""A machine that stops at any moment: every image of the disk it could leave behind opens, with all that was acknowledged."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from broker.storage.embedded import open_embedded
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
    log = directory / "catalog.db-wal"
    return CatalogFiles((directory / "catalog.db").read_bytes(), log.read_bytes() if log.exists() else b"")


async def workload(directory: Path) -> Run:
    """Fourteen batches through a few segments. The catalog is copied before the first commit and after each one."""
    io = RecordedFiles()
    storage = open_embedded(directory, segment_bytes=SEGMENT_BYTES, io=io)
    (pid,) = await topic(storage.catalog)
    catalogs = [catalog_files(directory)]
    io.mark("ready")
    for number in range(BATCHES):
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
    """Unflushed writes lost, kept, or torn: nothing acknowledged is lost, nothing else is half there (I1 to I6)."""
    run = await workload(tmp_path / "data")
    ready = next(index for index, event in enumerate(run.events) if event.path.name == "ready")
    images = 0
    for moment in range(ready, len(run.events) + 1):
        if moment > ready and run.events[moment - 1].what == "mark" and survival is not Survival.TORN:
            continue
        past = run.events[:moment]
        target = tmp_path / f"image-{moment}"
        acknowledged = acknowledged_before(past)
        lay_down(target, run, files_after_crash(past, survival, Random(moment)), run.catalogs[acknowledged])
        await reopen_and_check(target, run, acknowledged, acknowledged)
        images += 1

    assert images > 30


@pytest.mark.durability
async def test_a_crash_at_every_point_of_a_commit(tmp_path: Path) -> None:
    """The catalog's write-ahead log cut anywhere within a commit, or followed by garbage: the commit is whole or not there."""
    run = await workload(tmp_path / "data")
    random = Random(5)
    outcomes = set()
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
            await reopen_and_check(target, run, number, number + 1)
            storage = open_embedded(target, segment_bytes=SEGMENT_BYTES)
            bounds = storage.catalog.peek_bounds(run.pid)
            assert bounds is not None
            outcomes.add(bounds.high_watermark // 2 - 1 - number)
            await storage.aclose()

    assert outcomes == {0, 1}, "both outcomes of a cut commit were seen"


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
