"""The compactor: which logs it takes, what it leaves behind, what it does when it cannot, and its rhythm on a virtual clock."""

import re
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio.testing

from broker.config.settings import Settings
from broker.errors import StorageFailed, StorageUnavailable
from broker.log.compaction_rules import BYTES_A_KEY
from broker.log.compactor import Compactor, keys_at_once
from broker.storage.catalog.base import SpanSwap
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.wire.records.batch import stamp_crc
from broker.wire.records.record import Record, encode_batch
from observability.metrics import REGISTRY
from tests.broker.log.compacted_log import CompactedLog, Transactional

K, V = b"key", b"value"


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_the_newest_record_of_each_key_stays_at_its_offset() -> None:
    """And the size of the log falls."""
    log = await CompactedLog().open()
    for number in range(20):
        await log.put((b"k%d" % (number % 3), b"%d" % number * 50))
    before = log.bounds
    await log.compact()

    assert [(offset, key) for offset, key, _ in await log.shown()] == [(17, b"k2"), (18, b"k0"), (19, b"k1")]
    assert (log.bounds.log_start, log.bounds.high_watermark) == (0, 20)
    assert log.bounds.bytes < before.bytes / 3
    assert await log.catalog.cleaned() == {log.pid: 20}


async def test_nothing_is_touched_without_need() -> None:
    """A log with nothing new, and one that is not dirty enough."""
    log = await CompactedLog(min_cleanable_dirty_ratio="0.5").open()
    await log.put((K, V * 100), (b"other", V * 100))
    await log.compact()
    spans = await log.spans()
    await log.compact()
    assert await log.spans() == spans

    await log.put((K, V))
    await log.compact()
    assert (await log.spans())[:1] == spans
    await log.put((K, V * 400))
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [1, 3]


async def test_the_dirtiest_goes_first_and_the_policy_decides() -> None:
    """Topics that are deleted by time only are never rewritten."""
    log = await CompactedLog(cleanup_policy="delete").open()
    await log.put((K, V))
    await log.put((K, V))
    await log.compact()
    assert len(await log.shown()) == 2
    assert await log.catalog.cleaned() == {}


async def test_records_are_safe_while_they_are_young() -> None:
    """min.compaction.lag.ms counts from a record's timestamp."""
    log = await CompactedLog(min_compaction_lag_ms="1000").open()
    for _ in range(3):
        await log.put((K, V))
        log.clock += 400
    await log.compact()
    assert len(await log.shown()) == 3
    log.clock += 300
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [1, 2], "two were old enough"
    log.clock += 1000
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [2]


async def test_records_do_not_wait_for_ever() -> None:
    """max.compaction.lag.ms has a log compacted that is not dirty enough."""
    log = await CompactedLog(min_cleanable_dirty_ratio="1", max_compaction_lag_ms="5000").open()
    await log.put((K, V))
    await log.put((K, V))
    await log.compact()
    assert len(await log.shown()) == 2
    log.clock += 5001
    await log.compact()
    assert len(await log.shown()) == 1


async def test_nothing_beyond_the_last_stable_offset() -> None:
    """An open transaction holds compaction up; when it is aborted, its records go and count for nothing."""
    log = await CompactedLog().open()
    tx = Transactional(log, "tx")
    await log.put((K, b"1"))
    await tx.put((K, b"2"))
    await log.put((b"other", b"3"))
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [0, 1, 2]
    await tx.end(False)
    await log.compact()
    assert [(offset, value) for offset, _, value in await log.shown()] == [(0, b"1"), (2, b"3")]
    assert [(offset, value) for offset, _, value in await log.shown(isolation=1)] == [(0, b"1"), (2, b"3")]
    assert len(await log.catalog.aborted(log.pid, 0, 10)) == 1, "the round that removes data keeps the index"
    await log.put((b"more", V))
    await log.compact()
    assert await log.catalog.aborted(log.pid, 0, 10) == []


async def test_tombstones_go_after_their_time() -> None:
    """delete.retention.ms counts from the round that made them clean."""
    log = await CompactedLog(delete_retention_ms="1000").open()
    await log.put((K, V))
    await log.put((K, None))
    for wait, is_there in ((0, True), (999, True), (1, False)):
        await log.put((b"other", V))
        log.clock += wait
        await log.compact()
        assert ((1, K, None) in await log.shown()) is is_there
        assert (0, K, V) not in await log.shown()


async def test_the_end_of_the_log_can_be_reached() -> None:
    """The last record may go; a consumer that waits for the end offset still gets there, and those in the gap get past it."""
    log = await CompactedLog(delete_retention_ms="0").open()
    tx = Transactional(log, "tx")
    await log.put((K, V))
    await tx.put((K, V), (K, V))
    await tx.end(False)
    for _ in range(3):
        await log.compact()
        log.clock += 1
    for offset in range(log.bounds.high_watermark):
        answer = await log.fetch(offset, isolation=1)
        assert (answer.error_code, answer.size > 0) == (0, True)
        assert answer.next_offset > offset
    assert [offset for offset, _, _ in await log.shown(isolation=1)] == [0]
    assert (await log.fetch(log.bounds.high_watermark)).size == 0


