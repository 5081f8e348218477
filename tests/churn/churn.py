"""Writes flushes into many logs, has the jobs merge, expire and forget them, and measures what that does to the catalog.

The store is pretended: what matters here are rows. Time is the flushes' own: so many of them make a week.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Any

from broker.config.settings import Settings
from broker.config.topic_config import effective
from broker.log.jobs.entry_remover import EntryRemover
from broker.log.jobs.garbage_collector import Drainer, GarbageCollector
from broker.log.jobs.merge_round import SPAN_BYTES, Merged, RunToWrite
from broker.log.jobs.merger import Merger
from broker.log.jobs.retention_keeper import RetentionKeeper
from broker.log.jobs.runner import Job
from broker.storage.catalog.base import BatchEntry, CommitGroup, Span, SpanEntry
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import WHOLE_OBJECTS

BATCH_BYTES = 2000
RETENTION_PART = 5
"""Data is kept for a fifth of the run."""
TABLES = ("span", "object", "part", "producer", "aborted", "trim", "object_ids", "job")
_SIZES = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relname = ANY ($1) AND relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


@dataclass
class Sample:
    """How it was after a part of the run."""

    flushes: int
    commit_p50_ms: float
    commit_p99_ms: float
    rows: Mapping[str, int]
    kib: Mapping[str, int]
    objects: int


@dataclass
class Outcome:
    """What a run came to."""

    spans: int = 0
    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    merged: int = 0
    deleted: int = 0

    def lines(self) -> Iterator[str]:
        """A table for people."""
        yield f"{self.spans} spans written in {self.seconds:.1f} s, {self.merged} merges, {self.deleted} objects deleted"
        yield "flushes  commit p50/p99 ms   most span rows   object rows   span KiB   object KiB   part KiB   objects in the store"
        for each in self.samples:
            yield (
                f"{each.flushes:7} {each.commit_p50_ms:9.1f}/{each.commit_p99_ms:<8.1f} {each.rows['span']:10} {each.rows['object']:13} "
                f"{each.kib['span']:10} {each.kib['object']:12} {each.kib['part']:10} {each.objects:10}"
            )


class ChurnCatalog(PostgresCatalog):
    """Its clock is that of the flushes."""

    now_ms = 0

    async def clock_ms(self) -> int | None:
        return self.now_ms


class PretendedStore:
    """Knows which objects there are."""

    def __init__(self, ids: Callable[[], int]) -> None:
        self.objects: set[int] = set()
        self.deleted = 0
        self._ids = ids

    def new_object_id(self) -> int:
        return WHOLE_OBJECTS + self._ids()

    async def delete(self, object_ids: Sequence[int]) -> None:
        assert self.objects.issuperset(object_ids), "deleted twice, or never written"
        self.objects.difference_update(object_ids)
        self.deleted += len(object_ids)


class PretendedRewriter:
    """Says what a merge would come to."""

    def __init__(self, store: PretendedStore) -> None:
        self._store = store
        self.merges = 0

    async def new_object_id(self) -> int:
        return self._store.new_object_id()

    async def merge(self, object_id: int, runs: Sequence[RunToWrite], inline: Mapping[int, bytes]) -> Merged:
        written: list[list[Span]] = []
        position = 0
        for run in runs:
            spans: list[Span] = []
            pending: list[Span] = []
            for old in run.spans:
                if pending and sum(each.length for each in pending) + old.length > SPAN_BYTES:
                    spans.append(_joined(pending, object_id, position))
                    position += spans[-1].length
                    pending = []
                pending.append(old)
            spans.append(_joined(pending, object_id, position))
            position += spans[-1].length
            written.append(spans)
        self._store.objects.add(object_id)
        self.merges += 1
        return Merged(written, position, position, [])

    async def rest(self) -> None:
        """There is no process."""


def _joined(spans: Sequence[Span], object_id: int, position: int) -> Span:
    return Span(
        spans[0].base,
        spans[-1].last,
        object_id,
        position,
        sum(span.length for span in spans),
        max(span.max_timestamp for span in spans),
        spans[-1].running_timestamp,
        sum(span.batch_count for span in spans),
        FLAG_FINAL_OFFSETS,
    )


class Churn:
    """One run: ``flushes`` of a batch for each of ``partitions``. ``vacuums``: the database has no time to do it by itself."""

    def __init__(self, url: str, *, partitions: int, flushes: int, samples: int = 10, vacuums: bool = False) -> None:
        self.vacuums = vacuums
        self.url = url
        self.partitions = partitions
        self.flushes = flushes
        self.samples = samples
        self._next_id = 0
        self._end_id = 0

    async def run(self) -> Outcome:
        """Churn, and say what it came to."""
        catalog = await ChurnCatalog.open(self.url)
        try:
            return await self._run(catalog)
        finally:
            await catalog.aclose()

    async def _run(self, catalog: ChurnCatalog) -> Outcome:
        await catalog.register(Registration(instance="churn", node_id=1, rack=None, listeners={}), 86_000_000)
        week_ms = 7 * 86_400_000
        step_ms = week_ms // self.flushes
        overrides = {"retention.ms": str(week_ms // RETENTION_PART)}
        topic = await catalog.create_topic("churn", b"c" * 16, self.partitions, 1, overrides, 0)
        store = PretendedStore(lambda: self._next_id)
        settings: Any = SimpleNamespace(
            current=Settings(data_dir="unused", merge_age_ms=10**12, merge_object_bytes=64 << 20)
        )
        shown = SimpleNamespace(name="churn", pids=topic.partitions, config=effective(overrides, settings.current))
        anything: Any = store
        topics: Any = SimpleNamespace(all=lambda: [shown])
        merger = Merger(anything, catalog, settings)
        rewriter: Any = PretendedRewriter(store)
        merger._rewriter = rewriter
        merger.merge = self._leasing(catalog, merger.merge)  # type: ignore[method-assign]
        jobs: list[Job] = [
            merger,
            RetentionKeeper(catalog, topics, settings, lambda: 0, 1),
            Drainer(catalog),
            GarbageCollector(anything, catalog, lambda: 0, lambda: 1.0),
            EntryRemover(catalog),
        ]
        outcome = Outcome()
        took: list[float] = []
        most = 0
        began = time.monotonic()
        for number in range(1, self.flushes + 1):
            catalog.now_ms += step_ms
            took.append(await self._flush(catalog, store, topic.partitions, number))
            if number % 20 == 0:
                merger._next_look = 0.0
                most = max(most, await catalog._connections.fetchval("SELECT count(*) FROM span"))
                for job in jobs:
                    for part in await job.due():
                        while await job.step(part):
                            pass
                # An hour of the week is over: nobody commits again what was deleted in it.
                await catalog._connections.change_once("UPDATE object SET deleted_at = '-infinity' WHERE state = 9")
                await catalog.forget_settled(10**6)
                if self.vacuums:
                    for table in TABLES:
                        await catalog._connections.change_once(f"VACUUM {table}")
            if number % (self.flushes // self.samples) == 0:
                outcome.samples.append(await self._sample(catalog, store, number, took, most))
                took, most = [], 0
        outcome.spans = self.flushes * self.partitions
        outcome.seconds = time.monotonic() - began
        outcome.merged, outcome.deleted = rewriter.merges, store.deleted
        return outcome

    def _leasing(self, catalog: PostgresCatalog, merge: Callable[[Any], Any]) -> Callable[[Any], Any]:
        async def leased(window: Any) -> None:
            self._next_id = await self._id(catalog)
            await merge(window)

        return leased

    async def _id(self, catalog: PostgresCatalog) -> int:
        if self._next_id + 1 >= self._end_id:
            self._next_id = await catalog.lease_object_ids(4096) - 1
            self._end_id = self._next_id + 4097
        self._next_id += 1
        return self._next_id

    async def _flush(self, catalog: ChurnCatalog, store: PretendedStore, pids: Sequence[int], number: int) -> float:
        """How long a commit took, in ms. Producers are idempotent, so their rows churn too."""
        object_id = await self._id(catalog)
        now_ms = catalog.now_ms
        spans = []
        for place, pid in enumerate(pids):
            batch = BatchEntry(10, BATCH_BYTES, now_ms, pid, 0, 10 * (number - 1), 10 * number - 1)
            spans.append(SpanEntry(pid, place * BATCH_BYTES, [batch]))
        store.objects.add(object_id)
        began = time.perf_counter()
        ((first, *_), *_) = await catalog.commit_spans(CommitGroup(object_id, 0, len(pids) * BATCH_BYTES, spans, now_ms))
        took = (time.perf_counter() - began) * 1000
        assert (first.error_code, first.base_offset) == (0, 10 * (number - 1))
        return took

    async def _sample(self, catalog: ChurnCatalog, store: PretendedStore, number: int, took: Sequence[float], most: int) -> Sample:
        connections = catalog._connections
        rows = {table: await connections.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
        sizes = {row[0]: row[1] // 1024 for row in await connections.fetch(_SIZES, list(TABLES))}
        return Sample(number, median(took), quantiles(took, n=100)[98], {**rows, "span": most}, sizes, len(store.objects))
