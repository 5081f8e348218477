"""A machine that stops while a transaction ends: it is ended everywhere, or nowhere."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from broker.model import CommittedOffset
from broker.storage.catalog.base import Catalog, CommitGroup, SpanEntry
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.storage.embedded import EmbeddedStorage, open_embedded
from broker.storage.objects.base import TocEntry
from broker.storage.recovery import entry_of
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from tests.broker.storage.catalog.groups_of_batches import NOW, topic
from tests.broker.storage.test_crash import CatalogFiles, catalog_files

PARTITIONS = 3
OFFSETS = {("g", "orders", index): CommittedOffset(offset=10 + index) for index in range(PARTITIONS)}


@dataclass(frozen=True, slots=True)
class Seen:
    """What clients could see of the transaction: on each partition last stable offset, high watermark and aborted transactions, and
    the group's offsets."""

    state: TransactionState | None
    logs: tuple[tuple[int, int, int], ...]
    offsets: dict[tuple[str, str, int], CommittedOffset]


async def seen(catalog: Catalog, pids: tuple[int, ...]) -> Seen:
    logs = []
    for pid in pids:
        bounds = catalog.peek_bounds(pid)
        assert bounds is not None
        aborted = await catalog.aborted(pid, 0, bounds.last_stable_offset)
        logs.append((bounds.last_stable_offset, bounds.high_watermark, len(aborted)))
    return Seen(catalog.peek_transaction("t"), tuple(logs), await catalog.load_offsets())


async def produce(storage: EmbeddedStorage, pid: int, producer: int, epoch: int, sequence: int) -> int:
    """One transactional batch of two records; the error code."""
    data = encode_batch(
        [Record(0, NOW, b"k", b"v"), Record(1, NOW, b"k", b"v")],
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
        transactional=True,
    )
    extent = await storage.store.append([data], [TocEntry(pid, 0, len(data))])
    spans = [SpanEntry(pid, extent.position, [entry_of(parse_header(data))])]
    answers = await storage.catalog.commit_spans(
        CommitGroup(extent.object_id, extent.position, extent.length, spans, NOW)
    )
    return answers[0][0].error_code


def lay_down(target: Path, segments: dict[str, bytes], catalog: CatalogFiles) -> None:
    """Make ``target`` the data directory that the crash left."""
    (target / "segments").mkdir(parents=True)
    for name, data in segments.items():
        (target / "segments" / name).write_bytes(data)
    (target / "catalog.db").write_bytes(catalog.main)
    (target / "catalog.db-wal").write_bytes(catalog.log)


@pytest.mark.durability
@pytest.mark.parametrize("commit", [True, False])
async def test_a_crash_at_every_point_of_an_end(tmp_path: Path, commit: bool) -> None:
    """Markers, stable offsets, aborted transactions, group offsets and the epoch: all of it or nothing, and what was answered is there.
    What is not ended can still be, with the same outcome."""
    directory = tmp_path / "data"
    storage = open_embedded(directory)
    catalog = storage.catalog
    pids = await topic(catalog, PARTITIONS)
    first = await catalog.init_transaction("t", 60_000, -1, -1, NOW, 7)
    producer, epoch = first.producer_id, first.epoch
    await catalog.add_to_transaction("t", producer, epoch, list(pids), "g", NOW)
    for sequence in (0, 2):
        for pid in pids:
            assert await produce(storage, pid, producer, epoch, sequence) == 0
    await catalog.add_transaction_offsets("t", producer, epoch, OFFSETS, None, NOW)
    before, open_as = catalog_files(directory), await seen(catalog, pids)
    await catalog.end_transaction("t", producer, epoch, commit, True, -1, NOW)
    after, ended_as = catalog_files(directory), await seen(catalog, pids)
    await storage.aclose()
    segments = {path.name: path.read_bytes() for path in (directory / "segments").iterdir()}

    assert open_as.logs == ((0, 4, 0),) * PARTITIONS
    assert open_as.offsets == {}
    assert ended_as.logs == ((5, 5, 0 if commit else 1),) * PARTITIONS
    assert ended_as.offsets == (OFFSETS if commit else {})
    assert after.main == before.main, "nothing was folded meanwhile"

    random = Random(3)
    start = next(at for at, byte in enumerate(after.log) if at >= len(before.log) or byte != before.log[at])
    step = max(1, (len(after.log) - start) // 40)
    cuts = [*range(start, len(after.log), step), len(after.log) - 1, len(after.log)]
    outcomes = set()
    for cut in cuts:
        tail = random.choice((before.log[cut:], bytes(700), random.randbytes(700)))
        target = tmp_path / f"cut-{cut}"
        lay_down(target, segments, CatalogFiles(after.main, after.log[:cut] + tail))
        storage = open_embedded(target)
        found = await seen(storage.catalog, pids)
        assert found in (open_as, ended_as)
        outcomes.add(found == ended_as)
        if cut == len(after.log):
            assert found == ended_as
        answer = await storage.catalog.end_transaction("t", producer, epoch, commit, True, -1, NOW)
        assert (answer.error_code, answer.epoch) == (ErrorCode.NONE, epoch + 1)
        assert await seen(storage.catalog, pids) == ended_as
        await storage.aclose()

    assert outcomes == {True, False}


@pytest.mark.durability
@pytest.mark.parametrize("kept", ["before the records", "before the end", "all"])
async def test_records_of_a_transaction_are_recovered_into_it(tmp_path: Path, kept: str) -> None:
    """The catalog lost them with the power, and still knew that the transaction was open: they hold back what is stable again."""
    directory = tmp_path / "data"
    storage = open_embedded(directory)
    catalog = storage.catalog
    (pid,) = await topic(catalog)
    await catalog.init_transaction("t", 60_000, -1, -1, NOW, 7)
    await catalog.add_to_transaction("t", 7, 0, [pid], None, NOW)
    images = {"before the records": catalog_files(directory)}
    assert await produce(storage, pid, 7, 0, 0) == 0
    assert await produce(storage, pid, 7, 0, 2) == 0
    images["before the end"] = catalog_files(directory)
    await storage.aclose()
    segments = {path.name: path.read_bytes() for path in (directory / "segments").iterdir()}
    images["all"] = catalog_files(directory)

    lay_down(tmp_path / "image", segments, images[kept])
    storage = open_embedded(tmp_path / "image")
    assert storage.recovered == (2 if kept == "before the records" else 0)
    found = await seen(storage.catalog, (pid,))
    assert found.logs == ((0, 4, 0),)
    assert found.state is not None
    assert found.state.status is TransactionStatus.ONGOING
    assert await produce(storage, pid, 7, 0, 4) == 0
    await storage.catalog.end_transaction("t", 7, 0, False, True, -1, NOW)
    assert (await seen(storage.catalog, (pid,))).logs == ((7, 7, 1),)
    await storage.aclose()
