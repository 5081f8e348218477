"""What the database does for a statement: the plans of everything that it runs, also within functions."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import ConnectionOptions
from broker.storage.catalog.shards import SHARDS

_NODES = re.compile(r'"Node Type": "([^"]+)"')
_OF_DRIVER = "typeinfo_tree"
_INDEXED = re.compile(r'"Relation Name": "([^"]+)"')


class PlanWatch:
    """Collects the plans of every statement of one plain connection; the server says them as notices (auto_explain)."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.plans: list[str] = []
        connection.add_log_listener(lambda _, message: self.plans.append(message.message))

    async def begin(self, settings: dict[str, str]) -> None:
        """Like a session of the catalog, but one that tells."""
        for name, value in settings.items():
            await self._connection.execute(f"SET {name} = {value}")
        await self._connection.execute("LOAD 'auto_explain'")
        for name, value in {
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_analyze": "on",
            "auto_explain.log_timing": "off",
            "auto_explain.log_format": "json",
            "auto_explain.log_level": "notice",
            "client_min_messages": "notice",
        }.items():
            await self._connection.execute(f"SET {name} = {value}")

    async def scanned(self, query: str, *args: Any) -> list[str]:
        """Carry it out, and name every table that was read from one end to the other."""
        self.plans.clear()
        await self._connection.fetch(query, *args)
        assert self.plans, "the server says nothing"
        return [table for plan in self.plans for table in scans_of(plan)]

    async def walked(self, query: str, *args: Any) -> float:
        """Carry it out, and say how many rows the busiest step of it went through."""
        self.plans.clear()
        await self._connection.fetch(query, *args)
        return self.busiest()

    def busiest(self) -> float:
        """How many rows the busiest step went through, of all that was carried out since plans were cleared; the driver's own questions aside."""
        plans = [plan for plan in self.plans if _OF_DRIVER not in plan]
        assert plans, "the server says nothing"
        return max(rows for plan in plans for rows in _rows(json.loads(plan[plan.index("{") :])["Plan"]))


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[tuple[PostgresCatalog, PlanWatch]]:
    """A catalog that thinks to coordinate everything, with one connection for all but the commits of flushes, and the plans of what is asked on it."""
    catalog = await PostgresCatalog.open(url, ConnectionOptions(pool_size=1))
    try:
        await catalog.load_transactions(range(SHARDS))
        async with catalog._connections.read() as connection:
            watch = PlanWatch(connection)
            await watch.begin({})
        yield catalog, watch
    finally:
        await catalog.aclose()


def _rows(node: dict[str, Any]) -> Iterator[float]:
    """What each step of a plan made, and what it looked at for nothing, all repetitions together."""
    looked_at = node["Actual Rows"] + sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    yield looked_at * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _rows(below)


def scans_of(plan: str) -> Sequence[str]:
    """The tables that a plan in JSON reads as a whole."""
    found = []
    for node in re.split(r'(?="Node Type")', plan):
        kind, table = _NODES.search(node), _INDEXED.search(node)
        if kind is not None and table is not None and kind.group(1) in ("Seq Scan", "Bitmap Heap Scan"):
            found.append(table.group(1))
    return found
