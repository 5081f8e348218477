"""What becomes of questions and changes when the way to the database, or the database itself, breaks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import asyncpg
import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres.address import database_address
from broker.storage.catalog.postgres.connecting import ConnectionOptions
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.failures import OutcomeUnknown
from tests.support.postgres import Postgres
from tests.support.tcp_proxy import TcpProxy

OPTIONS = ConnectionOptions(pool_size=2, connect_s=0.5, patience_s=5, answer_s=0.5, resolve_s=10)
INSERT = "INSERT INTO meta VALUES ($1, 'x')"


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    """A server that a test may kill."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.remove()


@asynccontextmanager
async def opened(url: str, options: ConnectionOptions = OPTIONS) -> AsyncIterator[Connections]:
    connections = await Connections.open(database_address(url), options)
    try:
        yield connections
    finally:
        await connections.aclose()


@asynccontextmanager
async def behind_proxy(postgres: Postgres, url: str, options: ConnectionOptions = OPTIONS) -> AsyncIterator[tuple[Connections, TcpProxy]]:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(TcpProxy.serving("127.0.0.1", postgres.port))
        yield await stack.enter_async_context(opened(url.replace(str(postgres.port), str(proxy.port)), options)), proxy


async def insert(connections: Connections, key: str, meanwhile: Callable[[Any], Awaitable[None]]) -> None:
    """A change, with something that happens before its end."""
    async with connections.change() as connection:
        await connection.execute(INSERT, key)
        await meanwhile(connection)


async def keys(connections: Connections) -> set[str]:
    return {row[0] for row in await connections.fetch("SELECT key FROM meta")}


async def test_a_change_is_whole_or_nothing(database_url: str) -> None:
    """What is raised within it undoes it, and the connection serves on."""
    async with opened(database_url) as connections:
        async with connections.change() as connection:
            await connection.execute(INSERT, "one")

        async def fail(_: Any) -> None:
            raise KeyError

        with pytest.raises(KeyError):
            await insert(connections, "two", fail)
        with pytest.raises(asyncpg.UniqueViolationError):
            await insert(connections, "one", fail)
        await connections.commit_once(INSERT, "three")

        assert await keys(connections) >= {"one", "three"}
        assert "two" not in await keys(connections)


async def test_a_cancelled_change_is_undone(database_url: str) -> None:
    """Also in the database, before its connection is used again."""
    async with opened(database_url) as connections:
        with anyio.move_on_after(0.1):
            async with connections.change() as connection:
                await connection.execute(INSERT, "cancelled")
                await connection.fetchval("SELECT pg_sleep(30)")

        async with connections.change() as connection:
            await connection.execute(INSERT, "cancelled")
        assert "cancelled" in await keys(connections)


@pytest.mark.parametrize("way", ["change", "commit", "read"])
async def test_a_transaction_that_is_cancelled_while_it_begins_is_nobodys(postgres: Postgres, database_url: str, way: str) -> None:
    """Its BEGIN is on its way to the server, or already there: what comes next on a connection is a transaction of its own (C5)."""
    async with behind_proxy(postgres, database_url) as (connections, proxy), anyio.create_task_group() as tasks:
        await connections.fetch("SELECT 1")
        scope = anyio.CancelScope()
        ways = {"change": connections.change, "commit": connections.commit, "read": lambda: connections.read(snapshot=True)}

        async def begin() -> None:
            with scope:
                async with ways[way]():
                    raise AssertionError("the answer is held back")

        proxy.hang()
        tasks.start_soon(begin)
        await anyio.wait_all_tasks_blocked()
        scope.cancel()
        proxy.go_on()
        await anyio.wait_all_tasks_blocked()
        await connections.change_once(INSERT, "changed")
        await connections.commit_once(INSERT, "committed")

        assert {"changed", "committed"} <= await keys(connections)


async def test_a_question_that_is_cancelled_leaves_no_connection_in_doubt(database_url: str) -> None:
    """It may be answered at any moment: nobody else asks on that connection (C5)."""
    async with opened(database_url) as connections:
        first = await connections.fetchval("SELECT pg_backend_pid()")
        with anyio.move_on_after(0.1):
            await connections.fetch("SELECT pg_sleep(1)")

        assert await connections.fetchval("SELECT pg_backend_pid()") != first


async def test_a_snapshot_stays_as_it_is(database_url: str) -> None:
    """All its questions see one state."""
    async with opened(database_url) as connections, connections.read(snapshot=True) as connection:
        before = await connection.fetchval("SELECT count(*) FROM meta")
        async with connections.change() as other:
            await other.execute(INSERT, "later")

        assert await connection.fetchval("SELECT count(*) FROM meta") == before


