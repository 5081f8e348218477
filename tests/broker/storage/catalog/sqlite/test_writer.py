"""The thread that writes: rounds, refusals, failures, upkeep."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event

import anyio
import pytest
from anyio import to_thread

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.model import CommittedOffset, LogBounds
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.sqlite import writer
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from broker.storage.catalog.sqlite.transaction import Transaction
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, topic
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty


async def hold(catalog: SqliteCatalog, entered: Event, release: Event) -> None:
    """Keep the writer's thread busy until ``release`` is set."""

    def work(_: object) -> None:
        entered.set()
        release.wait(10)

    await catalog._writer.run(work)


def next_job_is_queued(catalog: SqliteCatalog, monkeypatch: pytest.MonkeyPatch) -> anyio.Event:
    """Set when the next job goes to the writer's thread. It is in the queue before anybody who waits for the event goes on."""
    queued = anyio.Event()
    run = catalog._writer.run

    async def run_and_tell(work: Callable[[Transaction], object]) -> object:
        queued.set()
        return await run(work)

    monkeypatch.setattr(catalog._writer, "run", run_and_tell)
    return queued


async def test_what_gathers_while_it_is_busy_is_one_statement(tmp_path: Path) -> None:
    """Appends and committed offsets share a flush, and the flush is its own transaction."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    pids = await topic(catalog, 20)
    entered, release = Event(), Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold, catalog, entered, release)
        await to_thread.run_sync(entered.wait)
        for index, pid in enumerate(pids):
            tasks.start_soon(catalog.commit_spans, group({pid: [batch()]}, position=index * 100))
            tasks.start_soon(catalog.commit_offsets, {("g", "orders", index): CommittedOffset(offset=index)})
        await anyio.wait_all_tasks_blocked()
        connection.statements.clear()
        release.set()

    statements = [sql for sql in connection.statements if not sql.startswith("PRAGMA")]
    assert [sql.split()[:3] for sql in statements][-1] == ["INSERT", "INTO", "flushes"]
    assert sum("flushes" in sql for sql in statements) == 1
    assert all(bounds.high_watermark == 1 for bounds in (await catalog.bounds(pids)).values())
    assert len(await catalog.load_offsets()) == 20
    await catalog.aclose()


async def test_a_refused_job_does_not_disturb_its_round(tmp_path: Path) -> None:
    """Others that share the transaction are committed, in order (T4)."""
    catalog, _ = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    entered, release = Event(), Event()
    refusals: list[ErrorCode] = []

    async def create_again() -> None:
        try:
            await topic(catalog)
        except BrokerError as refused:
            refusals.append(refused.code)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold, catalog, entered, release)
        await to_thread.run_sync(entered.wait)
        tasks.start_soon(catalog.commit_spans, group({pid: [batch(5)]}))
        tasks.start_soon(create_again)
        tasks.start_soon(catalog.advance_log_start, pid, 5)
        tasks.start_soon(catalog.commit_spans, group({pid: [batch(2)]}, position=100))
        await anyio.wait_all_tasks_blocked()
        release.set()

    assert refusals == [ErrorCode.TOPIC_ALREADY_EXISTS]
    assert catalog.peek_bounds(pid) == LogBounds(5, 7, 7, 0, 100)
    await catalog.aclose()
    again = SqliteCatalog.open(tmp_path / "catalog.db")
    assert again.peek_bounds(pid) == LogBounds(5, 7, 7, 0, 100)
    await again.aclose()


async def test_a_job_with_a_bug_leaves_nothing_behind(tmp_path: Path) -> None:
    """What it had written is undone, its caller is told, the next job works."""
    catalog, _ = open_faulty(tmp_path / "catalog.db")

    def work(transaction: writer.Transaction) -> None:
        transaction.execute("INSERT INTO meta VALUES ('half', 'done')")
        transaction.changes.add_partitions([77])
        transaction.execute("INSERT INTO meta VALUES ('half', 'again')")

    with pytest.raises(sqlite3.IntegrityError):
        await catalog._writer.run(work)
    assert await catalog.meta("half", "not there") == "not there"
    assert catalog.peek_bounds(77) is None
    await catalog.aclose()


@pytest.mark.parametrize("statement", ["INSERT INTO flushes", "BEGIN", "COMMIT"])
async def test_a_full_disk_changes_nothing(tmp_path: Path, statement: str) -> None:
    """Everyone in the round is told; memory stays as it was; later commits work again (T1, T2)."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(producer=5, first=0))
    connection.fail(statement, sqlite3.SQLITE_FULL)
    outcomes: list[type] = []

    async def attempt(work: object) -> None:
        try:
            await work  # type: ignore[misc]
        except StorageUnavailable:
            outcomes.append(StorageUnavailable)

    entered, release = Event(), Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(attempt, hold(catalog, entered, release))
        tasks.start_soon(attempt, catalog.commit_spans(group({pid: [batch(producer=5, first=1)]}, position=100)))
        tasks.start_soon(attempt, catalog.set_config(4, "", {"a": "1"}))
        release.set()
    assert len(outcomes) >= 2
    assert catalog.peek_bounds(pid) == LogBounds(0, 1, 1, 0, 100)

    connection.mend()
    assert await catalog.load_configs() == {}
    (answer,) = await appender.append(pid, batch(producer=5, first=1))
    assert (answer.error_code, answer.base_offset) == (0, 1)
    await catalog.aclose()