async def test_readers_at_the_end_are_still_answered_from_memory() -> None:
    """What is compacted leaves the tail cache before the catalog changes; its end stays known."""
    log = await CompactedLog().open()
    for _ in range(5):
        await log.put((K, V))
    await log.compact()
    assert not log.tail.has_batch(log.pid, 4)
    assert log.tail.take(log.pid, 5, 100, 5, True) is not None
    await log.put((K, V))
    assert log.tail.has_batch(log.pid, 5)
    assert [offset for offset, _, _ in await log.shown()] == [4, 5]


async def test_keys_that_do_not_fit_take_several_rounds() -> None:
    """Each goes as far as its memory reaches."""
    log = CompactedLog()
    log.settings = Settings(data_dir="unused", log_cleaner_dedupe_buffer_size=3 * BYTES_A_KEY)
    await log.open()
    for number in range(10):
        await log.put((b"k%d" % (number % 5), V))
    await log.compact()
    assert (await log.catalog.cleaned())[log.pid] == 3
    for _ in range(5):
        await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [5, 6, 7, 8, 9]


async def test_a_batch_that_cannot_be_taken_in_leaves_its_log_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """With an error and a metric; the log is read and written as before, and not tried again and again."""
    log = CompactedLog()
    log.settings = Settings(data_dir="unused", log_cleaner_dedupe_buffer_size=2 * BYTES_A_KEY)
    await log.open()
    await log.put((b"1", V), (b"2", V), (b"3", V))
    failures = metric("penstock_compaction_failures_total", reason="uncleanable")
    await log.compact()
    assert metric("penstock_compaction_failures_total", reason="uncleanable") == failures + 1
    assert metric("penstock_compaction_partitions_uncleanable") == 1
    assert "more keys than fit" in capsys.readouterr().out
    await log.compact()
    assert metric("penstock_compaction_failures_total", reason="uncleanable") == failures + 1
    assert len(await log.shown()) == 3


async def test_damaged_data_leaves_its_log_alone(tmp_path: Path) -> None:
    """Nothing of it is rewritten, and nothing is left behind on the disk."""
    log = await CompactedLog(tmp_path / "data").open()
    for number in range(4):
        await log.put((b"k%d" % number, b"find me" * 10))
    spans = await log.spans()
    path = tmp_path / "data" / "segments" / f"{spans[2].object_id:016x}.segment"
    with path.open("r+b") as file:
        file.seek(spans[2].position + 80)
        file.write(b"!")
    await log.compact()
    assert await log.spans() == spans
    assert metric("penstock_compaction_partitions_uncleanable") == 1
    names = [each.stem for each in path.parent.iterdir()]
    assert not [name for name in names if int(name, 16) >= WHOLE_OBJECTS]
    await log.close()


async def test_records_that_cannot_be_decoded_leave_their_log_alone() -> None:
    """A topic that was not compacted before takes batches whose records nobody has looked at."""
    log = await CompactedLog().open()
    await log.put((K, V))
    broken = encode_batch([Record(0, 1, K, V)])
    broken[-3:] = b"\xff\xff\xff"
    stamp_crc(broken)
    await log.append(broken)
    before = await log.spans()
    await log.compact()
    assert await log.spans() == before
    assert metric("penstock_compaction_partitions_uncleanable") == 1


async def test_records_without_a_key_go() -> None:
    """They are from before the topic was compacted; Kafka removes them too."""
    log = await CompactedLog().open()
    await log.put((None, V), (K, V), (None, V))
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [1]


async def test_a_change_in_between_drops_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention was first: the log is as that left it, and the object that was written is deleted."""
    log = await CompactedLog().open()
    for _ in range(4):
        await log.put((K, V))
    swap = log.catalog.swap_spans
    swaps: list[SpanSwap] = []

    async def too_late(wanted: SpanSwap) -> bool:
        if not swaps:
            await log.catalog.advance_log_start(log.pid, 2)
        swaps.append(wanted)
        return await swap(wanted)

    monkeypatch.setattr(log.catalog, "swap_spans", too_late)
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [2, 3]
    with pytest.raises(StorageUnavailable):
        await log.store.read(swaps[0].object_id, [(0, 1)])
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [3]


async def test_a_full_disk_harms_nothing_but_the_compaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again in the next round; no file is left."""
    log = await CompactedLog(tmp_path / "data").open()
    for _ in range(4):
        await log.put((K, V))
    before = await log.spans()
    failures = metric("penstock_compaction_failures_total", reason="storage")
    with monkeypatch.context() as full:
        full.setattr("broker.storage.objects.raw_files.shutil.disk_usage", lambda _: _Usage(30_000))
        await log.compact()
    assert metric("penstock_compaction_failures_total", reason="storage") == failures + 1
    assert await log.spans() == before
    await log.put((K, V))
    await log.compact()
    assert [offset for offset, _, _ in await log.shown()] == [4]
    await log.close()


