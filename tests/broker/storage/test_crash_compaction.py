"""A machine that stops at any moment of a compaction: what it leaves opens, with everything acknowledged, and nothing comes back."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Lock

import pytest

from broker.log.cleaner import Cleaner
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.log.compacted_log import CompactedLog, Shown, Transactional, newest
from tests.broker.storage.log_on_disk import check_counts
from tests.broker.storage.recorded_files import Event, RecordedFiles, Survival, files_after_crash
from tests.broker.storage.test_crash import CatalogFiles, catalog_files

RETENTION_MS = 1000
SEGMENT_BYTES = 1200


class WatchedFiles(RecordedFiles):
    """Remembers what the catalog was at every event."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.catalogs: list[CatalogFiles] = []
        self._order = Lock()

    def _add(self, event: Event) -> None:
        # In one go: threads that write at the same time must not have their catalogs and events in different orders.
        with self._order:
            exists = (self.directory / "catalog.db").exists()
            self.catalogs.append(catalog_files(self.directory) if exists else CatalogFiles(b"", b""))
            super()._add(event)


@dataclass(slots=True)
class Run:
    """What a workload did. ``written`` are all records ever, ``aborted`` the offsets of those that nobody may be shown."""

    io: WatchedFiles
    written: list[Shown]
    aborted: set[int]


def a_log(directory: Path) -> CompactedLog:
    log = CompactedLog(directory, delete_retention_ms=str(RETENTION_MS))
    log.segment_bytes = SEGMENT_BYTES
    log.part_bytes = 300
    return log


async def workload(directory: Path) -> Run:
    """Overwrites, a tombstone and transactions, compacted in several parts, twice; then what is dead is deleted."""
    log = a_log(directory)
    log.io = io = WatchedFiles(directory)
    await log.open()
    run = Run(io, [], set())
    io.mark("flushed")

    async def put(*pairs: tuple[bytes, bytes | None], by: Transactional | None = None, codec: int = 0) -> None:
        if by is not None:
            await by.begin()
            io.mark("flushed")
        offset = await (log.put(*pairs, codec=codec) if by is None else by.put(*pairs, codec=codec))
        run.written += [(offset + at, *pair) for at, pair in enumerate(pairs)]
        io.mark(f"acknowledged {log.bounds.high_watermark}")

    async def compact() -> None:
        await log.compact()
        io.mark("flushed")

    tx = Transactional(log, "tx")
    for number in range(8):
        await put((b"k%d" % (number % 3), b"v%d" % number * 20), (b"own%d" % number, b"x"), codec=number % 5)
    await put((b"gone", b"1"))
    await put((b"gone", None))
    await put((b"k0", b"aborted"), (b"k1", b"aborted"), by=tx)
    run.aborted = {offset for offset, _, value in run.written if value == b"aborted"}
    await tx.end(False)
    io.mark("flushed")
    await put((b"k2", b"committed"), by=tx)
    await tx.end(True)
    io.mark("flushed")
    await compact()
    await put((b"k1", b"later"), (b"k2", None))
    log.clock += 2 * RETENTION_MS
    await compact()
    await Cleaner(log.store, log.catalog, log.topic, log.compactor._settings, lambda: log.clock).delete_dead_objects()  # type: ignore[arg-type]
    io.mark("flushed")
    await put((b"k0", b"last"))
    await log.close()
    return run


def lay_down(target: Path, run: Run, files: dict[Path, bytes], catalog: CatalogFiles) -> None:
    (target / "segments").mkdir(parents=True)
    for path, data in files.items():
        (target / path.relative_to(run.io.directory)).write_bytes(data)
    (target / "catalog.db").write_bytes(catalog.main)
    (target / "catalog.db-wal").write_bytes(catalog.log)


def tables(run: Run, acknowledged: int) -> list[dict[bytes, bytes]]:
    """What a consumer may end up with: what was acknowledged, and possibly the batch that was under way."""
    ends = sorted({0, *(int(event.path.name.split()[1]) for event in run.io.events if event.path.name.startswith("ack"))})
    following = next((end for end in ends if end > acknowledged), acknowledged)
    kept = [each for each in run.written if each[0] not in run.aborted]
    return [newest([each for each in kept if each[0] < end]) for end in (acknowledged, following)]


async def check(log: CompactedLog, run: Run, acknowledged: int) -> None:
    shown = await log.shown(0, 1)
    assert set(shown) <= set(run.written), "nothing comes to life that was not written"
    assert not run.aborted & {offset for offset, _, _ in shown}
    # A transaction that was open is not to be seen yet.
    stable = tables(run, min(acknowledged, log.bounds.last_stable_offset))
    assert newest(shown) in [*stable, *tables(run, acknowledged)]
    await log.spans()


async def reopen_and_check(target: Path, run: Run, acknowledged: int) -> None:
    """Open what was left, go on as a broker does, and check after a proper restart as well."""
    log = a_log(target)
    await log.open()
    assert log.bounds.high_watermark >= acknowledged
    await check(log, run, acknowledged)
    known = sqlite3.connect(target / "catalog.db").execute("SELECT object_id FROM objects").fetchall()
    whole = {int(path.stem, 16) for path in (target / "segments").iterdir()}
    assert {number for number in whole if number >= WHOLE_OBJECTS} <= {number for (number,) in known}, "left-overs are swept"
    before = newest(await log.shown(0, 1))
    await log.compact()
    await log.restart()
    assert newest(await log.shown(0, 1)) == before
    await check(log, run, acknowledged)
    await log.close()
    check_counts(target)


@pytest.mark.durability
@pytest.mark.parametrize("survival", list(Survival))
async def test_a_crash_at_every_step_of_a_compaction(tmp_path: Path, survival: Survival) -> None:
    """Unflushed writes lost, kept or torn; the catalog as it is then, or as it was flushed last."""
    run = await workload(tmp_path / "data")
    events = run.io.events
    begun = next(index for index, event in enumerate(events) if event.what == "create" and event.path.name[:1] == "1")
    assert sum(event.what == "create" and event.path.name.startswith("1") for event in events) > 4, "several parts"
    images = 0
    for moment in range(begun - 6, len(events) + 1):
        if events[moment - 1].what == "mark" and survival is not Survival.TORN:
            continue
        past = events[:moment]
        ends = [int(event.path.name.split()[1]) for event in past if event.path.name.startswith("acknowledged")]
        flushed = max(index for index, event in enumerate(past) if event.path.name == "flushed")
        catalogs = {run.io.catalogs[moment - 1]}
        if not any(event.path.name[:1] == "1" and event.what == "create" for event in past[flushed:]):
            catalogs.add(run.io.catalogs[flushed])  # plain commits since then may be lost from the catalog
        for kept, catalog in enumerate(catalogs):
            target = tmp_path / f"image-{moment}-{kept}"
            lay_down(target, run, files_after_crash(past, survival, Random(moment)), catalog)
            await reopen_and_check(target, run, ends[-1] if ends else 0)
            images += 1

    assert images > 40
