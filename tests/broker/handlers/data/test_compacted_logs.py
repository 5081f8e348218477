"""Requests about a log that was compacted: fetches within gaps, sessions, epochs, times, DeleteRecords and retention."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from broker.log.cleaner import Cleaner
from broker.log.compactor import Compactor
from broker.log.fetch_plan import WHOLE_BELOW
from broker.log.offset_finder import OffsetFinder
from broker.wire.error_codes import ErrorCode
from broker.wire.records.record import Record, encode_batch
from tests.broker.handlers.data import test_delete_records, test_fetch, test_offset_for_leader_epoch
from tests.broker.handlers.data.test_fetch import bases, fetched, partitions_of
from tests.broker.log.harness import NOW_MS, Log, running_log

pytestmark = pytest.mark.anyio

KEYS = 4
RECORDS = 40


@asynccontextmanager
async def compacted(value: bytes = b"v", **config: str) -> AsyncIterator[tuple[Log, int, Compactor]]:
    """A log of forty batches that was compacted to the last four; the first is of a key that comes once."""
    async with running_log() as log:
        settings = {"cleanup_policy": "compact,delete", "min_cleanable_dirty_ratio": "0", "retention_ms": "-1", **config}
        (pid,) = (await log.topic("t", **settings)).pids
        await log.append(pid, encode_batch([Record(0, NOW_MS, b"once", value)]))
        for number in range(1, RECORDS):
            await log.append(pid, encode_batch([Record(0, NOW_MS + number, b"k%d" % (number % KEYS), value)]))
        compactor = Compactor(
            log.store, log.catalog, log.directory, log.tail, log.live, lambda: log.clock, on_round=log.reader.compaction_begins
        )
        await compactor.compact_due()
        yield log, pid, compactor


@pytest.mark.parametrize("value", [b"v", b"v" * WHOLE_BELOW], ids=["small", "large"])
async def test_a_fetch_within_a_gap_gives_what_lies_behind_it(value: bytes) -> None:
    """Whether the span is read as a whole or walked; as Kafka does it: at least one batch, whatever its size."""
    async with compacted(value) as (log, _, _):
        for offset, first in ((0, 0), (1, 36), (17, 36), (36, 36), (37, 37), (39, 39)):
            (data,) = partitions_of(await fetched(log, test_fetch.request((0, offset))))
            assert (data.error_code, data.high_watermark, data.log_start_offset) == (0, RECORDS, 0)
            assert bases(data) == [base for base in (0, 36, 37, 38, 39) if base >= first]
        (end,) = partitions_of(await fetched(log, test_fetch.request((0, RECORDS), max_wait_ms=0)))
        assert (end.error_code, bases(end)) == (0, [])
        (beyond,) = partitions_of(await fetched(log, test_fetch.request((0, RECORDS + 1))))
        assert beyond.error_code == ErrorCode.OFFSET_OUT_OF_RANGE


async def test_a_session_goes_on_across_a_compaction() -> None:
    """What is fetched incrementally next is what lies behind the gap."""
    async with compacted() as (log, pid, compactor):
        first = await fetched(log, test_fetch.request((0, 36), session_epoch=0))
        assert bases(partitions_of(first)[0]) == [36, 37, 38, 39]
        for number in range(8):
            await log.append(pid, encode_batch([Record(0, NOW_MS, b"k%d" % (number % KEYS), b"new")]))
        await compactor.compact_due()
        again = await fetched(
            log, test_fetch.request((0, 40), session_id=first.session_id, session_epoch=1)
        )
        assert bases(partitions_of(again)[0]) == [44, 45, 46, 47]


async def test_the_epoch_ends_where_the_log_does() -> None:
    """Compaction changes no epoch; batches carry it as before."""
    async with compacted() as (log, _, _):
        ends = await test_offset_for_leader_epoch.ends(log, test_offset_for_leader_epoch.request((0, 0, -1)))
        assert ends == [(0, 0, RECORDS)]
        fetch = test_fetch.request((0, 5))
        fetch.topics[0].partitions[0].current_leader_epoch = 0
        fetch.topics[0].partitions[0].last_fetched_epoch = 0
        (data,) = partitions_of(await fetched(log, fetch))
        assert (data.error_code, bases(data)[:1]) == (0, [36])


async def test_records_may_be_deleted_up_to_within_a_gap() -> None:
    """The log begins there, and what is fetched from there is what lies behind."""
    async with compacted() as (log, _, _):
        assert await test_delete_records.deleted(log, test_delete_records.request((0, 20))) == [(0, 20)]
        (data,) = partitions_of(await fetched(log, test_fetch.request((0, 20))))
        assert (data.log_start_offset, [base for base in bases(data) if base >= 20]) == (20, [36, 37, 38, 39])
        (before,) = partitions_of(await fetched(log, test_fetch.request((0, 19))))
        assert before.error_code == ErrorCode.OFFSET_OUT_OF_RANGE


async def test_a_time_leads_to_what_is_left() -> None:
    """Also one whose record is gone; the latest time is that of a record that is there."""
    async with compacted() as (log, pid, _):
        finder = OffsetFinder(log.catalog, log.reader)
        for number, offset in ((0, 0), (1, 36), (20, 36), (39, 39)):
            _, found = await finder.at_timestamp(pid, NOW_MS + number)
            assert found is not None
            assert found.offset == offset
        _, latest = await finder.at_max_timestamp(pid)
        assert latest is not None
        assert (latest.offset, latest.timestamp) == (39, NOW_MS + 39)


async def test_the_latest_time_may_lie_before_the_start() -> None:
    """The span in which the log begins has nothing left behind that, and its latest record is not in the log any more."""
    async with running_log() as log:
        (pid,) = (await log.topic("t", cleanup_policy="compact", min_cleanable_dirty_ratio="0")).pids
        await log.append(pid, encode_batch([Record(0, NOW_MS + 100, b"once", b"v"), Record(1, NOW_MS, b"k", b"v")]))
        for later in (1, 3, 2):
            await log.append(pid, encode_batch([Record(0, NOW_MS + later, b"k%d" % later, b"v"), Record(1, NOW_MS, b"k", b"v")]))
        compactor = Compactor(
            log.store, log.catalog, log.directory, log.tail, log.live, lambda: log.clock, on_round=log.reader.compaction_begins
        )
        await compactor.compact_due()
        finder = OffsetFinder(log.catalog, log.reader)
        assert (await finder.at_max_timestamp(pid))[1] == (0, NOW_MS + 100)
        await log.catalog.advance_log_start(pid, 1)
        assert (await finder.at_max_timestamp(pid))[1] == (4, NOW_MS + 3)


async def test_retention_goes_on_over_compacted_spans() -> None:
    """With compact,delete: by what is left, in age and in bytes; with compact alone nothing goes."""
    for policy, start in (("compact,delete", RECORDS), ("compact", 0)):
        async with compacted(cleanup_policy=policy, retention_ms="1000") as (log, pid, compactor):
            cleaner = Cleaner(log.store, log.catalog, log.directory, log.live, lambda: log.clock)
            await cleaner.apply_retention()
            await log.append(pid, encode_batch([Record(0, NOW_MS + 5000, b"new", b"v")]))
            log.clock = NOW_MS + 2000
            await cleaner.apply_retention()
            bounds = log.catalog.peek_bounds(pid)
            assert bounds is not None
            assert (bounds.log_start, bounds.high_watermark) == (start, RECORDS + 1)
            await compactor.compact_due()
            (data,) = partitions_of(await fetched(log, test_fetch.request((0, start))))
            assert bases(data)[-1] == RECORDS
