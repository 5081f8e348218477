"""The rewriter: small logs on a thread, larger ones in a process that is there only while there is work."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import anyio
import psutil
import pytest

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log import rewriter as rewriter_module
from broker.log.compaction_round import RoundSettings
from broker.log.jobs.merge_round import RunToWrite
from broker.log.rewriter import SMALL_BYTES, Rewriter
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS
from tests.broker.log.compacted_log import CompactedLog, Transactional, newest

LARGE = SMALL_BYTES * 2


def settings(log: CompactedLog) -> RoundSettings:
    return RoundSettings(
        start=0,
        log_start=0,
        leader_epoch=0,
        now_ms=log.clock,
        delete_retention_ms=1,
        keys=1000,
        bytes_per_second=1e308,
    )


def children() -> list[psutil.Process]:
    """Processes that compact."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "broker.log.rewriting_process" in child.cmdline()
    ]


async def grown(tmp_path: Path) -> CompactedLog:
    log = await CompactedLog(tmp_path / "data").open()
    for number in range(6):
        await log.put((b"k%d" % (number % 2), b"%d" % number))
    return log


async def test_both_ways_come_to_the_same(tmp_path: Path) -> None:
    """The same spans and the same bytes, but for where they lie."""
    log = await grown(tmp_path)
    tx = Transactional(log, "tx")
    await tx.put((b"k0", b"aborted"))
    await tx.end(False)
    spans = await log.spans()
    aborted = await log.catalog.aborted(log.pid, 0, 100)
    rewriter = Rewriter(log.store)
    found = []
    for size, process_count in ((SMALL_BYTES, 0), (LARGE, 1)):
        work = await rewriter.begin(settings(log), size)
        assert len(children()) == process_count
        assert (await work.index(spans, aborted)).latest == 7
        object_id = log.store.new_object_id()
        made = await work.rewrite(object_id, spans, aborted)
        (data,) = await log.store.read(object_id, [(span.position, span.length) for span in made.spans])
        found.append((made.spans[0].last, made.records_kept, made.forgotten, bytes(data)))
    assert found[0] == found[1]
    await rewriter.rest()
    assert children() == []
    await log.close()


async def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    """The round is lost, which a later one makes good; no file counts that the catalog does not name."""
    log = await grown(tmp_path)
    spans = await log.spans()
    rewriter = Rewriter(log.store)
    work = await rewriter.begin(settings(log), LARGE)
    (child,) = children()
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(StorageUnavailable, match="ended"):
        await work.index(spans, [])
    with pytest.raises(StorageUnavailable, match="gone"):
        await work.index(spans, [])
    again = await rewriter.begin(settings(log), LARGE)
    assert (await again.index(spans, [])).latest == 5
    await rewriter.rest()
    await log.close()


async def test_no_process_outlives_a_cancelled_round(tmp_path: Path) -> None:
    """A broker that stops does not wait for it."""
    log = await grown(tmp_path)
    spans = await log.spans()
    rewriter = Rewriter(log.store)
    slow = RoundSettings(**{**{name: getattr(settings(log), name) for name in RoundSettings.__slots__}, "bytes_per_second": 1.0})
    work = await rewriter.begin(slow, LARGE)
    with anyio.move_on_after(0.2) as scope:
        await work.index(spans, [])
    assert scope.cancelled_caught
    assert children() == []
    await log.close()


async def test_large_merges_run_elsewhere_though_the_catalog_keeps_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That part goes along. Small ones, which come every few seconds there, are not worth a process."""
    log = await grown(tmp_path)
    bytes_of = {}
    spans = []
    for number, span in enumerate(await log.spans()):
        if number % 2:
            (data,) = await log.store.read(span.object_id, [(span.position, span.length)])
            bytes_of[INLINE_OBJECTS + number] = bytes(data)
            span = replace(span, object_id=INLINE_OBJECTS + number, position=0)
        spans.append(span)
    store = Mock(wraps=log.store)
    store.raw_elsewhere.side_effect = lambda: None
    store.raw.side_effect = log.store.raw
    rewriter = Rewriter(store)
    runs = [RunToWrite(log.pid, 0, spans)]
    here = await rewriter.merge(log.store.new_object_id(), runs, bytes_of)
    assert children() == []
    monkeypatch.setattr(rewriter_module, "MERGED_HERE_BYTES", 0)
    monkeypatch.setattr(rewriter_module, "SMALL_BYTES", 0)
    elsewhere = await rewriter.merge(log.store.new_object_id(), runs, bytes_of)
    assert len(children()) == 1
    assert (here.damage, elsewhere.damage, here.object_end) == ([], [], elsewhere.object_end)
    found = []
    for merged in (here, elsewhere):
        (written,) = merged.runs
        assert written is not None
        (data,) = await log.store.read(written[0].object_id, [(span.position, span.length) for span in written])
        found.append(bytes(data))
    assert found[0] == found[1]
    await rewriter.rest()
    await log.close()


async def test_which_object_is_lost_is_told_from_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a thread, and in a process, which is there for the next merge then."""
    log = await grown(tmp_path)
    spans = await log.spans()
    lost = replace(spans[1], object_id=999)
    rewriter = Rewriter(log.store)
    for process_count, small_bytes in ((0, SMALL_BYTES), (1, 0)):
        monkeypatch.setattr(rewriter_module, "SMALL_BYTES", small_bytes)
        with pytest.raises(ObjectUnreadable) as caught:
            await rewriter.merge(log.store.new_object_id(), [RunToWrite(log.pid, 0, [spans[0], lost])], {})
        assert (caught.value.object_id, caught.value.is_lost, len(children())) == (999, True, process_count)
        merged = await rewriter.merge(log.store.new_object_id(), [RunToWrite(log.pid, 0, spans)], {})
        assert merged.damage == []
    await rewriter.rest()
    await log.close()


async def test_a_system_without_processes_is_no_disaster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and tried again later."""
    log = await grown(tmp_path)
    monkeypatch.setattr("broker.log.rewriter.sys.executable", str(tmp_path / "missing"))
    with pytest.raises(StorageUnavailable, match="cannot be started"):
        await Rewriter(log.store).begin(settings(log), LARGE)
    await log.close()


async def test_a_large_log_end_to_end(tmp_path: Path) -> None:
    """Through the compactor, with restarts; ids of objects are never used twice."""
    log = await CompactedLog(tmp_path / "data").open()
    expected: dict[bytes, bytes] = {}
    objects: set[int] = set()
    for life in range(2):
        for number in range(300):
            key, value = b"k%d" % (number % 7), b"%d-%d" % (life, number) * 100
            await log.put((key, value), codec=number % 5)
            expected[key] = value
        await log.compact()
        assert children() == []
        spans = await log.spans()
        made = {span.object_id for span in spans if span.object_id >= WHOLE_OBJECTS}
        assert made
        assert not made & objects
        objects |= made
        assert newest(await log.shown()) == expected
        assert len(await log.shown()) == 7
        await log.restart()
    await log.close()
