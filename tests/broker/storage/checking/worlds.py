"""Catalogs with something in them, embedded and shared, to be checked, broken and made anew."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from broker.model import Topic
from broker.storage.catalog.base import Catalog, SpanQuery
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.checking.checker import Checker, Totals
from broker.storage.checking.log_rules import Finding
from broker.storage.checking.object_contents import FileContents, RemoteContents
from broker.storage.checking.postgres_dump import PostgresDump
from broker.storage.checking.sqlite_dump import SqliteDump
from broker.storage.committing import GroupCommitter, TwoStepCommitter, UnstoredGroup
from broker.storage.embedded import EmbeddedStorage, open_embedded
from broker.storage.objects.base import ObjectStore, TocEntry
from broker.storage.objects.footer import PartitionName
from broker.storage.objects.opening import open_objects
from broker.storage.objects.remote import RemoteObjectStore
from broker.storage.recovery import entry_of
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from tests.broker.storage.objects.remote_worlds import CountedIds, memory_url
from tests.support.postgres import postgres_server

NOW_MS = 1_700_000_000_000
CLUSTER = "cluster-of-the-test"


def batch(
    number: int,
    records: int = 2,
    *,
    producer: int = -1,
    sequence: int = -1,
    epoch: int = 0,
    transactional: bool = False,
) -> bytes:
    """A batch that is told from others by its number."""
    made = [Record(index, NOW_MS + number, b"k%d" % number, b"value %d" % number) for index in range(records)]
    return bytes(
        encode_batch(
            made,
            producer_id=producer,
            producer_epoch=epoch if producer >= 0 else -1,
            base_sequence=sequence,
            transactional=transactional,
        )
    )


def group_of(parts: Sequence[tuple[int, Sequence[bytes]]]) -> UnstoredGroup:
    """A flush of batches by partition."""
    buffers: list[bytes] = []
    toc: list[TocEntry] = []
    at = 0
    for pid, batches in parts:
        length = sum(map(len, batches))
        toc.append(TocEntry(pid, at, length))
        buffers += batches
        at += length
    return UnstoredGroup(
        buffers, toc, [[entry_of(parse_header(each)) for each in batches] for _, batches in parts], NOW_MS
    )


@dataclass(kw_only=True)
class World:
    """Catalog and store; ``topics`` by name."""

    catalog: Catalog
    store: ObjectStore
    committer: GroupCommitter
    topics: dict[str, Topic] = field(default_factory=dict)

    async def create(self, name: str, partitions: int) -> Topic:
        topic_id = name.encode().ljust(16, b"-")[:16]
        topic = await self.catalog.create_topic(name, topic_id, partitions, 1, {}, NOW_MS)
        self.topics[name] = topic
        return topic

    async def commit(self, *parts: tuple[int, Sequence[bytes]]) -> None:
        for answers in await self.committer.commit(group_of(parts)):
            assert all(answer.error_code == 0 for answer in answers), answers

    async def fill(self) -> None:
        """Two topics, several flushes, an idempotent producer, a log that was cut off at its start."""
        orders, users = await self.create("orders", 2), await self.create("users", 1)
        first, second = orders.partitions
        for number in range(6):
            await self.commit(
                (first, [batch(number), batch(100 + number, 3, producer=7, sequence=3 * number)]),
                (second, [batch(200 + number)]),
            )
        await self.commit((users.partitions[0], [batch(300, 5)]))
        await self.catalog.advance_log_start(second, 5)

    async def transact(self, name: str, pid: int, number: int, *, commit: bool | None) -> None:
        """A transaction of two batches with a plain one between them; None leaves it open."""
        fresh = await self.catalog.allocate_producer_ids(1)
        begun = await self.catalog.init_transaction(name, 60_000, -1, -1, NOW_MS, fresh)
        await self.catalog.add_to_transaction(name, begun.producer_id, begun.epoch, [pid], None, NOW_MS)
        for step in range(2):
            made = batch(
                number + step, producer=begun.producer_id, epoch=begun.epoch, sequence=2 * step, transactional=True
            )
            await self.commit((pid, [made, batch(number + 5 + step)]))
        if commit is not None:
            await self.catalog.end_transaction(name, begun.producer_id, begun.epoch, commit, False, -1, NOW_MS)

    async def values(self, pid: int) -> list[tuple[int, bytes]]:
        """Every batch from the log's start, as (first offset, what its CRC covers)."""
        found = []
        (answer,) = await self.catalog.find_spans(
            [SpanQuery(pid, (await self.catalog.bounds([pid]))[pid].log_start, 1 << 30)]
        )
        for span in answer.spans:
            if span.object_id < 0:
                continue
            (data,) = await self.store.read(span.object_id, [(span.position, span.length)])
            at, base = 0, span.base
            while at < len(data):
                header = parse_header(data, at)
                found.append((base, bytes(data[at + 21 : at + header.size])))
                base += header.last_offset_delta + 1
                at += header.size
        return found

    async def check(self, *, deep: bool = True) -> tuple[list[Finding], Totals]:
        raise NotImplementedError

    async def break_with(self, statement: str, *args: Any) -> None:
        raise NotImplementedError

    async def aclose(self) -> None:
        raise NotImplementedError


