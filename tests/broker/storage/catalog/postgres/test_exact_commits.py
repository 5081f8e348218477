"""The exact form of a commit comes to what the catalog in memory comes to, batch by batch, whatever producers send."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.model import Appended
from broker.storage.catalog.base import BatchEntry, Catalog, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Fenced, Member
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.exact_commits import commit_exactly
from broker.storage.catalog.postgres.log_rows import window_of
from broker.storage.objects.base import INLINE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group
from tests.support.postgres import Postgres, postgres_server

T = TypeVar("T")

PARTITIONS: Final = 3
IDS: Final = ("a", "b\0")
_COLUMNS: Final = "base, last, object_id, position, length, max_timestamp, running_timestamp, batch_count, flags"


@dataclass(slots=True)
class Worlds:
    """The same partitions in memory and in a database, at the beginning of an example new ones."""

    portal: BlockingPortal
    memory: MemoryCatalog
    shared: PostgresCatalog
    pids: tuple[int, ...] = ()
    topics: int = 0
    objects: int = 0
    producers: int = 0
    last: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self.portal.call(work)

    def begin(self) -> None:
        self.topics += 1
        name = f"topic-{self.topics}"
        topic_id = name.encode().ljust(16, b"\0")

        async def make() -> tuple[int, ...]:
            topic = await self.memory.create_topic(name, topic_id, PARTITIONS, 1, {}, NOW)
            async with self.shared._connections.change() as connection:
                for index, pid in enumerate(topic.partitions):
                    await connection.execute("INSERT INTO part (pid, topic_id, partition_index) VALUES ($1, $2, $3)", pid, topic_id, index)
            return topic.partitions

        self.pids = self.run(make)

    def commit(self, groups: list[CommitGroup]) -> list[list[list[Appended]]]:
        """All at once in the database, one after the other in memory: with the same answers."""

        async def commit() -> list[list[list[Appended]]]:
            wanted = [await self.memory.commit_spans(each) for each in groups]
            async with self.shared._connections.change() as connection:
                found = await commit_exactly(connection, groups, None)
            assert found == wanted
            return wanted

        return self.run(commit)

    def both(self, work: Callable[[Catalog], Coroutine[Any, Any, T]]) -> T:
        async def do() -> T:
            wanted = await work(self.memory)
            assert await work(self.shared) == wanted
            return wanted

        return self.run(do)

    def compare(self) -> None:
        """Logs, spans, producers, aborted transactions."""

        async def compare() -> None:
            for pid in self.pids:
                await self._compare_log(pid)
                aborted = await self.memory.aborted(pid, 0, 10**9)
                assert await self.shared.aborted(pid, 0, 10**9) == aborted

        self.run(compare)

    async def _compare_log(self, pid: int) -> None:
        state, connections = self.memory._state.partitions[pid], self.shared._connections
        row = await connections.fetchrow("SELECT * FROM part WHERE pid = $1", pid)
        bounds = state.bounds
        assert (row["log_start"], row["high_watermark"], row["last_stable"]) == (
            bounds.log_start,
            bounds.high_watermark,
            bounds.last_stable_offset,
        )
        assert (row["bytes"], row["running_timestamp"], row["open_transactions"]) == (
            bounds.bytes,
            state.running_timestamp,
            len(state.open_transactions),
        )
        spans = await connections.fetch(f"SELECT {_COLUMNS} FROM span WHERE pid = $1 ORDER BY last", pid)
        assert [tuple(span) for span in spans] == [
            (s.base, s.last, s.object_id, s.position, s.length, s.max_timestamp, s.running_timestamp, s.batch_count, s.flags)
            for s in self.memory._state.runs.get(pid, ())
        ]
        producers = await connections.fetch("SELECT * FROM producer WHERE pid = $1 ORDER BY producer_id", pid)
        assert [(*tuple(each)[1:5], window_of(each["recent"]), each["first_open_offset"]) for each in producers] == [
            (p.producer_id, p.epoch, p.last_sequence, p.last_timestamp, p.window, p.open_first_offset)
            for p in await self.memory.producers(pid)
        ]
        live = await connections.fetch(
            "SELECT object_id, live, (SELECT count(*) FROM span WHERE span.object_id = object.object_id), state FROM object"
        )
        assert all(live == counted and state == (1 if live else 2) for _, live, counted, state in live), "I4"


SomeWorlds = TypeVar("SomeWorlds", bound=Worlds)


@contextmanager
def worlds(kind: type[SomeWorlds]) -> Iterator[SomeWorlds]:
    with start_blocking_portal() as portal:
        url = portal.call(postgres_server().new_database)
        shared = portal.call(PostgresCatalog.open, url)
        try:
            yield kind(portal, MemoryCatalog(), shared)
        finally:
            portal.call(shared.aclose)


@pytest.fixture(scope="module")
def shared_worlds() -> Iterator[Worlds]:
    with worlds(Worlds) as both:
        yield both


NEXT: Final = -1
AGAIN: Final = -2
"""Sequences that follow from what the producer did before: the next one, and the last one once more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A batch, before it is known who its producer is. ``producer`` 0 and 1 are those of the transactional ids, others are nobody's, -1 is none.
    ``epoch`` is relative to the id's."""

    records: int
    length: int
    at: int
    producer: int
    epoch: int
    first: int
    transactional: bool
    log_append_time: bool


