"""Every catalog there is, as one fixture: a contract test runs against each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from broker.storage.catalog.base import Catalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import SHARDS
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from tests.support.postgres import Postgres, postgres_server

Open = Callable[[], Awaitable[Catalog]]


@pytest.fixture
def postgres() -> Postgres:
    """The server of this process; databases of it are made as they are needed."""
    return postgres_server()


@pytest.fixture
async def database_url(postgres: Postgres) -> AsyncIterator[str]:
    """A database with the catalog's tables and nothing in them."""
    async with postgres.borrowed_database() as url:
        yield url


@pytest.fixture(params=["memory", "sqlite", "sqlite without a tail", "postgres"])
async def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Catalog]:
    """An empty catalog. Without a tail in memory, every span comes from the database."""
    opened: Catalog
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            opened = MemoryCatalog()
        elif request.param == "postgres":
            opened = await PostgresCatalog.open(await stack.enter_async_context(postgres_server().borrowed_database()))
            await opened.load_transactions(range(SHARDS))
        else:
            opened = SqliteCatalog.open(tmp_path / "catalog.db", tail_spans=1000 if request.param == "sqlite" else 0)
        yield opened
        await opened.aclose()