async def test_lost_connections_are_replaced(postgres: Postgres, database_url: str) -> None:
    """Questions are asked again; nobody hears of it."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):
        await connections.commit_once(INSERT, "before")
        await connections.fetch("SELECT 1")
        await proxy.cut_all()
        assert "before" in await keys(connections)
        await postgres.end_sessions(database_url.rpartition("/")[2])
        assert "before" in await keys(connections)


async def test_a_change_that_is_lost_before_its_end_did_not_happen(postgres: Postgres, database_url: str) -> None:
    """And is said not to have (C2)."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):

        async def cut(connection: Any) -> None:
            await proxy.cut_all()
            await connection.execute(INSERT, "never sent")

        with pytest.raises(StorageUnavailable):
            await insert(connections, "lost", cut)

        assert "lost" not in await keys(connections)


async def test_a_change_whose_answer_is_lost_is_looked_up(postgres: Postgres, database_url: str) -> None:
    """It is in, so nothing is raised (C2)."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):
        async with connections.change() as connection:
            await connection.execute(INSERT, "in")
            proxy.lose_answers()

        assert proxy.lost
        assert "in" in await keys(connections)


async def test_a_change_that_does_not_reach_its_end_is_looked_up(postgres: Postgres, database_url: str) -> None:
    """The connection is cut before COMMIT arrives, so it is not in."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):

        async def end(_: Any) -> None:
            proxy.hang()
            await postgres.end_sessions(database_url.rpartition("/")[2])
            proxy.go_on()

        with pytest.raises(StorageUnavailable):
            await insert(connections, "not in", end)

        assert "not in" not in await keys(connections)


async def test_one_statement_whose_answer_is_lost_is_the_callers_to_find_out(postgres: Postgres, database_url: str) -> None:
    """It may be in."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):
        await connections.commit_once(INSERT, "first")
        proxy.lose_answers()
        with pytest.raises(OutcomeUnknown):
            await connections.commit_once(INSERT, "perhaps")

        assert "perhaps" in await keys(connections)


async def test_what_may_be_sent_twice_is(postgres: Postgres, database_url: str) -> None:
    """When its answer is lost."""
    async with behind_proxy(postgres, database_url) as (connections, proxy):
        await connections.fetch("SELECT 1")
        proxy.lose_answers()
        await connections.change_once("INSERT INTO meta VALUES ($1, 'x') ON CONFLICT DO NOTHING", "twice")

        assert "twice" in await keys(connections)


async def test_silence_is_taken_for_loss(postgres: Postgres, database_url: str) -> None:
    """A database that does not answer is left; what cannot be looked up stays open."""
    options = ConnectionOptions(pool_size=2, connect_s=0.2, patience_s=0.3, answer_s=0.2, resolve_s=0.5)
    async with behind_proxy(postgres, database_url, options) as (connections, proxy):

        async def hang(_: Any) -> None:
            proxy.hang()

        with pytest.raises(Unresolved):
            await insert(connections, "open", hang)
        with pytest.raises(StorageUnavailable):
            await connections.fetch("SELECT 1")
        proxy.go_on()
        await connections.fetch("SELECT 1")


async def test_whoever_waits_too_long_for_a_connection_is_told(database_url: str) -> None:
    """However many ask, there are only so many."""
    options = ConnectionOptions(pool_size=1, patience_s=0.1)
    async with opened(database_url, options) as connections, connections.read():
        with pytest.raises(StorageUnavailable, match="in use"):
            await connections.fetch("SELECT 1")


async def test_a_database_that_restarts_is_found_again(own_server: Postgres) -> None:
    """After SIGKILL as well; meanwhile everybody is told that it is away."""
    options = ConnectionOptions(pool_size=2, connect_s=0.5, patience_s=0.2)
    async with opened(own_server.url("postgres"), options) as connections:
        await connections.fetch("CREATE TABLE kept (number int)")
        await connections.commit_once("INSERT INTO kept VALUES (1)")
        own_server.kill()
        for ask in (connections.fetch, connections.commit_once, connections.change_once):
            with pytest.raises((StorageUnavailable, OutcomeUnknown)):
                await ask("SELECT number FROM kept")
        own_server.start()
        with anyio.fail_after(10):
            while True:
                try:
                    rows = await connections.commit_once("SELECT number FROM kept")
                    break
                except StorageUnavailable:
                    await anyio.sleep(0.05)

        assert [row[0] for row in rows] == [1]


async def test_sessions_have_what_the_catalog_relies_on(database_url: str) -> None:
    """Whatever the database's own defaults are (C4)."""
    async with opened(database_url) as connections:
        await connections.fetch("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
        try:
            async with opened(database_url) as later:
                assert await later.fetchval("SHOW synchronous_commit") == "on"
        finally:
            await connections.fetch("ALTER ROLE CURRENT_USER RESET synchronous_commit")
        wanted: dict[str, Any] = {
            "default_transaction_isolation": "read committed",
            "statement_timeout": "20s",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "20s",
        }
        for name, value in wanted.items():
            assert await connections.fetchval(f"SHOW {name}") == value


async def test_after_closing_nothing_is_asked(database_url: str) -> None:
    """Whoever comes late gets an error it may retry elsewhere."""
    async with opened(database_url) as connections:
        await connections.aclose()
        with pytest.raises(StorageUnavailable):
            await connections.fetch("SELECT 1")
        with pytest.raises(StorageUnavailable):
            await connections.commit_once("SELECT 1")
