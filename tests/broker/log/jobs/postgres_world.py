"""The world of jobs over PostgreSQL. Time passes by making what is in the database older."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from broker.storage.catalog.base import Span
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from tests.broker.log.jobs.world import World
from tests.support.postgres import postgres_server

_AGE = """
UPDATE object SET created = created - make_interval(secs => $1), deleted_at = deleted_at - make_interval(secs => $1);
"""


class PostgresWorld(World):
    """Begin with :meth:`open`, end with :meth:`close`."""

    url = ""

    @classmethod
    async def open(cls, **options: Any) -> "PostgresWorld":
        world = cls(**options)
        world.url = await postgres_server().new_database()
        world.observer = await PostgresCatalog.open(world.url)
        world._opened = [world.observer]
        return world

    async def close(self) -> None:
        for catalog in self._opened:
            await catalog.aclose()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._opened: list[Any] = []

    async def new_catalog_opened(self) -> Any:
        catalog = await PostgresCatalog.open(self.url)
        self._opened.append(catalog)
        return catalog

    async def pass_time(self, ms: int) -> None:
        await super().pass_time(ms)
        await self.observer._connections.change_once(_AGE, ms / 1000)

    async def node_ids(self) -> list[int]:
        return [row[0] for row in await self.observer._connections.fetch("SELECT node_id FROM broker ORDER BY node_id")]

    async def check_deletion(self, object_id: int) -> None:
        rows = await self.observer._connections.fetch("SELECT pid FROM span WHERE object_id = $1", object_id)
        assert not rows, f"object {object_id} is deleted, but logs lie in it: {rows}"
        row = await self.observer._connections.fetchrow(
            "SELECT state, deleted_at <= now() - make_interval(secs => $2) AS late FROM object WHERE object_id = $1",
            object_id,
            self.settings.object_delete_grace_ms / 1000,
        )
        assert row is None or row[0] == 9 or (row[0] == 2 and row[1]), f"object {object_id} is deleted too early: {row}"

    async def check_size(self, pid: int, spans: Sequence[Span], size: int) -> None:
        row = await self.observer._connections.fetchrow("SELECT coalesce(sum(length), 0) FROM span WHERE pid = $1", pid)
        assert row[0] == size

    async def check_counts(self, counts: Counter[int]) -> None:
        pids = list(self.model)
        rows = await self.observer._connections.fetch(
            "SELECT object_id, live, state FROM object WHERE live > 0 OR state = 1 ORDER BY object_id"
        )
        foreign = await self.observer._connections.fetch(
            "SELECT object_id, count(*) FROM span WHERE object_id >= 0 AND pid <> ALL ($1) GROUP BY object_id", pids
        )
        below = await self.observer._connections.fetch(
            "SELECT object_id, count(*) FROM span JOIN part USING (pid) WHERE object_id >= 0 AND last < log_start GROUP BY object_id"
        )
        total = counts + Counter({row[0]: row[1] for row in foreign}) + Counter({row[0]: row[1] for row in below})
        assert {row[0]: row[1] for row in rows} == dict(total), "I4"
        assert all(row[2] == 1 for row in rows)

    async def inline_ids(self) -> set[int]:
        return {row[0] for row in await self.observer._connections.fetch("SELECT object_id FROM inline_object")}
