"""Disk space that comes back in the embedded profile, and a machine that stops at any moment of that."""

import sqlite3
from pathlib import Path
from random import Random
from typing import Any

import pytest

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.log.cleaner import Cleaner
from broker.log.stored_batches import Piece, check_crc, walk
from broker.model import Topic
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.committing import UnstoredGroup
from broker.storage.embedded import EmbeddedStorage, open_embedded
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import WHOLE_OBJECTS, TocEntry
from broker.storage.recovery import entry_of
from broker.wire.records.batch import parse_header, stamp
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.broker.storage.log_on_disk import check_counts
from tests.broker.storage.recorded_files import Survival, files_after_crash
from tests.broker.storage.test_crash_compaction import WatchedFiles

NOW_MS = 1_700_000_000_000


class Disk:
    """A data directory with a topic that stays and one that goes, both in every segment."""

    def __init__(self, directory: Path, io: FileOperations | None = None, segment_bytes: int = 3000) -> None:
        self.directory = directory
        self.storage: EmbeddedStorage = open_embedded(directory, segment_bytes=segment_bytes, io=io)
        self.catalog = self.storage.catalog
        settings = Settings(data_dir="unused", merge_object_bytes=1 << 20)
        self.cleaner = Cleaner(self.storage.store, self.catalog, self, LiveSettings(settings, self.catalog), lambda: NOW_MS)

    def all(self) -> list[Any]:
        return []

    async def topic(self, name: str) -> Topic:
        known = {topic.name: topic for topic in await self.catalog.load_topics()}
        return known.get(name) or await self.catalog.create_topic(name, name.encode().ljust(16), 1, 1, {}, NOW_MS)

    async def produce(self, number: int, gone_size: int = 900) -> None:
        """A small record that stays beside a large one that goes."""
        kept, gone = await self.topic("kept"), await self.topic("gone")
        batches = [
            encode_batch([Record(0, NOW_MS, None, b"%d" % number)]),
            encode_batch([Record(0, NOW_MS, None, b"x" * gone_size)]),
        ]
        toc, at = [], 0
        for topic, batch in zip((kept, gone), batches, strict=True):
            toc.append(TocEntry(topic.partitions[0], at, len(batch)))
            at += len(batch)
        answers = await self.storage.committer.commit(
            UnstoredGroup(batches, toc, [[entry_of(parse_header(batch))] for batch in batches], NOW_MS)
        )
        assert all(answer.error_code == 0 for (answer,) in answers)

    async def kept(self) -> list[bytes]:
        """What a reader is shown of the topic that stays."""
        (pid,) = (await self.topic("kept")).partitions
        bounds = (await self.catalog.bounds([pid]))[pid]
        shown: list[bytes] = []
        offset = bounds.log_start
        while offset < bounds.high_watermark:
            (answer,) = await self.catalog.find_spans([SpanQuery(pid, offset, 1 << 30)])
            for span in answer.spans:
                assert span.base == offset, "I3"
                (data,) = await self.storage.store.read(span.object_id, [(span.position, span.length)])
                is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
                for position, base, header in walk(Piece(data, span.base, span.last, is_final, True)):
                    check_crc(data, position, header)
                    if not is_final:
                        stamp(data, position, base, 0)
                    shown += [bytes(record.value or b"") for record in iter_records(data, position, parse_header(data, position))]
                offset = span.last + 1
        return shown

    @property
    def used(self) -> int:
        """Bytes of segments, the one in use and the one that is made ready left out."""
        current = self.storage.store._writer.current_number or 0
        numbers = {int(path.stem, 16): path.stat().st_size for path in (self.directory / "segments").iterdir()}
        return sum(size for number, size in numbers.items() if not current <= number < WHOLE_OBJECTS)

    async def let_go(self) -> None:
        """The topic is deleted, and what nothing needs is given back."""
        gone = await self.topic("gone")
        await self.catalog.delete_topic(gone.topic_id)
        for _ in range(20):
            await self.catalog.meta("anything", "")
        await self.cleaner.reclaim()
        await self.cleaner.delete_dead_objects()