async def test_a_database_that_is_really_full_works_again_with_room(tmp_path: Path) -> None:
    """SQLite's own error, from a limit on its pages."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    committed = 0
    try:
        while committed < 1000:
            await appender.append(pid, batch())
            committed += 1
    except StorageUnavailable:
        pass
    assert 0 < committed < 1000
    bounds = catalog.peek_bounds(pid)
    assert bounds is not None
    assert bounds.high_watermark == committed

    connection.execute("PRAGMA max_page_count = 100000")
    (answer,) = await appender.append(pid, batch())
    assert answer.base_offset == committed
    await catalog.aclose()


async def test_on_a_full_disk_the_log_is_folded_in(tmp_path: Path) -> None:
    """The space that it has already is then used again, whatever the disk says."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch())
    connection.fail("INSERT INTO flushes", sqlite3.SQLITE_FULL)
    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch()]}, position=100))
    connection.mend()
    await catalog.commit_spans(group({pid: [batch()]}, position=200))

    assert "PRAGMA wal_checkpoint(PASSIVE)" in connection.statements
    await catalog.aclose()


@pytest.mark.parametrize("statement", ["INSERT INTO flushes", "COMMIT"])
async def test_an_io_error_ends_it_for_good(tmp_path: Path, statement: str) -> None:
    """Nothing is tried again, nothing is published, reading goes on (T3)."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch())
    connection.fail(statement, sqlite3.SQLITE_IOERR_FSYNC, after=True)

    if statement == "COMMIT":
        with pytest.raises(StorageFailed):
            await catalog.set_config(4, "", {"a": "1"})
    else:
        with pytest.raises(StorageFailed):
            await catalog.commit_spans(group({pid: [batch()]}, position=100))
    connection.mend()
    with pytest.raises(StorageFailed):
        await catalog.commit_spans(group({pid: [batch()]}, position=200))
    assert catalog.peek_bounds(pid) == LogBounds(0, 1, 1, 0, 100)
    (answer,) = await catalog.find_spans([SpanQuery(pid, 0, 10**9)])
    assert [span.base for span in answer.spans] == [0]
    await catalog.aclose()


async def test_producers_read_in_a_failed_round_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the failed transaction had removed is still there (T2)."""
    path = tmp_path / "catalog.db"
    catalog, _ = open_faulty(path)
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch(producer=5, first=0))
    await catalog.aclose()
    catalog, connection = open_faulty(path)
    entered, release = Event(), Event()

    async def attempt(work: object) -> None:
        with pytest.raises(StorageUnavailable):
            await work  # type: ignore[misc]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hold, catalog, entered, release)
        await to_thread.run_sync(entered.wait)
        queued = next_job_is_queued(catalog, monkeypatch)
        tasks.start_soon(attempt, catalog.expire_producers(NOW + 1))
        await queued.wait()
        tasks.start_soon(attempt, catalog.commit_spans(group({pid: [batch(producer=5, first=9)]}, position=100)))
        await anyio.wait_all_tasks_blocked()
        connection.fail("INSERT INTO flushes", sqlite3.SQLITE_FULL)
        release.set()

    connection.mend()
    (answer,) = await catalog.commit_spans(group({pid: [batch(producer=5, first=9)]}, position=100))
    assert answer[0].error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    await catalog.aclose()


