"""Commits as brokers make them: the fast form where it does, else the exact one, with the answers of the catalog in memory."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest
from hypothesis import given

from broker.errors import StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanQuery
from broker.storage.catalog.cluster import Fenced, Member, Unresolved
from broker.storage.catalog.postgres import commits
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import PLANS, ConnectionOptions
from broker.storage.catalog.postgres.prepared_commit import prepare
from broker.storage.catalog.recent_commits import RecentCommits
from broker.storage.objects.base import INLINE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, bounds_of, group, topic
from tests.broker.storage.catalog.postgres.plans import PlanWatch
from tests.broker.storage.catalog.postgres.test_exact_commits import Worlds, run_steps, trials, worlds
from tests.support.postgres import Postgres
from tests.support.tcp_proxy import TcpProxy

_TRANSACTIONS = """
WITH begun AS (
    INSERT INTO txn (transactional_id, shard, producer_id, epoch, timeout_ms, status, started_ms, updated_ms, last_epoch, previous_producer_id)
    SELECT int4send(pid), 0, pid, 0, 60000, 1, 0, 0, -1, -1 FROM unnest($1::int[]) AS own (pid)
)
INSERT INTO txn_part (pid, producer_id, epoch) SELECT pid, pid, 0 FROM unnest($1::int[]) AS own (pid)
"""
"""One for each log, which has it added; their producers' ids are the logs' own."""


class CommitWorlds(Worlds):
    """Commits are made as brokers make them."""

    def commit(self, groups: list[CommitGroup]) -> list[list[list[Appended]]]:
        async def commit() -> list[list[list[Appended]]]:
            wanted = [await self.memory.commit_spans(each) for each in groups]
            assert await self.shared.commit_groups(groups) == wanted
            return wanted

        return self.run(commit)


@pytest.fixture(scope="module")
def commit_worlds() -> Iterator[CommitWorlds]:
    with worlds(CommitWorlds) as both:
        yield both


@given(steps=trials)
def test_either_form_comes_to_what_memory_comes_to(commit_worlds: CommitWorlds, steps: list[tuple[str, Any]]) -> None:
    """Answers, spans, bounds, producers' windows, what is open: the same whichever form a commit takes."""
    run_steps(commit_worlds, steps)


@pytest.fixture
async def catalog(database_url: str) -> AsyncIterator[PostgresCatalog]:
    async with opened(database_url) as catalog:
        yield catalog


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[PostgresCatalog]:
    catalog = await PostgresCatalog.open(url, ConnectionOptions(**options))
    try:
        yield catalog
    finally:
        await catalog.aclose()


async def forms_of(catalog: PostgresCatalog, groups: list[CommitGroup]) -> list[str]:
    """Commit, and say which forms were tried."""
    tried: list[str] = []
    fast, exactly = catalog._commit_fast, catalog._commit_exactly

    async def note_fast(*args: Any) -> Any:
        tried.append("fast")
        return await fast(*args)

    async def note_exactly(*args: Any) -> Any:
        tried.append("exact")
        return await exactly(*args)

    catalog._commit_fast, catalog._commit_exactly = note_fast, note_exactly  # type: ignore[method-assign]
    try:
        await catalog.commit_groups(groups)
    finally:
        catalog._commit_fast, catalog._commit_exactly = fast, exactly  # type: ignore[method-assign]
    return tried


async def test_what_is_plainly_right_takes_the_fast_form(catalog: PostgresCatalog) -> None:
    """New producers, known ones that go on, a higher epoch, transactions, batches without a producer; several objects at once."""
    one, two = await topic(catalog, 2)
    await catalog.init_transaction("t", 60_000, -1, -1, NOW, 7)
    await catalog.add_to_transaction("t", 7, 0, [one], None, NOW)
    sent = batch(2, producer=7, epoch=0, first=0, transactional=True)

    assert await forms_of(catalog, [group({one: [batch(producer=1, first=5)], two: [batch(3)]}, object_id=1)]) == ["fast"]
    assert await forms_of(catalog, [group({one: [batch(producer=1, first=6), batch(producer=1, first=7)]}, object_id=2)]) == ["fast"]
    higher = [group({one: [batch(producer=1, epoch=1, first=0)]}, object_id=3), group({one: [sent]}, object_id=4)]
    assert await forms_of(catalog, higher) == ["fast"]
    bounds = await bounds_of(catalog, one)
    assert bounds is not None
    assert (bounds.high_watermark, bounds.last_stable_offset) == (6, 4)


