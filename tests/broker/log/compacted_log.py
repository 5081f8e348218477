"""A log of one compacted topic over any store and catalog, with producers, a compactor, and a reader that reads as clients do."""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.config.topic_config import TopicConfig, effective
from broker.log.compactor import Compactor
from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.reader import Reader
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.base import Catalog, Span, SpanQuery
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.committing import GroupCommitter, TwoStepCommitter, UnstoredGroup
from broker.storage.embedded import EmbeddedStorage, open_embedded
from broker.storage.file_operations import FileOperations
from broker.storage.objects.base import ObjectStore, TocEntry
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.recovery import entry_of
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import BatchHeader, compute_crc, iter_batches, parse_header, stamp
from broker.wire.records.control import ABORT, decode_marker
from broker.wire.records.record import Record, encode_batch, iter_records

NOW_MS = 1_700_000_000_000
Shown = tuple[int, bytes | None, bytes | None]
"""(offset, key, value), as a consumer is shown it."""


class CompactedTopic:
    """The only topic there is."""

    def __init__(self, pids: tuple[int, ...], config: TopicConfig) -> None:
        self.name = "compacted"
        self.pids = pids
        self.config = config

    def all(self) -> list["CompactedTopic"]:
        return [self]


class CompactedLog:
    """Begin with :meth:`open`. ``clock`` is moved by hand."""

    def __init__(self, directory: Path | None = None, **config: str) -> None:
        self.directory = directory
        self.clock = NOW_MS
        self.settings = Settings(data_dir="unused")
        self.part_bytes = 64 << 20
        self.tail_bytes = 1 << 20
        self.segment_bytes = 20_000
        self.io: FileOperations | None = None
        self._config = {
            "cleanup.policy": "compact",
            "min.cleanable.dirty.ratio": "0",
            **{name.replace("_", "."): text for name, text in config.items()},
        }
        self.pid = -1
        self.storage: EmbeddedStorage | None = None

    async def open(self) -> "CompactedLog":
        """Open the storage anew, as a broker does at its start; without a directory there is nothing to come back to."""
        self.store: ObjectStore
        self.catalog: Catalog
        self.committer: GroupCommitter
        if self.directory is None:
            self.store, self.catalog = MemoryObjectStore(4096), MemoryCatalog()
            self.committer = TwoStepCommitter(self.store, self.catalog)
        else:
            self.storage = open_embedded(self.directory, segment_bytes=self.segment_bytes, io=self.io)
            self.store, self.catalog = self.storage.store, self.storage.catalog
            self.committer = self.storage.committer
        topics = await self.catalog.load_topics()
        topic = topics[0] if topics else await self.catalog.create_topic("t", b"t" * 16, 1, 1, {}, self.clock)
        (self.pid,) = topic.partitions
        self.tail = TailCache(self.tail_bytes)
        self.reader = Reader(self.store, self.catalog, self.tail, WaitingRoom())
        self.topic = CompactedTopic((self.pid,), effective(self._config, self.settings))
        self.compactor = self.new_compactor()
        return self

    def new_compactor(self, **options: Any) -> Compactor:
        live = LiveSettings(self.settings, self.catalog)
        return Compactor(
            self.store,
            self.catalog,
            self.topic,
            self.tail,
            live,
            lambda: self.clock,
            on_round=self.reader.compaction_begins,
            part_bytes=self.part_bytes,
            **options,
        )

    async def close(self) -> None:
        if self.storage is not None:
            await self.storage.aclose()
        else:
            await self.catalog.aclose()
            await self.store.aclose()

    async def restart(self) -> None:
        """Stop and start; what was in memory only is gone."""
        await self.close()
        await self.open()

    @property
    def bounds(self) -> LogBounds:
        bounds = self.catalog.peek_bounds(self.pid)
        assert bounds is not None
        return bounds

    async def append(self, batch: bytearray) -> int:
        """Append one batch as the writer does; its first offset."""
        header = parse_header(batch)
        group = UnstoredGroup([batch], [TocEntry(self.pid, 0, len(batch))], [[entry_of(header)]], self.clock)
        ((answer,),) = await self.committer.commit(group)
        assert answer.error_code == 0, answer
        stamped = bytearray(batch)
        stamp(stamped, 0, answer.base_offset, self.bounds.leader_epoch)
        self.tail.put(self.pid, answer.base_offset, answer.base_offset + header.last_offset_delta, bytes(stamped))
        return answer.base_offset

    async def put(self, *pairs: tuple[bytes | None, bytes | None], **fields: Any) -> int:
        """Append one batch of (key, value) pairs."""
        return await self.append(
            encode_batch([Record(at, self.clock, *pair) for at, pair in enumerate(pairs)], **fields)
        )

    async def compact(self) -> None:
        """One round over whatever is due."""
        await self.compactor.compact_due()

    async def fetch(self, offset: int, isolation: int = 0, max_bytes: int = 1 << 20) -> PartitionAnswer:
        (answer,) = await self.reader.read(
            [Wanted(self.pid, offset, max_bytes)], min_bytes=1, max_bytes=max_bytes, max_wait_ms=0, isolation=isolation
        )
        return answer

    async def batches(self, offset: int = 0, isolation: int = 0, max_bytes: int = 1 << 20) -> list[tuple[BatchHeader, bytes, bool]]:
        """Every batch from ``offset`` to the end, fetch by fetch, with whether a client leaves it out as aborted."""
        found: list[tuple[BatchHeader, bytes, bool]] = []
        end = self.bounds.last_stable_offset if isolation else self.bounds.high_watermark
        offset = max(offset, self.bounds.log_start)
        while offset < end:
            answer = await self.fetch(offset, isolation, max_bytes)
            assert answer.error_code == 0, answer
            assert answer.size, f"nothing is given at {offset}, and the log ends at {end}"
            found.extend(_as_clients_do(answer))
            last = found[-1][0]
            assert last.next_offset > offset, "a client gets on"
            offset = last.next_offset
        return found

    async def shown(self, offset: int = 0, isolation: int = 0, max_bytes: int = 1 << 20) -> list[Shown]:
        """What a consumer from ``offset`` on is shown."""
        records: list[Shown] = []
        offset = max(offset, self.bounds.log_start)
        for header, data, left_out in await self.batches(offset, isolation, max_bytes):
            if not (header.is_control or left_out):
                records += [
                    (record.offset, _bytes(record.key), _bytes(record.value))
                    for record in iter_records(data, 0, header)
                    if record.offset >= offset
                ]
        return records

    async def spans(self) -> list[Span]:
        """All spans of the log, checked: they tile it (I3) and their sizes add up."""
        offset, spans = self.bounds.log_start, []
        while offset < self.bounds.high_watermark:
            (answer,) = await self.catalog.find_spans([SpanQuery(self.pid, offset, 1 << 30)])
            spans += answer.spans
            offset = spans[-1].last + 1
        if spans:
            assert spans[0].base <= self.bounds.log_start <= spans[0].last, "I3"
        assert all(left.last + 1 == right.base for left, right in pairwise(spans)), "I3"
        assert sum(span.length for span in spans) == self.bounds.bytes
        running = [span.running_timestamp for span in spans]
        assert running == sorted(running)
        assert all(span.max_timestamp <= span.running_timestamp for span in spans)
        return spans


