"""Commits whose connections are broken at every moment: ended by the database, cut on the way, or cut once the answer was on its way.

What was said to be committed is there, once, where it was said; what was said not to be is not. PENSTOCK_CATALOG_STRESS_SECONDS makes it longer.
"""

import os
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import pytest

from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import ConnectionOptions
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.catalog.postgres.catalog_load import BrokerLoad, Ledger
from tests.support.postgres import Postgres
from tests.support.tcp_proxy import TcpProxy

SECONDS = float(os.environ.get("PENSTOCK_CATALOG_STRESS_SECONDS", "8"))
SEED = int(os.environ.get("PENSTOCK_CATALOG_STRESS_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
BROKERS = 3
PARTITIONS = 6
OPTIONS = ConnectionOptions(pool_size=3, connect_s=3, patience_s=20, resolve_s=60)


@asynccontextmanager
async def brokers(postgres: Postgres, url: str) -> AsyncIterator[list[tuple[PostgresCatalog, TcpProxy]]]:
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(BROKERS):
            proxy = await stack.enter_async_context(TcpProxy.serving("127.0.0.1", postgres.port))
            catalog = await PostgresCatalog.open(url.replace(str(postgres.port), str(proxy.port)), OPTIONS)
            stack.push_async_callback(catalog.aclose)
            found.append((catalog, proxy))
        yield found


@pytest.mark.timeout(SECONDS * 3 + 120)
async def test_nothing_is_lost_or_doubled_when_connections_break(postgres: Postgres, database_url: str) -> None:
    """Counts of references are exact, logs have no gap, and nobody waits in a circle."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    ledger = Ledger()
    database = database_url.rpartition("/")[2]
    deadline = anyio.current_time() + SECONDS
    faults = {"ended": 0, "cut": 0}
    async with brokers(postgres, database_url) as members:
        pids = await topic(members[0][0], PARTITIONS)
        proxies = [proxy for _, proxy in members]

        async def produce(load: BrokerLoad) -> None:
            while anyio.current_time() < deadline:
                await load.produce()

        async def trim(load: BrokerLoad) -> None:
            while anyio.current_time() < deadline:
                await load.trim()
                await anyio.sleep(0.02)

        async def transact(load: BrokerLoad) -> None:
            turn = 0
            while anyio.current_time() < deadline:
                turn += 1
                await load.transact(turn)

        async def end_sessions() -> None:
            async with postgres.connected("postgres") as connection:
                while anyio.current_time() < deadline:
                    await anyio.sleep(chance.uniform(0.0, 0.25))
                    faults["ended"] += await connection.fetchval(
                        "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = $1"
                        " ORDER BY (state = 'active') DESC, random() LIMIT 1) AS victim",
                        database,
                    )

        async def break_links() -> None:
            while anyio.current_time() < deadline:
                await anyio.sleep(chance.uniform(0.0, 0.25))
                proxy = chance.choice(proxies)
                if chance.random() < 0.5:
                    proxy.lose_answers_of(chance.randrange(100))
                else:
                    await proxy.cut(chance.randrange(100))
                    faults["cut"] += 1

        async with anyio.create_task_group() as tasks:
            for number, (catalog, _) in enumerate(members):
                load = BrokerLoad(catalog, number, pids, ledger, random.Random(chance.getrandbits(32)))
                tasks.start_soon(produce, load)
                tasks.start_soon(trim, load)
                tasks.start_soon(transact, load)
            tasks.start_soon(end_sessions)
            tasks.start_soon(break_links)
        lost = sum(proxy.lost for proxy in proxies)
    print(f"{dict(ledger.outcomes)}, faults {faults}, answers lost {lost}")
    async with postgres.connected(database) as connection:
        await check(connection, pids, ledger)
        deadlocks = await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = $1", database)
    assert deadlocks == 0
    assert ledger.outcomes["committed"] > 10 * SECONDS / 8
    assert lost
    assert faults["ended"]


async def check(connection: object, pids: tuple[int, ...], ledger: Ledger) -> None:
    fetch = connection.fetch  # type: ignore[attr-defined]
    for pid in pids:
        (log,) = await fetch("SELECT * FROM part WHERE pid = $1", pid)
        appended = ledger.appended.get(pid, {})
        markers = ledger.markers[pid]
        assert log["high_watermark"] == sum(appended.values()) + markers, "a batch is there that nobody was told of, or one is missing"
        offsets = [offset for base, records in appended.items() for offset in range(base, base + records)]
        assert len(set(offsets)) == len(offsets), "I3: two batches share an offset"
        spans = await fetch("SELECT * FROM span WHERE pid = $1 ORDER BY last", pid)
        at = log["high_watermark"]
        for span in reversed(spans):
            assert span["last"] + 1 == at, "I3: the spans tile the log"
            at = span["base"]
        assert at <= log["log_start"] or not spans
        assert log["bytes"] == sum(span["length"] for span in spans) or await fetch("SELECT 1 FROM trim WHERE pid = $1", pid)
        assert log["open_transactions"] == 0
        assert log["last_stable"] == log["high_watermark"], "I5"
    objects = await fetch(
        "SELECT object_id, live, state, (SELECT count(*) FROM span WHERE span.object_id = object.object_id) AS spans FROM object"
    )
    for row in objects:
        assert row["live"] == row["spans"], "I4"
        assert row["state"] == (1 if row["spans"] else row["state"]), "I4"
    named = await fetch("SELECT object_id FROM span WHERE object_id >= 0 AND object_id NOT IN (SELECT object_id FROM object)")
    assert not named, "I4: every span's object is known"