async def test_space_comes_back_where_little_of_a_segment_is_needed(tmp_path: Path) -> None:
    """Of every segment something is needed, yet nearly all of the disk is free again; readers and restarts notice nothing."""
    disk = Disk(tmp_path / "data", segment_bytes=1 << 20)
    for number in range(40):
        await disk.produce(number, 100_000)
    before = disk.used
    assert before > 3_000_000
    await disk.let_go()
    assert disk.used < before / 10
    assert await disk.kept() == [b"%d" % number for number in range(40)]
    whole = [path for path in (tmp_path / "data" / "segments").iterdir() if int(path.stem, 16) >= WHOLE_OBJECTS]
    assert len(whole) == 1
    await disk.storage.aclose()

    again = Disk(tmp_path / "data", segment_bytes=1 << 20)
    assert await again.kept() == [b"%d" % number for number in range(40)]
    await again.cleaner.reclaim()
    assert await again.kept() == [b"%d" % number for number in range(40)]
    await again.storage.aclose()
    check_counts(tmp_path / "data")


async def test_a_large_rewrite_is_done_by_a_process(tmp_path: Path) -> None:
    """What is needed is more than what a thread would do."""
    disk = Disk(tmp_path / "data", segment_bytes=4 << 20)
    kept = await disk.topic("kept")
    large = encode_batch([Record(0, NOW_MS, None, b"k" * 200_000)])
    for number in range(12):
        batches = [(kept, large), (await disk.topic("gone"), encode_batch([Record(0, NOW_MS, None, b"%d" % number + b"x" * 500_000)]))]
        toc, at = [], 0
        for topic, batch in batches:
            toc.append(TocEntry(topic.partitions[0], at, len(batch)))
            at += len(batch)
        group = UnstoredGroup([each for _, each in batches], toc, [[entry_of(parse_header(each))] for _, each in batches], NOW_MS)
        await disk.storage.committer.commit(group)
    before = disk.used
    await disk.let_go()
    assert disk.used < before / 2
    assert await disk.kept() == [b"k" * 200_000] * 12
    assert disk.cleaner.merger._rewriter._process is None, "and the process is gone"
    await disk.storage.aclose()


@pytest.mark.durability
@pytest.mark.parametrize("survival", list(Survival))
async def test_a_crash_at_every_step_of_a_rewrite(tmp_path: Path, survival: Survival) -> None:
    """Unflushed writes lost, kept or torn; the catalog as it is then, or as it was flushed last."""
    io = WatchedFiles(tmp_path / "data")
    disk = Disk(tmp_path / "data", io)
    await disk.topic("kept")
    await disk.topic("gone")
    io.mark("flushed")
    for number in range(12):
        await disk.produce(number)
        io.mark(f"acknowledged {number + 1}")
    await disk.let_go()
    io.mark("flushed")
    await disk.topic("gone")
    io.mark("flushed")
    await disk.produce(12)
    io.mark("acknowledged 13")
    await disk.storage.aclose()

    events = io.events
    begun = next(at for at, event in enumerate(events) if event.what == "create" and event.path.name[:1] == "1")
    images = 0
    for moment in range(begun - 4, len(events) + 1):
        past = events[:moment]
        ends = [int(event.path.name.split()[1]) for event in past if event.path.name.startswith("acknowledged")]
        target = tmp_path / f"image-{moment}"
        (target / "segments").mkdir(parents=True)
        for path, data in files_after_crash(past, survival, Random(moment)).items():
            (target / path.relative_to(io.directory)).write_bytes(data)
        catalog = io.catalogs[moment - 1]
        (target / "catalog.db").write_bytes(catalog.main)
        (target / "catalog.db-wal").write_bytes(catalog.log)
        left = Disk(target)
        shown = await left.kept()
        assert shown[: ends[-1]] == [b"%d" % number for number in range(ends[-1])]
        assert len(shown) <= ends[-1] + 1
        known = {number for (number,) in sqlite3.connect(target / "catalog.db").execute("SELECT object_id FROM objects")}
        there = {int(path.stem, 16) for path in (target / "segments").iterdir()}
        assert {number for number in there if number >= WHOLE_OBJECTS} <= known, "left-overs are swept"
        await left.cleaner.reclaim()
        await left.cleaner.delete_dead_objects()
        assert (await left.kept())[: ends[-1]] == shown[: ends[-1]]
        await left.storage.aclose()
        check_counts(target)
        images += 1
    assert images > 15