class Transactional:
    """A producer with a transactional id."""

    def __init__(self, log: CompactedLog, name: str) -> None:
        self.log = log
        self.name = name
        self.producer_id = self.epoch = -1
        self.sequence = 0
        self.is_open = False

    async def begin(self) -> None:
        """Begin a transaction, the first time with an id."""
        catalog = self.log.catalog
        if self.producer_id < 0:
            fresh = await catalog.allocate_producer_ids(1)
            answer = await catalog.init_transaction(self.name, 60_000, -1, -1, self.log.clock, fresh)
            self.producer_id, self.epoch = answer.producer_id, answer.epoch
        code = await catalog.add_to_transaction(
            self.name, self.producer_id, self.epoch, [self.log.pid], None, self.log.clock
        )
        assert code is ErrorCode.NONE
        self.is_open = True

    async def put(self, *pairs: tuple[bytes | None, bytes | None], **fields: Any) -> int:
        """Write into the open transaction; one is begun when there is none."""
        if not self.is_open:
            await self.begin()
        first = self.sequence
        self.sequence += len(pairs)
        return await self.log.put(
            *pairs,
            producer_id=self.producer_id,
            producer_epoch=self.epoch,
            base_sequence=first,
            transactional=True,
            **fields,
        )

    async def end(self, commit: bool = True) -> None:
        answer = await self.log.catalog.end_transaction(
            self.name, self.producer_id, self.epoch, commit, False, -1, self.log.clock
        )
        assert answer.error_code is ErrorCode.NONE
        assert answer.ended is not None
        self.log.reader.transaction_ended(answer.ended)
        self.is_open = False


def directory() -> tempfile.TemporaryDirectory[str]:
    """A place for a log, for tests whose examples need one each."""
    return tempfile.TemporaryDirectory(prefix="penstock-compaction-")


def _as_clients_do(answer: PartitionAnswer) -> Iterator[tuple[BatchHeader, bytes, bool]]:
    upcoming = sorted((each.first_offset, each.producer_id) for each in answer.aborted)
    aborted: set[int] = set()
    for each in answer.records:
        for at, header in iter_batches(each):
            data = bytes(memoryview(each)[at : at + header.size])
            assert compute_crc(data) == header.crc
            while upcoming and upcoming[0][0] <= header.last_offset:
                aborted.add(upcoming.pop(0)[1])
            if header.is_control and header.record_count and decode_marker(data).kind == ABORT:
                aborted.discard(header.producer_id)
            yield header, data, header.is_transactional and not header.is_control and header.producer_id in aborted


def _bytes(data: bytes | memoryview | None) -> bytes | None:
    return None if data is None else bytes(data)


def newest(shown: Sequence[Shown]) -> dict[bytes, bytes]:
    """What is left when a consumer keeps the last value of each key."""
    table: dict[bytes, bytes] = {}
    for _, key, value in shown:
        assert key is not None
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return table
