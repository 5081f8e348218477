"""Every catalog there is, as one fixture: a contract test runs against each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from broker.storage.catalog.base import Catalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.sqlite.catalog import SqliteCatalog

Open = Callable[[], Awaitable[Catalog]]


@pytest.fixture(params=["memory", "sqlite", "sqlite without a tail"])
async def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Catalog]:
    """An empty catalog. Without a tail in memory, every span comes from the database."""
    opened: Catalog
    if request.param == "memory":
        opened = MemoryCatalog()
    else:
        opened = SqliteCatalog.open(tmp_path / "catalog.db", tail_spans=1000 if request.param == "sqlite" else 0)
    yield opened
    await opened.aclose()