async def test_the_write_ahead_log_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints run while commits go on."""
    monkeypatch.setattr(writer, "CHECKPOINT_AFTER_ROWS", 50)
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    sizes = []
    for _ in range(12):
        for _ in range(100):
            await appender.append(pid, batch())
        sizes.append((tmp_path / "catalog.db-wal").stat().st_size)
    await catalog.aclose()

    assert sizes[-1] < 12 * 100 * 4096
    assert not (tmp_path / "catalog.db-wal").exists() or (tmp_path / "catalog.db-wal").stat().st_size == 0


async def test_upkeep_that_finds_the_disk_full_is_tried_again(tmp_path: Path) -> None:
    """Deleted data is taken out later; commits go on meanwhile."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    created = await catalog.create_topic("gone", b"g" * 16, 1, 1, {}, NOW)
    (kept,) = await topic(catalog)
    await catalog.commit_spans(group({created.partitions[0]: [batch()], kept: [batch()]}))
    connection.fail("SELECT count(*)", sqlite3.SQLITE_FULL)
    await catalog.delete_topic(created.topic_id)
    await catalog.commit_spans(group({kept: [batch()]}, position=500))
    connection.mend()
    await catalog.meta("wake", "")
    await catalog.meta("up", "")

    assert connection.execute("SELECT count(*) FROM trims").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM spans").fetchone() == (2,)
    await catalog.aclose()


async def test_a_bug_at_the_end_of_a_round_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that was decided but not written must not be answered as appended (T2)."""
    catalog, _ = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)

    def fail(_: Transaction) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "flush", fail)
        with pytest.raises(MemoryError):
            await catalog.commit_spans(group({pid: [batch()]}))
    assert (await catalog.bounds([pid]))[pid].high_watermark == 0
    await catalog.aclose()


async def test_only_what_can_be_recovered_does_without_a_flush(tmp_path: Path) -> None:
    """Commit groups alone; whatever else is in the round waits for the disk, and takes all before it along (T5)."""
    catalog, connection = open_faulty(tmp_path / "catalog.db", recoverable=True)
    (pid,) = await topic(catalog)

    def flushed() -> bool:
        return bool(connection.execute("PRAGMA synchronous").fetchone() == (2,))

    assert flushed()
    await catalog.commit_spans(group({pid: [batch()]}))
    assert not flushed()
    await catalog.commit_offsets({("g", "orders", 0): CommittedOffset(offset=1)})
    assert flushed()
    await catalog.commit_spans(group({pid: [batch()]}, position=100))
    assert not flushed()
    await catalog.set_config(2, "orders", {"retention.ms": "1"})
    assert flushed()
    await catalog.commit_spans(group({pid: [batch()]}, position=200))
    await catalog.advance_log_start(pid, 1)
    assert flushed()
    await catalog.aclose()


async def test_without_recovery_every_commit_is_flushed(tmp_path: Path) -> None:
    """As SQLite is left by default here."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch()]}))

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    await catalog.aclose()
