"""What the database does for a statement: the plans of everything that it runs, also within functions."""

import re
from collections.abc import Sequence
from typing import Any

_NODES = re.compile(r'"Node Type": "([^"]+)"')
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


def scans_of(plan: str) -> Sequence[str]:
    """The tables that a plan in JSON reads as a whole."""
    found = []
    for node in re.split(r'(?="Node Type")', plan):
        kind, table = _NODES.search(node), _INDEXED.search(node)
        if kind is not None and table is not None and kind.group(1) in ("Seq Scan", "Bitmap Heap Scan"):
            found.append(table.group(1))
    return found