async def test_a_disk_that_stays_full_does_not_fill_the_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every round fails in the same way; after a few lines the rest is counted."""
    log = await CompactedLog().open()
    await log.put((K, V))

    async def refuse(_: SpanSwap) -> bool:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(log.catalog, "swap_spans", refuse)
    for _ in range(40):
        await log.compact()
    assert 1 < capsys.readouterr().out.count("compaction is late") < 25


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


async def test_what_was_replaced_is_deleted(tmp_path: Path) -> None:
    """Disk space comes back with the next clean-up."""
    log = CompactedLog(tmp_path / "data")
    log.segment_bytes = 2000
    await log.open()
    for number in range(40):
        await log.put((b"k%d" % (number % 2), b"x" * 300))
    for _ in range(2):
        await log.compact()
        dead = await log.catalog.take_dead_objects(100)
        assert dead
        await log.store.delete(dead)
        await log.catalog.forget_objects(dead)
        await log.put((b"k0", V))
    await log.restart()
    assert len(list((tmp_path / "data" / "segments").iterdir())) <= 4
    assert [offset for offset, _, _ in await log.shown()] == [39, 40, 41]
    await log.close()


async def test_a_reader_overtaken_by_a_compaction_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the bytes and the aborted transactions that go with them the log is compacted twice; nothing aborted is shown."""
    log = CompactedLog(delete_retention_ms="0")
    log.tail_bytes = 0
    await log.open()
    tx = Transactional(log, "tx")
    await log.put((K, b"old"))
    await tx.put((K, b"aborted"))
    await tx.end(False)
    await log.put((b"other", V))
    peek = log.catalog.peek_aborted
    rounds = 0

    def after_two_rounds(*args: int) -> Any:
        return None if rounds < 2 else peek(*args)

    find = log.catalog.aborted

    async def compacted_meanwhile(*args: int) -> Any:
        nonlocal rounds
        while rounds < 2:
            rounds += 1
            monkeypatch.setattr(log.catalog, "aborted", find)
            await log.put((b"more", V))
            await log.compact()
            log.clock += 1
        return await find(*args)

    monkeypatch.setattr(log.catalog, "peek_aborted", after_two_rounds)
    monkeypatch.setattr(log.catalog, "aborted", compacted_meanwhile)
    values = [value for _, _, value in await log.shown(isolation=1)]
    assert rounds == 2
    assert b"aborted" not in values
    assert b"old" in values


async def test_the_log_tells_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a partition, and metrics."""
    log = await CompactedLog().open()
    for _ in range(3):
        await log.put((K, V))
    rounds, read = metric("penstock_compaction_rounds_total"), metric("penstock_compaction_bytes_read_total")
    await log.compact()
    line = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "records_kept=1 records_read=3" in line
    assert metric("penstock_compaction_rounds_total") == rounds + 1
    assert metric("penstock_compaction_bytes_read_total") > read
    assert metric("penstock_compaction_last_timestamp_seconds") == log.clock / 1000
    assert metric("penstock_compaction_partitions_waiting") == 0


def test_memory_for_keys_is_what_was_set() -> None:
    """log.cleaner.dedupe.buffer.size, at a generous estimate of what a key takes."""
    assert keys_at_once(Settings(data_dir="unused")) == (128 << 20) // BYTES_A_KEY
    assert keys_at_once(Settings(data_dir="unused", log_cleaner_dedupe_buffer_size=1)) == 1


class TestRhythm:
    """On a virtual clock."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, Any]]:
        """Waits take no time."""
        return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}

    async def test_it_looks_for_work_every_so_often(self) -> None:
        """Every log.cleaner.backoff.ms, and not while it is turned off."""
        log = CompactedLog()
        log.settings = Settings(data_dir="unused", log_cleaner_backoff_ms=15_000)
        await log.open()
        looked: list[float] = []

        async def look(_: str) -> bool:
            looked.append(anyio.current_time() - began)
            return False

        began = anyio.current_time()
        log.compactor.step = look  # type: ignore[method-assign]
        with anyio.move_on_after(50):
            await log.compactor.run()
        assert [round(at) for at in looked] == [15, 30, 45]

        log.settings = Settings(data_dir="unused", log_cleaner_enable=False)
        idle = log.new_compactor()
        idle.step = look  # type: ignore[method-assign]
        with anyio.move_on_after(50):
            await idle.run()
        assert len(looked) == 3

    async def test_failed_storage_stops_the_broker(self) -> None:
        """As everywhere: it is told once, and nothing is tried again."""
        log = await CompactedLog().open()
        await log.put((K, V))
        await log.put((K, V))

        async def fail(_: SpanSwap) -> bool:
            raise StorageFailed("the disk is gone")

        log.catalog.swap_spans = fail  # type: ignore[method-assign]
        told: list[StorageFailed] = []
        await log.new_compactor(on_fatal=told.append).run()
        assert [str(error) for error in told] == ["the disk is gone"]
        compactor: Compactor = log.new_compactor()
        with pytest.raises(StorageFailed):
            await compactor.run()
