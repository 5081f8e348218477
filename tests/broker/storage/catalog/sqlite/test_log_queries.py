"""Questions to the database, against a plain reading of every span."""

from pathlib import Path

import pytest

from broker.storage.catalog.base import Span, SpanQuery
from broker.storage.catalog.sqlite import log_queries
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from tests.broker.storage.catalog.groups_of_batches import Appender, batch, topic

TIMES = [5, 3, 3, 9, 9, 8, 20, 1, 20, 21] * 20


@pytest.fixture
async def log(tmp_path: Path) -> tuple[SqliteCatalog, int]:
    """A log of two hundred spans of three records that starts within its fifth."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for index, at in enumerate(TIMES):
        await appender.append(pid, batch(3, 10 + index % 7, at=at + index))
    await catalog.advance_log_start(pid, 13)
    return catalog, pid


async def everything(catalog: SqliteCatalog, pid: int) -> list[Span]:
    return await catalog._reader.run(lambda connection: log_queries.spans_from(connection, pid, 0, 10**6))


async def test_every_timestamp_is_found_where_a_walk_finds_it(log: tuple[SqliteCatalog, int]) -> None:
    """Bisection over a running timestamp that repeats and jumps."""
    catalog, pid = log
    spans = await everything(catalog, pid)
    for timestamp in range(230):
        expected = next((span.base for span in spans if span.running_timestamp >= timestamp), None)
        answer = await catalog.spans_from_timestamp(pid, timestamp, 1)
        assert [span.base for span in answer.spans] == ([] if expected is None else [expected])
    await catalog.aclose()


@pytest.mark.parametrize("offset", [13, 14, 15, 300, 599])
@pytest.mark.parametrize("max_bytes", [0, 1, 100, 900, 10**6])
async def test_every_offset_is_found_where_a_walk_finds_it(
    log: tuple[SqliteCatalog, int], offset: int, max_bytes: int
) -> None:
    """Few spans or many, from memory or from the database."""
    catalog, pid = log
    expected, taken = [], 0
    for span in await everything(catalog, pid):
        if span.last >= offset and (not expected or taken < max_bytes):
            expected.append(span)
            taken += span.length
    query = SpanQuery(pid, offset, max_bytes)
    (stored,) = await catalog._reader.run(lambda connection: log_queries.find_spans(connection, [query]))
    remembered = catalog.find_spans_now([query])

    assert list(stored.spans) == expected
    assert remembered is not None
    assert list(remembered[0].spans) == expected
    await catalog.aclose()


async def test_the_state_of_every_log_is_read_at_once(log: tuple[SqliteCatalog, int]) -> None:
    """As memory has it."""
    catalog, pid = log
    loaded = await catalog._reader.run(log_queries.load_partitions)

    assert loaded == catalog._state.partitions
    assert await catalog._reader.run(log_queries.load_trims) == {}
    assert pid in loaded
    await catalog.aclose()
