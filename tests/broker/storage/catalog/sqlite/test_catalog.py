"""The SQLite catalog across restarts, and at size."""

import time
from pathlib import Path

from broker.model import CommittedOffset
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, topic


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """Topics, logs, producers with their windows, offsets, ids: as if nothing had happened."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    one, two = await topic(catalog, 2)
    appender = Appender(catalog)
    for sequence in range(6):
        await appender.append(one, batch(2, at=NOW + sequence, producer=5, first=sequence * 2))
    await appender.append(two, batch(3))
    await catalog.advance_log_start(one, 3)
    await catalog.commit_offsets({("g", "orders", 0): CommittedOffset(offset=4)})
    ids = await catalog.allocate_producer_ids(10)
    before = (
        await catalog.load_topics(),
        await catalog.bounds([one, two]),
        await catalog.producers(one),
        await catalog.load_offsets(),
        await catalog.find_spans([SpanQuery(one, 3, 10**6), SpanQuery(two, 0, 10**6)]),
    )
    await catalog.aclose()

    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    after = (
        await catalog.load_topics(),
        await catalog.bounds([one, two]),
        await catalog.producers(one),
        await catalog.load_offsets(),
        await catalog.find_spans([SpanQuery(one, 3, 10**6), SpanQuery(two, 0, 10**6)]),
    )
    assert after == before
    assert await catalog.allocate_producer_ids(1) == ids + 10
    answers = []
    appender.catalog = catalog
    for sequence in (0, 5, 7, 6):
        (answer,) = await appender.append(one, batch(2, producer=5, first=sequence * 2))
        answers.append((answer.error_code, answer.base_offset, answer.duplicate))
    assert answers == [(46, -1, False), (0, 10, True), (45, -1, False), (0, 12, False)]
    await catalog.aclose()


async def test_trimming_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A topic with more spans than one round takes is gone in the end, and so are its objects."""
    path = tmp_path / "catalog.db"
    catalog = SqliteCatalog.open(path)
    created = await catalog.create_topic("gone", b"g" * 16, 1, 1, {}, NOW)
    (kept,) = await topic(catalog)
    odd = [batch(1, 1), batch(producer=1, first=-3)] * 700
    await catalog.commit_spans(group({created.partitions[0]: odd}, object_id=1))
    await catalog.commit_spans(group({kept: odd}, object_id=2))
    await catalog.commit_spans(group({kept: [batch()]}, object_id=3))
    await catalog.delete_topic(created.topic_id)
    await catalog.advance_log_start(kept, 700)
    await catalog.aclose()

    catalog = SqliteCatalog.open(path)
    for _ in range(20):
        await catalog.meta("wake", "up")
    assert await catalog.take_dead_objects(10) == [1, 2]
    bounds = catalog.peek_bounds(kept)
    assert bounds is not None
    assert (bounds.log_start, bounds.high_watermark, bounds.bytes) == (700, 701, 100)
    await catalog.aclose()


async def test_many_partitions_open_quickly_and_cost_nothing_later(tmp_path: Path) -> None:
    """Ten thousand of them; a commit touches only what it names."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    pids = []
    for index in range(10):
        pids += await topic(catalog, 1000, f"t{index}")
    await catalog.aclose()

    started = time.perf_counter()
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    opened = time.perf_counter() - started
    (answer,) = await Appender(catalog).append(pids[-1], batch())

    assert answer.base_offset == 0
    assert len(await catalog.bounds(pids)) == 10_000
    assert len(await catalog.load_topics()) == 10
    assert opened < 2
    await catalog.aclose()
