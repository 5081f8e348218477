"""Every catalog there is, as one fixture: a contract test runs against each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from broker.storage.catalog.base import Catalog
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.sqlite.catalog import SqliteCatalog
from tests.support.postgres import Postgres, postgres_server

Open = Callable[[], Awaitable[Catalog]]

NOT_ON_POSTGRES: set[str] = set()
"""Contracts that the PostgreSQL catalog does not fulfil yet. Shrinks to nothing."""


@pytest.fixture
def postgres() -> Postgres:
    """The server of this process; databases of it are made as they are needed."""
    return postgres_server()


@pytest.fixture
async def database_url(postgres: Postgres) -> str:
    """A new database with the catalog's tables."""
    return await postgres.new_database()


@pytest.fixture(params=["memory", "sqlite", "sqlite without a tail", "postgres"])
async def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Catalog]:
    """An empty catalog. Without a tail in memory, every span comes from the database."""
    opened: Catalog
    if request.param == "memory":
        opened = MemoryCatalog()
    elif request.param == "postgres":
        if request.module.__name__.rpartition(".")[2] in NOT_ON_POSTGRES:
            pytest.skip("not on PostgreSQL yet")
        opened = await PostgresCatalog.open(await postgres_server().new_database())
    else:
        opened = SqliteCatalog.open(tmp_path / "catalog.db", tail_spans=1000 if request.param == "sqlite" else 0)
    yield opened
    await opened.aclose()