@pytest.mark.parametrize(
    "next_one",
    [
        batch(producer=1, first=0),
        batch(producer=1, first=7),
        batch(producer=1, epoch=1, first=1),
        batch(producer=2, first=0, transactional=True),
    ],
    ids=["again", "gap", "epoch", "transaction"],
)
async def test_what_the_database_does_not_find_right_takes_the_exact_form(catalog: PostgresCatalog, next_one: Any) -> None:
    """The fast one has changed nothing by then."""
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(producer=1, first=0)]}, object_id=1))

    assert await forms_of(catalog, [group({pid: [next_one]}, object_id=2)]) == ["fast", "exact"]


async def test_what_cannot_be_right_is_not_tried(catalog: PostgresCatalog) -> None:
    """A batch that follows its neighbour badly is known without asking."""
    (pid,) = await topic(catalog)
    bad = group({pid: [batch(producer=1, first=0), batch(producer=1, first=7)]})

    assert await forms_of(catalog, [bad]) == ["exact"]


async def test_a_group_is_answered_as_before_when_only_the_catalog_remembers(catalog: PostgresCatalog) -> None:
    """The latest commit's answers are kept beside it (I7)."""
    one, two = await topic(catalog, 2)
    await catalog.commit_spans(group({one: [batch(5)]}, object_id=1))
    flush = group({two: [batch(3)], one: [batch(2, producer=3, first=0), batch(1)]}, object_id=2)
    before = await catalog.commit_spans(flush)
    catalog._recent = RecentCommits()

    assert await catalog.commit_spans(flush) == before
    await catalog.commit_spans(group({one: [batch()]}, object_id=3))
    catalog._recent = RecentCommits()
    with pytest.raises(Unresolved):
        await catalog.commit_spans(flush)
    bounds = await bounds_of(catalog, one)
    assert bounds is not None
    assert bounds.high_watermark == 9


async def test_a_commit_that_was_given_up_never_happens(catalog: PostgresCatalog) -> None:
    """Whoever looked it up has said so for good (K3)."""
    (pid,) = await topic(catalog)
    async with catalog._connections.apart() as connection:
        assert await connection.fetchval("SELECT resolve_commit_v2($1)", [5, 6]) == "never"
        assert await connection.fetchval("SELECT resolve_commit_v2($1)", [5, 6]) == "never"

    with pytest.raises(StorageUnavailable):
        await catalog.commit_groups([group({pid: [batch()]}, object_id=5), group({pid: [batch()]}, object_id=6)])
    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch(producer=1, first=-9)]}, object_id=6))
    bounds = await bounds_of(catalog, pid)
    assert bounds is not None
    assert bounds.high_watermark == 0


async def test_a_commit_whose_object_was_deleted_since_had_happened(catalog: PostgresCatalog) -> None:
    """It was merged away or trimmed before anybody asked: it is answered, and not stored again. Of a part of its objects that is no different."""
    (pid,) = await topic(catalog)
    flushes = [group({pid: [batch(3)]}, object_id=1), group({pid: [batch(2)]}, object_id=2)]
    before = await catalog.commit_groups(flushes)
    catalog._recent = RecentCommits()
    for start, gone in ((3, [1]), (5, [2])):
        await catalog.advance_log_start(pid, start)
        assert await catalog.take_dead_objects(10) == gone
        await catalog.forget_objects(gone)

        assert await catalog._connections.fetchval(commits._RESOLVE, [1, 2]) == "in"
        catalog._open = commits._OpenCommit(flushes, prepare(flushes), None)
        assert await catalog.commit_groups(flushes) == before
        catalog._recent = RecentCommits()
        assert await catalog.commit_groups(flushes) == before
    await catalog.commit_spans(group({pid: [batch()]}, object_id=3))
    catalog._recent = RecentCommits()
    with pytest.raises(Unresolved):
        await catalog.commit_groups(flushes)
    assert (await catalog.bounds([pid]))[pid].high_watermark == 6