near_the_wrap = st.sampled_from([2**31 - 3, 2**31 - 2, 2**31 - 1])
sequences = st.sampled_from([NEXT, NEXT, NEXT, NEXT, AGAIN, 0]) | near_the_wrap
epochs = st.sampled_from([0, 0, 0, 0, 0, 1, -1])
batches = st.builds(
    Wish,
    st.integers(1, 3),
    st.integers(1, 400_000),
    st.integers(-5, 5),
    st.integers(-1, 3),
    epochs,
    sequences,
    st.booleans(),
    st.booleans(),
)
flushes = st.lists(st.tuples(st.sampled_from([*range(PARTITIONS)] * 3 + [PARTITIONS]), st.lists(batches, min_size=1, max_size=4)), min_size=1, max_size=4)
commits = st.tuples(st.just("commit"), st.lists(flushes, min_size=1, max_size=3))
openings = st.tuples(st.just("open"), st.tuples(st.sampled_from(IDS), st.sets(st.integers(0, PARTITIONS - 1), min_size=1)))
endings = st.tuples(st.just("end"), st.tuples(st.sampled_from(IDS), st.booleans(), st.booleans()))
trials = st.lists(commits | openings | commits | endings, min_size=4, max_size=12)


@settings(max_examples=settings.default.max_examples // 2 if settings.default else 30)
@given(steps=trials)
def test_it_comes_to_what_memory_comes_to(shared_worlds: Worlds, steps: list[tuple[str, Any]]) -> None:
    """Duplicates, refusals that split spans, epochs, sequences that wrap, open transactions, partitions that are not there; several groups at once."""
    run_steps(shared_worlds, steps)


def run_steps(both: Worlds, steps: list[tuple[str, Any]]) -> None:
    """Take the same steps in both worlds, and compare what they are then."""
    both.begin()
    ids: dict[str, tuple[int, int]] = {}
    both.producers += 10
    for kind, what in steps:
        if kind == "commit":
            both.commit([_group(both, each, ids) for each in what])
        elif kind == "open":
            _open(both, ids, *what)
        elif what[0] in ids:
            _end(both, ids, *what)
    both.compare()


def _open(both: Worlds, ids: dict[str, tuple[int, int]], name: str, chosen: set[int]) -> None:
    own = f"{name}{both.topics}"
    if name not in ids:
        producer_id = both.producers + len(ids)
        answer = both.both(lambda catalog: catalog.init_transaction(own, 60_000, -1, -1, NOW, producer_id))
        ids[name] = (answer.producer_id, answer.epoch)
    pids = [both.pids[index] for index in sorted(chosen)]
    both.both(lambda catalog: catalog.add_to_transaction(own, *ids[name], pids, None, NOW))


def _end(both: Worlds, ids: dict[str, tuple[int, int]], name: str, commit: bool, bump: bool) -> None:
    answer = both.both(lambda catalog: catalog.end_transaction(f"{name}{both.topics}", *ids[name], commit, bump, -1, NOW))
    if not answer.error_code:
        ids[name] = (answer.producer_id, answer.epoch)


def _group(both: Worlds, flush: list[tuple[int, list[Wish]]], ids: dict[str, tuple[int, int]]) -> CommitGroup:
    both.objects += 1
    entries, at = [], 0
    for index, wishes in flush:
        pid = both.pids[index] if index < PARTITIONS else 10**6
        own = [_batch(both, pid, wish, list(ids.values())) for wish in wishes]
        entries.append(SpanEntry(pid, at, own))
        at += sum(each.length for each in own)
    return CommitGroup(both.objects, 0, at, entries, NOW)


def _batch(both: Worlds, pid: int, wish: Wish, known: list[tuple[int, int]]) -> BatchEntry:
    if wish.producer < 0:
        return BatchEntry(wish.records, wish.length, NOW + wish.at, log_append_time=wish.log_append_time)
    at_home = wish.producer < len(known)
    producer, epoch = known[wish.producer] if at_home else (both.producers + 5 + wish.producer, 1)
    first, epoch = wish.first, max(epoch + wish.epoch, 0)
    if first < 0:
        before = both.last.get((pid, producer, epoch))
        if before is None:
            first = 0
        else:
            first = (before[1] + 1) % 2**31 if first == NEXT else before[0]
    last = (first + wish.records - 1) % 2**31
    both.last[pid, producer, epoch] = (first, last)
    return BatchEntry(
        wish.records,
        wish.length,
        NOW + wish.at,
        producer,
        epoch,
        first,
        last,
        transactional=at_home if wish.transactional else (not at_home and wish.records == 3),
        log_append_time=wish.log_append_time,
    )


async def test_bytes_that_no_store_has_are_kept(postgres: Postgres) -> None:
    """With the object that they are."""
    catalog = await PostgresCatalog.open(await postgres.new_database())
    async with catalog._connections.change() as connection:
        await connection.execute("INSERT INTO part (pid, topic_id, partition_index) VALUES (1, 'x', 0)")
        flush = group({1: [batch()]}, object_id=INLINE_OBJECTS)
        await commit_exactly(connection, [CommitGroup(flush.object_id, 0, 100, flush.spans, NOW, memoryview(b"d" * 100))], None)
    row = await catalog._connections.fetchrow("SELECT object_id, bytes FROM inline_object")

    assert tuple(row) == (INLINE_OBJECTS, b"d" * 100)
    await catalog.aclose()


async def test_a_broker_whose_epoch_is_gone_commits_nothing(postgres: Postgres) -> None:
    """It is told that it was fenced (I8)."""
    catalog = await PostgresCatalog.open(await postgres.new_database())
    member = Member(node_id=1, epoch=4, rack=None, listeners={})
    async with catalog._connections.change() as connection:
        await connection.execute("INSERT INTO broker (node_id, epoch, instance, lease_until) VALUES (1, 5, 'i', now())")
        await connection.execute("INSERT INTO part (pid, topic_id, partition_index) VALUES (1, 'x', 0)")
        with pytest.raises(Fenced):
            await commit_exactly(connection, [group({1: [batch()]})], member)

    assert await catalog._connections.fetchval("SELECT count(*) FROM object") == 0
    await catalog.aclose()
