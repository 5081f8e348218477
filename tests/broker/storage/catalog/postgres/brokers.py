"""Several brokers on one database, as far as the catalog goes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import SHARDS


@asynccontextmanager
async def brokers(url: str, count: int = 2) -> AsyncIterator[tuple[PostgresCatalog, ...]]:
    """Catalogs that each think to coordinate everything, and check nothing."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            catalog = await PostgresCatalog.open(url)
            stack.push_async_callback(catalog.aclose)
            await catalog.load_transactions(range(SHARDS))
            opened.append(catalog)
        yield tuple(opened)


async def hold_shards(catalog: PostgresCatalog, node_id: int, token: int) -> None:
    """Every shard is this broker's under this token, and it knows."""
    await catalog._connections.fetch("UPDATE shard SET node_id = $1, token = $2", node_id, token)
    catalog.checks_shards = True
    catalog.shard_tokens = dict.fromkeys(range(SHARDS), token)


class Recorder:
    """A connection that remembers what it was asked."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)

        async def ask(query: str, *args: Any) -> Any:
            self.asked.append(query)
            return await method(query, *args)

        return ask


@asynccontextmanager
async def recorded(catalog: PostgresCatalog, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """The statements of the catalog's changes, but for what begins and ends their transactions."""
    asked: list[str] = []
    plain = catalog._connections.change

    @asynccontextmanager
    async def change() -> AsyncIterator[Any]:
        async with plain() as connection:
            recorder = Recorder(connection)
            yield recorder
            asked.extend(recorder.asked)

    with monkeypatch.context() as patched:
        patched.setattr(catalog._connections, "change", change)
        yield asked
