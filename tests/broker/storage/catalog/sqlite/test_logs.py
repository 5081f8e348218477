"""Answers from the database next to published state."""

from pathlib import Path

from broker.model import LogBounds
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from tests.broker.storage.catalog.groups_of_batches import Appender, batch, topic


async def test_a_snapshot_ahead_of_what_is_published_is_cut_back(tmp_path: Path) -> None:
    """Between a commit and its publication a reader must not see the record and then lose it again."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db", tail_spans=0)
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(10))
    before = catalog._state.partitions[pid]
    await appender.append(pid, batch(10))
    catalog._state.partitions[pid] = before
    answers = [
        (await catalog.find_spans([SpanQuery(pid, 5, 10**6)]))[0],
        await catalog.spans_from_timestamp(pid, 0, 10),
    ]

    for answer in answers:
        assert answer.bounds == LogBounds(0, 10, 10, 0, 100)
        assert [span.base for span in answer.spans] == [0]
    await catalog.aclose()


async def test_a_partition_deleted_meanwhile_is_unknown(tmp_path: Path) -> None:
    """The newest published state decides."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db", tail_spans=0)
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch(10))
    (answer,) = await catalog.find_spans([SpanQuery(pid, 5, 10**6)])
    del catalog._state.partitions[pid]

    assert catalog._published(pid, answer).bounds is None
    await catalog.aclose()


async def test_expiry_reaches_producers_that_were_never_read(tmp_path: Path) -> None:
    """And in memory, those that were."""
    path = tmp_path / "catalog.db"
    catalog = SqliteCatalog.open(path)
    one, two = await topic(catalog, 2)
    appender = Appender(catalog)
    for pid in (one, two):
        await appender.append(pid, batch(producer=1, first=0), now=5)
    await catalog.aclose()
    catalog = SqliteCatalog.open(path)
    appender = replace_catalog(appender, catalog)
    await appender.append(one, batch(producer=1, first=1), now=5)

    assert await catalog.expire_producers(6) == 2
    for pid in (one, two):
        (answer,) = await appender.append(pid, batch(producer=1, first=70))
        assert answer.error_code == 0
    await catalog.aclose()


def replace_catalog(appender: Appender, catalog: SqliteCatalog) -> Appender:
    appender.catalog = catalog
    return appender
