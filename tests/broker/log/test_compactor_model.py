"""Compaction against a model that is written to be obvious: a log is a list of records, each with its key, value and transaction, and what a
consumer must be shown is told from there. Random workloads with restarts and several rounds."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.config.settings import Settings
from broker.log.compaction_rules import BYTES_A_KEY
from broker.log.offset_finder import OffsetFinder
from broker.wire.records.record import iter_records
from tests.broker.log.compacted_log import CompactedLog, Shown, Transactional, directory, newest
from tests.broker.storage.log_on_disk import check_counts

RETENTION_MS = 1000
PRODUCERS = 3
EXAMPLES = settings.default.max_examples


@dataclass(slots=True)
class Work:
    """A transaction; ``committed`` is None while it is open."""

    first: int
    committed: bool | None = None


@dataclass(slots=True)
class Entry:
    """One record. ``clean_ms`` is when a round first went over it, ``present`` whether it is still to be shown."""

    offset: int
    key: bytes | None
    value: bytes | None
    work: Work | None
    clean_ms: int | None = None
    present: bool = True


@dataclass(slots=True)
class Model:
    """The log as a list."""

    entries: list[Entry] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    cleaned_to: int = 0
    log_start: int = 0

    def compacted(self, upto: int, now_ms: int) -> None:
        """A round has gone over everything below ``upto``."""
        below = [entry for entry in self.entries if entry.offset < upto]
        last: dict[bytes, int] = {}
        for entry in below:
            if entry.key is not None and not (entry.work is not None and entry.work.committed is False):
                last[entry.key] = entry.offset
        for entry in below:
            aborted = entry.work is not None and entry.work.committed is False
            if aborted or entry.key is None or last[entry.key] != entry.offset or (entry.value is None and entry.clean_ms is not None and entry.clean_ms + RETENTION_MS <= now_ms):
                entry.present = False
            if entry.clean_ms is None:
                entry.clean_ms = now_ms
        self.cleaned_to = max(self.cleaned_to, upto)

    def stable(self, high_watermark: int) -> int:
        return min([work.first for work in self.works if work.committed is None], default=high_watermark)

    def shown(self, offset: int, isolation: int, high_watermark: int) -> list[Shown]:
        end = self.stable(high_watermark) if isolation else high_watermark
        return [
            (entry.offset, entry.key, entry.value)
            for entry in self.entries
            if entry.present
            and max(offset, self.log_start) <= entry.offset < end
            and not (isolation and entry.work is not None and entry.work.committed is False)
        ]


class World:
    """A log, its model, and the producers of both."""

    def __init__(self, log: CompactedLog, random: Random) -> None:
        self.log = log
        self.model = Model()
        self.random = random
        self.producers = [Transactional(log, f"tx{number}") for number in range(PRODUCERS)]
        self.open: dict[int, Work] = {}
        self.number = 0

    def pairs(self) -> list[tuple[bytes | None, bytes | None]]:
        found: list[tuple[bytes | None, bytes | None]] = []
        for _ in range(self.random.choice((1, 1, 2, 3, 6))):
            self.number += 1
            key = b"k%d" % self.random.randrange(5)
            key = key if self.random.random() < 0.9 else key * 20
            value = None if self.random.random() < 0.25 else b"%d" % self.number * self.random.choice((1, 1, 30))
            found.append((key if self.random.random() < 0.97 else None, value))
        return found

    async def step(self) -> None:
        random, log = self.random, self.log
        which = random.randrange(PRODUCERS)
        producer = self.producers[which]
        action = random.random()
        codec = random.choice((0, 0, 1, 2, 3, 4))
        if action < 0.3:
            pairs = self.pairs()
            self._add(await log.put(*pairs, codec=codec, timestamp_type=random.choice((0, 0, 1))), pairs, None)
        elif action < 0.55:
            pairs = self.pairs()
            offset = await producer.put(*pairs, codec=codec)
            if which not in self.open:
                self.open[which] = Work(offset)
                self.model.works.append(self.open[which])
            self._add(offset, pairs, self.open[which])
        elif action < 0.7 and which in self.open:
            commit = random.random() < 0.5
            await producer.end(commit)
            self.open.pop(which).committed = commit
        elif action < 0.8:
            log.clock += random.choice((1, 400, RETENTION_MS, 3 * RETENTION_MS))
        elif action < 0.92:
            await self.compact()
        elif action < 0.95 and log.directory is not None:
            await log.restart()
        elif action < 0.97:
            start = random.randint(log.bounds.log_start, max(log.bounds.log_start, log.bounds.last_stable_offset))
            await log.catalog.advance_log_start(log.pid, start)
            self.model.log_start = max(self.model.log_start, start)
            self.model.entries = [entry for entry in self.model.entries if entry.offset >= start]

    def _add(self, offset: int, pairs: list[tuple[bytes | None, bytes | None]], work: Work | None) -> None:
        for at, (key, value) in enumerate(pairs):
            self.model.entries.append(Entry(offset + at, key, value, work))

    async def compact(self) -> None:
        log = self.log
        before = log.bounds
        first_dirty = max((await log.catalog.cleaned()).get(log.pid, 0), before.log_start)
        await log.compact()
        upto = (await log.catalog.cleaned()).get(log.pid, 0)
        assert upto <= before.last_stable_offset, "never beyond the last stable offset"
        if upto > first_dirty:
            self.model.compacted(upto, log.clock)
        assert log.bounds.high_watermark == before.high_watermark
        assert log.bounds.last_stable_offset == before.last_stable_offset

    async def check(self) -> None:
        log, random = self.log, self.random
        high_watermark = log.bounds.high_watermark
        await log.spans()
        for isolation in (0, 1):
            for offset in (log.bounds.log_start, random.randint(log.bounds.log_start, high_watermark)):
                max_bytes = random.choice((1, 150, 1 << 20))
                expected = self.model.shown(offset, isolation, high_watermark)
                assert await log.shown(offset, isolation, max_bytes) == expected, (offset, isolation, max_bytes)
        await self.check_times()

    async def check_times(self) -> None:
        """Looking for a timestamp leads to the first record that a reader is given with it."""
        log = self.log
        finder = OffsetFinder(log.catalog, log.reader)
        records = [
            (record.offset, record.timestamp)
            for header, data, _ in await log.batches()
            for record in iter_records(data, 0, header)
            if record.offset >= log.bounds.log_start
        ]
        for timestamp in {self.random.choice(records)[1] if records else 0, log.clock + 1}:
            wanted = next((offset for offset, at in records if at >= timestamp), None)
            _, found = await finder.at_timestamp(log.pid, timestamp)
            assert (None if found is None else found.offset) == wanted
        _, found = await finder.at_max_timestamp(log.pid)
        latest = max((at for _, at in records), default=None)
        assert (None if found is None else found.timestamp) == latest

    async def finish(self) -> None:
        """Everything ends, and is compacted: of each key there is one record at the most, and it is the newest."""
        log = self.log
        for which in list(self.open):
            await self.producers[which].end(True)
            self.open.pop(which).committed = True
        alive = [entry for entry in self.model.entries if not (entry.work and entry.work.committed is False)]
        table = newest([(entry.offset, entry.key, entry.value) for entry in alive if entry.key is not None])
        for _ in range(200):
            if (await log.catalog.cleaned()).get(log.pid, 0) >= log.bounds.high_watermark:
                break
            await self.compact()
            if log.bounds.log_start == log.bounds.high_watermark:
                break
        await self.check()
        shown = await log.shown(0, 1)
        keys = [key for _, key, _ in shown]
        assert len(keys) == len(set(keys))
        assert newest(shown) == table


async def run(seed: int, steps: int, path: Path | None) -> None:
    random = Random(seed)
    log = CompactedLog(path, delete_retention_ms=str(RETENTION_MS))
    # Few keys at a time, small parts and a small tail, or none of that.
    keys = random.choice((7, 1000))
    log.settings = Settings(data_dir="unused", log_cleaner_dedupe_buffer_size=keys * BYTES_A_KEY)
    log.part_bytes = random.choice((1, 300, 64 << 20))
    log.tail_bytes = random.choice((0, 1000, 1 << 20))
    await log.open()
    try:
        world = World(log, random)
        for number in range(steps):
            await world.step()
            if number % 5 == 0:
                await world.check()
        await world.finish()
    finally:
        await log.close()
    if path is not None:
        check_counts(path)


@settings(max_examples=EXAMPLES // 2)
@given(seed=st.integers(0, 2**32))
async def test_a_consumer_is_shown_what_kafka_would_show(seed: int) -> None:
    """The newest committed record of every key, tombstones for their time, what is not compacted yet, and nothing else; at the offsets that
    it always had."""
    await run(seed, 50, None)


@settings(max_examples=EXAMPLES // 10)
@given(seed=st.integers(0, 2**32))
async def test_the_same_on_disk_with_restarts(seed: int) -> None:
    """Counts of objects are right as well (I4)."""
    with directory() as path:
        await run(seed, 60, Path(path) / "data")


@pytest.mark.parametrize("seed", range(2))
async def test_a_long_life(seed: int, tmp_path: Path) -> None:
    """Many rounds over one log."""
    await run(seed, 250, tmp_path / "data" if seed % 2 else None)
