"""What the database lost comes back as it was."""

import sqlite3
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from broker.model import CommittedOffset
from broker.storage import segment
from broker.storage.catalog.base import CommitGroup, SpanEntry
from broker.storage.catalog.span_flags import FLAG_ABORT_MARKER, FLAG_COMMIT_MARKER
from broker.storage.catalog.transactions import TransactionStatus
from broker.storage.embedded import DataMissing, EmbeddedStorage, open_embedded
from broker.storage.objects.base import TocEntry
from broker.storage.recovery import entry_of
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header, stamp_log_append_time
from broker.wire.records.record import Record, encode_batch

NOW = 1_700_000_000_000
TABLES = {
    "topics": "SELECT topic_id, name FROM topics ORDER BY topic_id",
    "logs": "SELECT * FROM logs ORDER BY pid",
    "spans": "SELECT * FROM spans ORDER BY pid, last",
    "objects": "SELECT * FROM objects ORDER BY object_id",
    # Without the time of the append, which is that of the replay.
    "producers": """
        SELECT pid, producer_id, epoch, last_sequence, first_open_offset,
               (SELECT json_group_array(json_array(value ->> 0, value ->> 1, value ->> 2)) FROM json_each(recent)) FROM producers ORDER BY 1, 2
    """,
    "transactions": "SELECT * FROM transactions ORDER BY transactional_id",
    "transaction_offsets": "SELECT * FROM transaction_offsets ORDER BY 1, 2, 3, 4",
    "aborted_transactions": "SELECT * FROM aborted_transactions ORDER BY pid, last_offset",
}


class Workload:
    """Random groups over a few partitions: plain, idempotent and transactional, in order, repeated, with gaps, of partitions that are gone
    or not in the transaction."""

    def __init__(self, storage: EmbeddedStorage, random: Random) -> None:
        self.storage = storage
        self.random = random
        self.pids: list[int] = []
        self.next: dict[tuple[int, int], int] = {}
        self.codes: set[int] = set()
        self.transactional: dict[int, int] = {}
        self.opened = 0

    async def topic(self, partitions: int) -> None:
        name = f"topic-{len(self.pids)}"
        topic = await self.storage.catalog.create_topic(name, uuid4().bytes, partitions, 1, {}, NOW)
        self.pids += topic.partitions

    def batch(self, pid: int) -> bytearray:
        count = self.random.randint(1, 4)
        records = [Record(i, NOW + self.random.randint(-5, 5), b"k", self.random.randbytes(30)) for i in range(count)]
        if self.random.random() < 0.4:
            data = encode_batch(records)
            if self.random.random() < 0.3:
                stamp_log_append_time(data, 0, NOW + 77)
            return data
        if self.transactional and self.random.random() < 0.5:
            return self.transactional_batch(pid, records)
        producer = self.random.randint(1, 3)
        first = self.next.get((pid, producer), 0)
        kind = self.random.random()
        if kind < 0.7:
            self.next[pid, producer] = first + count
        elif kind < 0.85:
            first = max(0, first - self.random.randint(1, 20))
        else:
            first += self.random.randint(1, 9)
        return encode_batch(records, producer_id=producer, producer_epoch=0, base_sequence=first)

    def transactional_batch(self, pid: int, records: list[Record]) -> bytearray:
        """Of the open transaction, mostly; it may not have the partition, or have ended with this epoch."""
        producer, epoch = self.random.choice(sorted(self.transactional.items()))
        epoch -= self.random.random() < 0.1
        state = self.storage.catalog.transaction_of_producer(producer)
        assert state is not None
        key = (pid, producer * 1000 + epoch)
        first = self.next.get(key, 0)
        if pid in state.partitions and state.status is TransactionStatus.ONGOING:
            self.next[key] = first + len(records)
        return encode_batch(
            records, producer_id=producer, producer_epoch=max(epoch, 0), base_sequence=first, transactional=True
        )

    async def transaction(self) -> None:
        """End what is open, in one way or another, and open another one; two producers take turns."""
        catalog, random = self.storage.catalog, self.random
        transactional_id = f"t-{self.opened % 2}"
        self.opened += 1
        state = catalog.peek_transaction(transactional_id)
        if state is None or random.random() < 0.2:
            first = await catalog.init_transaction(transactional_id, 60_000, -1, -1, NOW, 100 + self.opened)
            producer, epoch = first.producer_id, first.epoch
        else:
            ended = await catalog.end_transaction(
                transactional_id, state.producer_id, state.epoch, random.random() < 0.5, random.random() < 0.7, -1, NOW
            )
            producer, epoch = ended.producer_id, ended.epoch
        pids = random.sample(self.pids, random.randint(1, len(self.pids)))
        code = await catalog.add_to_transaction(transactional_id, producer, epoch, pids, "g", NOW)
        offsets = {("g", "topic-0", 0): CommittedOffset(offset=self.opened)}
        assert code is ErrorCode.NONE
        assert not await catalog.add_transaction_offsets(transactional_id, producer, epoch, offsets, None, NOW)
        self.transactional[producer] = epoch

    async def group(self) -> None:
        """Append one, and commit it."""
        parts: list[bytearray] = []
        toc: list[TocEntry] = []
        at = 0
        for pid in self.random.sample([*self.pids, 987654], self.random.randint(1, min(3, len(self.pids) + 1))):
            batches = [self.batch(pid) for _ in range(self.random.randint(1, 3))]
            parts += batches
            toc.append(TocEntry(pid, at, sum(map(len, batches))))
            at += toc[-1].length
        extent = await self.storage.store.append(parts, toc)
        spans = []
        rest = iter(parts)
        for entry in toc:
            entries, length = [], 0
            while length < entry.length:
                header = parse_header(next(rest))
                entries.append(entry_of(header))
                length += header.size
            spans.append(SpanEntry(entry.pid, extent.position + entry.offset, entries))
        answers = await self.storage.catalog.commit_spans(
            CommitGroup(extent.object_id, extent.position, extent.length, spans, NOW)
        )
        self.codes |= {answer.error_code for of_pid in answers for answer in of_pid}