async def test_objects_of_one_commit_have_each_their_fate(catalog: PostgresCatalog) -> None:
    """One is in by another commit: this commit never happens, nobody is told that nothing of it is in, and others go on."""
    (pid,) = await topic(catalog)
    first, second = group({pid: [batch(3)]}, object_id=1), group({pid: [batch(2)]}, object_id=2)
    await catalog.commit_spans(first)
    catalog._open = commits._OpenCommit([first, second], prepare([first, second]), None)
    await catalog.commit_spans(group({pid: [batch()]}, object_id=3))

    assert await catalog._connections.fetchval(commits._RESOLVE, [1, 2]) == "mixed"
    for recent in (catalog._recent, RecentCommits()):
        catalog._recent = recent
        with pytest.raises(Unresolved):
            await catalog.commit_groups([first, second])
    catalog._open = commits._OpenCommit([first, second], prepare([first, second]), None)
    with pytest.raises(Unresolved):
        await catalog.commit_groups([first, second])
    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(second)
    assert (await catalog.bounds([pid]))[pid].high_watermark == 4


@pytest.mark.parametrize("transactional", [False, True], ids=["plain", "transactions"])
async def test_a_commit_costs_what_it_names(postgres: Postgres, *, transactional: bool) -> None:
    """However many logs and producers: no step of it goes through one list for each entry of another."""
    url, count = await postgres.new_database(), 60
    async with opened(url) as catalog, postgres.connected(url.rpartition("/")[2]) as connection:
        pids = await topic(catalog, count)
        if transactional:
            await connection.execute(_TRANSACTIONS, list(pids))
        watch = PlanWatch(connection)
        await watch.begin(PLANS)
        for turn in range(2):
            sent = {pid: [batch(producer=pid, first=turn, transactional=transactional)] for pid in pids}
            prepared = prepare([group(sent, object_id=turn)])
            assert prepared is not None
            assert await watch.walked(commits._COMMIT, *catalog._arguments(prepared)) <= 2 * count
        assert {bounds.high_watermark for bounds in (await catalog.bounds(pids)).values()} == {2}
        assert {bounds.last_stable_offset for bounds in (await catalog.bounds(pids)).values()} == {0 if transactional else 2}


async def until_committed(catalog: PostgresCatalog, flush: CommitGroup) -> None:
    """Once the database can be reached again, however slow the machine is."""
    with anyio.fail_after(60):
        while True:
            try:
                await catalog.commit_spans(flush)
                return
            except StorageUnavailable:
                await anyio.sleep(0.02)


@pytest.mark.parametrize("second", [batch(3), batch(3, producer=1, first=0)], ids=["fast", "exact"])
async def test_an_open_outcome_is_settled_before_anything_else(postgres: Postgres, database_url: str, second: BatchEntry) -> None:
    """While the database cannot be asked nobody is told that nothing happened; nothing is committed past it (K4)."""
    database = database_url.rpartition("/")[2]
    options = {"connect_s": 2, "patience_s": 0.5, "resolve_s": 0.6}
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(TcpProxy.serving("127.0.0.1", postgres.port))
        url = database_url.replace(str(postgres.port), str(proxy.port))
        catalog = await stack.enter_async_context(opened(url, **options))
        other = await stack.enter_async_context(postgres.connected("postgres"))
        (pid,) = await topic(catalog)
        await catalog.commit_spans(group({pid: [batch(2)]}, object_id=1))
        # What makes the second one take the exact form is behind it in its group.
        follower = [] if second.producer_id < 0 else [batch(1, producer=1, first=9)]
        flush = group({pid: [second, *follower]}, object_id=2)
        if follower:
            await catalog.commit_spans(group({pid: [batch(1, producer=2, first=0), batch(1, producer=2, first=5)]}, object_id=3))
        await other.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        try:
            proxy.lose_answers(behind=b"COMMIT" if follower else b"")
            for _ in range(2):
                with pytest.raises(Unresolved):
                    await catalog.commit_spans(flush)
            with pytest.raises(StorageUnavailable):
                await catalog.commit_spans(group({pid: [batch(1)]}, object_id=4))
        finally:
            await other.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
        await until_committed(catalog, group({pid: [batch(1)]}, object_id=5))
        answers = await catalog.commit_spans(flush)

        assert answers[0][0].base_offset == (3 if follower else 2)
        bounds = (await catalog.bounds([pid]))[pid]
        assert bounds.high_watermark == (7 if follower else 6)


