"""The short form of the churn: some seconds of it."""

import pytest

from tests.churn.churn import Churn
from tests.support.postgres import postgres_server

pytestmark = pytest.mark.anyio


async def test_tables_stay_flat() -> None:
    """However much was written: rows follow what is kept, objects what is needed."""
    flushes, partitions = 600, 30
    outcome = await Churn(await postgres_server().new_database(), partitions=partitions, flushes=flushes, samples=6, vacuums=True).run()
    for line in outcome.lines():
        print(line)
    assert outcome.spans == flushes * partitions
    settled = outcome.samples[2:]
    for table in ("span", "object", "trim", "object_ids", "job"):
        rows = [sample.rows[table] for sample in settled]
        assert rows[-1] <= 1.5 * max(rows[0], 100), f"{table}: {rows}"
    for table in ("span", "object", "part", "producer"):
        kib = [sample.kib[table] for sample in settled]
        assert kib[-1] <= 1.5 * max(kib[0], 200), f"{table}: {kib} KiB"
    assert outcome.samples[-1].rows["span"] < partitions * flushes / 4
    assert outcome.samples[-1].objects < flushes / 4
    assert outcome.merged
    assert outcome.deleted > flushes * 3 / 4