def content(path: Path) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    try:
        return {name: connection.execute(query).fetchall() for name, query in TABLES.items()}
    finally:
        connection.close()


def copy(source: Path, target: Path) -> None:
    """The database as of now, as a crash would leave it when everything since is lost."""
    read, written = sqlite3.connect(source), sqlite3.connect(target)
    read.backup(written)
    read.close()
    written.close()


@pytest.mark.parametrize("seed", range(6))
async def test_replaying_comes_to_what_was_lost(tmp_path: Path, seed: int) -> None:
    """Whatever part of the latest commits is gone: the same spans, offsets, bounds, counts and producers (I3, I4, I6)."""
    random = Random(seed)
    directory, database = tmp_path / "data", tmp_path / "data" / "catalog.db"
    storage = open_embedded(directory, segment_bytes=3000)
    work = Workload(storage, random)
    await work.topic(2)
    images: list[Path] = []
    for step in range(60):
        if step % 20 == 10:
            # Durable by itself, and everything before it with it: older images are none that a crash can leave.
            await (work.topic(2) if random.random() < 0.5 else storage.catalog.advance_log_start(work.pids[0], step // 4))
            images.clear()
        if step < 50 and step % 8 == 4:
            await work.transaction()
            images.clear()
        if random.random() < 0.3 or step == 55:
            images.append(tmp_path / f"image-{step}.db")
            copy(database, images[-1])
        await work.group()
    await storage.aclose()
    segments = {path: path.read_bytes() for path in (directory / "segments").iterdir()}
    wanted = content(database)
    assert {0, 3, 45} <= work.codes, "some batches were refused"
    assert ErrorCode.INVALID_TXN_STATE in work.codes, "also some that their transaction does not have"
    assert any(row[9] & (FLAG_COMMIT_MARKER | FLAG_ABORT_MARKER) for row in wanted["spans"])

    assert images
    for image in images:
        assert content(image) != wanted
        for path, data in segments.items():
            path.write_bytes(data)
        database.write_bytes(image.read_bytes())
        storage = open_embedded(directory, segment_bytes=3000)
        assert storage.recovered > 0
        await storage.aclose()
        assert content(database) == wanted


async def test_nothing_lost_is_nothing_recovered(tmp_path: Path) -> None:
    """A proper stop, or a kill between two commits."""
    storage = open_embedded(tmp_path)
    work = Workload(storage, Random(1))
    await work.topic(1)
    await work.group()
    await storage.aclose()
    storage = open_embedded(tmp_path)

    assert storage.recovered == 0
    await storage.aclose()


@pytest.mark.parametrize("at", [segment.HEADER_BYTES + 3, segment.HEADER_BYTES + segment.GROUP_HEADER_BYTES + 3])
async def test_damage_among_what_was_lost_stops_the_start(tmp_path: Path, at: int) -> None:
    """And changes nothing; the message says which file, where, and what to do."""
    storage = open_embedded(tmp_path)
    work = Workload(storage, Random(1))
    await work.topic(1)
    copy(tmp_path / "catalog.db", tmp_path / "before.db")
    for _ in range(4):
        await work.group()
    await storage.aclose()
    (path,) = (tmp_path / "segments").iterdir()
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    (tmp_path / "catalog.db").write_bytes((tmp_path / "before.db").read_bytes())

    with pytest.raises(DataMissing, match=f"segment {path.stem} is damaged at byte .*Restore a backup"):
        open_embedded(tmp_path)
    assert path.read_bytes() == data
