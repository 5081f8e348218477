"""What is particular to membership on PostgreSQL; what every shared catalog promises is in test_contract_membership."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import anyio
import asyncpg
import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import DEFAULT_OPTIONS
from tests.support.postgres import Postgres, postgres_server

LEASE_MS = 2_000


@asynccontextmanager
async def broker(url: str, instance: str, lease_ms: int = LEASE_MS) -> AsyncIterator[PostgresCatalog]:
    """A registered broker whose sessions carry its name, as those of a process do."""
    catalog = await PostgresCatalog.open(url, replace(DEFAULT_OPTIONS, application=f"penstock {instance}"))
    try:
        await catalog.register(Registration(instance=instance, node_id=None, rack=None, listeners={}), lease_ms)
        yield catalog
    finally:
        await catalog.aclose()


async def end_leases(url: str, *, but: int = -1) -> None:
    """As if their time had passed; but for one broker's."""
    connection = await asyncpg.connect(url, ssl=False)
    await connection.execute(
        "UPDATE broker_lease SET lease_until = clock_timestamp() WHERE lease_until > '-infinity' AND node_id <> $1", but
    )
    await connection.close()


async def look_at_once(catalogs: Sequence[PostgresCatalog]) -> list[Exception]:
    """Renew all; what those got who were refused."""
    refused: list[Exception] = []

    async def look(catalog: PostgresCatalog) -> None:
        try:
            await catalog.renew(LEASE_MS)
        except Exception as error:
            refused.append(error)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for catalog in catalogs:
                tasks.start_soon(look, catalog)
    return refused


async def living(url: str) -> tuple[int, list[int]]:
    """How many leases run, and the epoch of every node id there is."""
    connection = await asyncpg.connect(url, ssl=False)
    count = await connection.fetchval("SELECT count(*) FROM broker_lease WHERE lease_until > clock_timestamp()")
    epochs = [row[0] for row in await connection.fetch("SELECT epoch FROM broker ORDER BY node_id")]
    await connection.close()
    return count, epochs


async def test_a_broker_is_heard_of_while_its_commits_wait() -> None:
    """A commit that waits for a lock holds up nobody's lease: not the committing broker's, nor another's."""
    url = await postgres_server().new_database()
    async with broker(url, "one") as one, one._connections.change() as changing:
        await one._stand(changing)  # what every commit does first
        with anyio.fail_after(1):
            view = await one.renew(LEASE_MS)
        assert len(view.members) == 1


async def test_what_a_frozen_broker_left_open_holds_nobody_up() -> None:
    """It stopped in the middle of a transaction, with locks that others wait for: when it is fenced, its sessions are ended."""
    url = await postgres_server().new_database()
    async with broker(url, "frozen") as frozen, broker(url, "other") as other:
        topic = await other.create_topic("t", b"t" * 16, 1, 1, {}, 0)
        with pytest.raises(StorageUnavailable):  # noqa: PT012 - it is raised at the end of all that
            async with frozen._connections.change() as changing:
                await frozen._stand(changing)
                await changing.execute("SELECT 1 FROM part WHERE pid = $1 FOR UPDATE", topic.partitions[0])
                await end_leases(url)
                await other.register(Registration(instance="other", node_id=2, rack=None, listeners={}), LEASE_MS)
                with anyio.fail_after(5):
                    while len((await other.renew(LEASE_MS)).members) != 1:  # noqa: ASYNC110 - looking is what has it fenced
                        await anyio.sleep(0.02)
                    await other.add_partitions(topic.topic_id, 2)
                await changing.fetchval("SELECT 1")


async def test_many_brokers_that_look_at_once_agree() -> None:
    """However they come together, each epoch is ended once, and none of them waits for another's transaction for long."""
    url = await postgres_server().new_database()
    async with broker(url, "a") as a, broker(url, "b") as b, broker(url, "c") as c, broker(url, "d", 60_000) as d:
        await end_leases(url, but=4)
        refused = await look_at_once([a, b, c, d])
        count, epochs = await living(url)

        assert count == 4 - len(refused)
        assert sorted(epochs) == [1] * count + [2] * len(refused)


async def test_many_brokers_that_come_back_at_once_are_all_members() -> None:
    """The database was away for all of them: nobody is fenced, and none waits for another that waits for it."""
    url = await postgres_server().new_database()
    async with AsyncExitStack() as stack:
        brokers = [await stack.enter_async_context(broker(url, name)) for name in "abcdef"]
        for _ in range(20):
            await end_leases(url)
            assert await look_at_once(brokers) == []
            assert await living(url) == (6, [1] * 6)
        connection = await asyncpg.connect(url, ssl=False)
        assert await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
        await connection.close()


async def test_whoever_is_being_heard_of_is_passed_over() -> None:
    """A lease that somebody else has locked, its own broker most likely, holds nobody up who prolongs them all."""
    url = await postgres_server().new_database()
    async with broker(url, "one") as one, broker(url, "two"), broker(url, "three"):
        await end_leases(url)
        connection = await asyncpg.connect(url, ssl=False)
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM broker_lease WHERE node_id = 2 FOR UPDATE")
            with anyio.fail_after(1):
                view = await one.renew(LEASE_MS)
        await connection.close()

        assert [member.node_id for member in view.members] == [1, 3]
        assert (await living(url))[1] == [1, 1, 1]


async def test_a_registration_whose_answer_was_lost_is_repeated_in_place() -> None:
    """The broker comes to the same node id, under another epoch."""
    url = await postgres_server().new_database()
    async with broker(url, "one") as one:
        before = one.member
        again = await one.register(Registration(instance="one", node_id=None, rack=None, listeners={}), LEASE_MS)

        assert before is not None
        assert again.node_id == before.node_id
        assert again.epoch > before.epoch
        assert len((await one.renew(LEASE_MS)).members) == 1


async def test_a_database_that_stops_is_away_and_comes_back() -> None:
    """Renewals fail in half a lease, and go on when it is there again, under the same epoch if nobody looked meanwhile."""
    server = Postgres()
    try:
        server.start()
        await server.migrate_template()
        url = await server.new_database()
        async with broker(url, "one") as one:
            member = one.member
            await anyio.to_thread.run_sync(server.terminate)
            with anyio.fail_after(10), pytest.raises(StorageUnavailable):
                await one.renew(LEASE_MS)
            await anyio.to_thread.run_sync(server.start)
            view = await one.renew(LEASE_MS)
            assert view.members == [member]
    finally:
        server.remove()