async def test_a_fenced_broker_commits_nothing(catalog: PostgresCatalog) -> None:
    """Its epoch is looked at under a lock, in either form (I8)."""
    (pid,) = await topic(catalog)
    async with catalog._connections.change() as connection:
        await connection.execute("INSERT INTO broker (node_id, epoch, instance) VALUES (1, 5, 'i')")
    catalog.member = Member(node_id=1, epoch=5, rack=None, listeners={})
    await catalog.commit_spans(group({pid: [batch()]}, object_id=1))
    catalog.member = Member(node_id=1, epoch=4, rack=None, listeners={})

    with pytest.raises(Fenced):
        await catalog.commit_spans(group({pid: [batch()]}, object_id=2))
    with pytest.raises(Fenced):
        await catalog.commit_spans(group({pid: [batch(producer=1, first=-9)]}, object_id=3))
    with pytest.raises(Fenced):
        await catalog.advance_log_start(pid, 1)
    with pytest.raises(Fenced):
        await catalog.create_topic("x", b"x" * 16, 1, 1, {}, NOW)
    bounds = await bounds_of(catalog, pid)
    assert bounds is not None
    assert (bounds.log_start, bounds.high_watermark) == (0, 1)


async def test_small_flushes_lie_in_the_catalog(catalog: PostgresCatalog) -> None:
    """Until their object is forgotten."""
    (pid,) = await topic(catalog)
    flush = group({pid: [batch(length=7)]}, object_id=INLINE_OBJECTS + 3)
    await catalog.commit_spans(CommitGroup(flush.object_id, 0, 7, flush.spans, NOW, memoryview(b"payload")))

    assert await catalog.read_inline(flush.object_id) == b"payload"
    other = group({pid: [batch(length=5)]}, object_id=INLINE_OBJECTS + 4)
    await catalog.commit_spans(CommitGroup(other.object_id, 0, 5, other.spans, NOW, memoryview(b"other")))
    assert await catalog.read_inlines([other.object_id, flush.object_id]) == {flush.object_id: b"payload", other.object_id: b"other"}
    await catalog.advance_log_start(pid, 1)
    assert await catalog.take_dead_objects(10) == [flush.object_id]
    await catalog.forget_objects([flush.object_id])
    with pytest.raises(StorageUnavailable):
        await catalog.read_inline(flush.object_id)
    with pytest.raises(StorageUnavailable, match=str(flush.object_id)):
        await catalog.read_inlines([other.object_id, flush.object_id])


async def test_several_brokers_commit_to_one_log(postgres: Postgres, database_url: str) -> None:
    """Offsets have no gap and no overlap, and nobody waits in a circle (I3)."""
    async with opened(database_url) as first, opened(database_url) as second, opened(database_url) as third:
        pids = await topic(first, 8)

        async def commit(catalog: PostgresCatalog, number: int) -> None:
            for turn in range(15):
                # Each names the logs in another order.
                order = [pids[(number + turn + step) % len(pids)] for step in range(6)]
                await catalog.commit_spans(group({pid: [batch(2)] for pid in order}, object_id=1000 * number + turn))

        async with anyio.create_task_group() as tasks:
            for number, catalog in enumerate((first, second, third)):
                tasks.start_soon(commit, catalog, number)

        for pid, bounds in (await second.bounds(pids)).items():
            (answer,) = await third.find_spans([SpanQuery(pid, 0, 10**9)])
            assert [span.base for span in answer.spans] == list(range(0, bounds.high_watermark, 2))