@dataclass(kw_only=True)
class EmbeddedWorld(World):
    """SQLite and files."""

    directory: Path
    storage: EmbeddedStorage

    @classmethod
    def open(cls, directory: Path) -> "EmbeddedWorld":
        storage = open_embedded(directory, segment_bytes=1 << 16)
        return cls(
            catalog=storage.catalog,
            store=storage.store,
            committer=storage.committer,
            directory=directory,
            storage=storage,
        )

    async def check(self, *, deep: bool = True) -> tuple[list[Finding], Totals]:
        found: list[Finding] = []
        dump = await SqliteDump.open(self.directory / "catalog.db")
        files = FileContents(self.directory / "segments", self.storage.directory_id)
        totals = await Checker(dump, files, found.append, deep=deep).run()
        files.close()
        await dump.aclose()
        return found, totals

    async def break_with(self, statement: str, *args: Any) -> None:
        with sqlite3.connect(self.directory / "catalog.db") as connection:
            connection.execute(statement, args)
        connection.close()

    async def aclose(self) -> None:
        await self.storage.aclose()


@dataclass(kw_only=True)
class SharedWorld(World):
    """PostgreSQL, and a remote store (in memory unless a URL says otherwise)."""

    database: str
    objects: str

    @classmethod
    async def open(
        cls, database: str | None = None, objects: str | None = None, ids: CountedIds | None = None
    ) -> "SharedWorld":
        database = database or await postgres_server().new_database()
        catalog = await PostgresCatalog.open(database)
        names: dict[int, PartitionName] = {}
        url = objects or memory_url()
        store = open_objects(url, ids or CountedIds(), names.get, cluster_id=CLUSTER)
        world = cls(
            catalog=catalog, store=store, committer=TwoStepCommitter(store, catalog), database=database, objects=url
        )
        world._names = names  # type: ignore[attr-defined]
        for topic in await catalog.load_topics():
            world._know(topic)
        return world

    async def create(self, name: str, partitions: int) -> Topic:
        topic = await super().create(name, partitions)
        self._know(topic)
        return topic

    @property
    def remote(self) -> RemoteObjectStore:
        assert isinstance(self.store, RemoteObjectStore)
        return self.store

    async def check(self, *, deep: bool = True) -> tuple[list[Finding], Totals]:
        found: list[Finding] = []
        dump = await PostgresDump.open(self.database)
        totals = await Checker(dump, RemoteContents(self.remote), found.append, deep=deep).run()
        await dump.aclose()
        return found, totals

    async def break_with(self, statement: str, *args: Any) -> None:
        connection = await asyncpg.connect(self.database, ssl=False)
        await connection.execute(statement, *args)
        await connection.close()

    async def aclose(self) -> None:
        await self.catalog.aclose()

    def _know(self, topic: Topic) -> None:
        self.topics[topic.name] = topic
        for index, pid in enumerate(topic.partitions):
            self._names[pid] = PartitionName(topic.topic_id, topic.name, index)  # type: ignore[attr-defined]
