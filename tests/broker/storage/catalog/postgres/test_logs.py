"""Questions about logs cost what they name, however much there is: no statement reads a table from one end to the other."""

import os
import time

import pytest

from broker.storage.catalog.base import Catalog, SpanQuery
from broker.storage.catalog.postgres import commits, logs, objects, producers
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import PLANS
from broker.storage.catalog.postgres.prepared_commit import prepare
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, topic
from tests.broker.storage.catalog.postgres.plans import PlanWatch
from tests.support.postgres import Postgres

SPANS = int(os.environ.get("PENSTOCK_CATALOG_SPANS", "20000"))
PARTITIONS = int(os.environ.get("PENSTOCK_CATALOG_PARTITIONS", "1000"))

FILL = """
INSERT INTO part (pid, topic_id, partition_index, high_watermark, last_stable, bytes, running_timestamp)
    SELECT 1000000 + i, '\\x01', i, $1 * 10, $1 * 10, $1 * 100, $1 FROM generate_series(0, $2 - 1) AS i
"""
FILL_SPANS = """
INSERT INTO span SELECT 1000000 + i, n * 10 + 9, n * 10, n, 0, 100, n, n, 1, 0 FROM generate_series(0, $2 - 1) AS i, generate_series(0, $1 - 1) AS n
"""
FILL_OBJECTS = "INSERT INTO object (object_id, size, live) SELECT n, 100 * $2, $2 FROM generate_series(0, $1 - 1) AS n"
FILL_PRODUCERS = """
INSERT INTO producer SELECT 1000000 + i, p, 0, 9, 0, '\\x', NULL FROM generate_series(0, $1 - 1) AS i, generate_series(0, 9) AS p
"""


async def filled(catalog: PostgresCatalog, each: int) -> list[int]:
    """Logs with so many spans each; their pids."""
    fetch = catalog._connections.fetch
    await fetch(FILL, each, PARTITIONS)
    await fetch(FILL_SPANS, each, PARTITIONS)
    await fetch(FILL_OBJECTS, each, PARTITIONS)
    await fetch(FILL_PRODUCERS, PARTITIONS)
    return list(range(1_000_000, 1_000_000 + PARTITIONS))


async def test_no_statement_reads_a_whole_table(postgres: Postgres) -> None:
    """Neither when the tables were never looked at for statistics, nor afterwards."""
    url = await postgres.new_database()
    catalog = await PostgresCatalog.open(url)
    pids = (await filled(catalog, SPANS // PARTITIONS))[:64]
    end = SPANS // PARTITIONS * 10
    statements = {
        "bounds": (logs._BOUNDS, pids),
        **{f"find {limit}": (query, pids, [5] * 64, [150] * 64) for limit, query in logs._FINDS.items()},
        "from timestamp": (logs._FROM_TIMESTAMP, pids[0], end // 20, 3),
        "of max timestamp": (logs._OF_MAX_TIMESTAMP, pids[0]),
        "page": (logs._PAGE, pids[0], 5),
        "known producers": (producers._KNOWN, pids, [3] * 64),
        "dead objects": (objects._DEAD, 10, 0.0),
        "advance": (logs._ADVANCE, None, None, pids[1], 15),
        "drain": (objects._DRAIN, None, None),
        "resolve": (commits._RESOLVE, [-1, 10**9]),
    }
    async with postgres.connected(url.rpartition("/")[2]) as connection:
        watch = PlanWatch(connection)
        await watch.begin(PLANS)
        for is_analyzed in (False, True):
            if is_analyzed:
                await connection.execute("ANALYZE")
            for name, (query, *args) in statements.items():
                assert await watch.scanned(query, *args) == [], name
            for number in range(3):
                sent = {pid: [batch(producer=3, first=10 + number), batch(producer=77, epoch=1 + number, first=0)] for pid in pids}
                prepared = prepare([group(sent, object_id=10**6 + number + 10 * is_analyzed)])
                assert prepared is not None
                begun = time.perf_counter()
                scanned = await watch.scanned(commits._COMMIT, *catalog._arguments(prepared))
                print(f"a commit of 64 logs and 128 producers in {SPANS} spans: {(time.perf_counter() - begun) * 1000:.1f} ms, explained")
                assert scanned == []
            await connection.execute("UPDATE producer SET last_sequence = 9, epoch = 0")
    await measure(catalog, pids, end)
    await catalog.aclose()


async def measure(catalog: PostgresCatalog, pids: list[int], end: int) -> None:
    """Say how long things take, for whoever looks."""
    for name, turn in {
        "find in 64 logs": lambda _: catalog.find_spans([SpanQuery(pid, end // 2, 100) for pid in pids]),
        "bounds of 64 logs": lambda _: catalog.bounds(pids),
        "by timestamp": lambda _: catalog.spans_from_timestamp(pids[5], end // 30, 1),
        "commit of 16 logs": lambda number: catalog.commit_spans(
            group({pid: [batch(producer=500, first=number)] for pid in pids[:16]}, object_id=2 * 10**6 + number)
        ),
        "commit of 64 logs": lambda number: catalog.commit_spans(
            group({pid: [batch(producer=501, first=number)] for pid in pids}, object_id=3 * 10**6 + number)
        ),
    }.items():
        taken = []
        for number in range(30):
            begun = time.perf_counter()
            await turn(number)
            taken.append((time.perf_counter() - begun) * 1000)
        print(f"{name}, {SPANS} spans: median {sorted(taken)[len(taken) // 2]:.2f} ms")


async def test_retention_reads_beyond_a_page(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What all can go is found however much it is."""
    monkeypatch.setattr(logs, "_PAGE", logs._PAGE.replace("LIMIT 1024", "LIMIT 2"))
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for number in range(7):
        await appender.append(pid, batch(10, 100, at=NOW + number))

    assert await catalog.retention_offset(pid, NOW + 5, None) == 50
    assert await catalog.retention_offset(pid, NOW + 9, None) == 70
    assert await catalog.retention_offset(pid, None, 250) == 40
    assert await catalog.retention_offset(pid, NOW, 10**6) == 0
