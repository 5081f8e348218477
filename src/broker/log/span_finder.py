"""Asks a shared catalog where data lies, for all readers together.

Readers that ask while queries are under way are put together into the next one, and those that ask for the same are one: however many
wait for a partition, one of them being woken costs a query, and so do a thousand. Every answer is from a snapshot that began after its reader
had asked.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

import anyio

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.log.shared_view import SharedView
from broker.model import LogBounds
from broker.storage.catalog.base import LogCatalog, SpanAnswer, SpanQuery
from observability.metrics import READING

QUERY_PARTITIONS: Final = 64
QUERIES_AT_ONCE: Final = 4
BOUNDS_AT_ONCE: Final = 1000

_Place = tuple[int, int]


class _Ask:
    """What one reader asks for, and what came of it."""

    __slots__ = ("answers", "done", "error", "queries")

    def __init__(self, queries: Sequence[SpanQuery]) -> None:
        self.queries = queries
        self.answers: list[SpanAnswer] = []
        self.error: Exception | None = None
        self.done = anyio.Event()


class SpanFinder:
    """Owns the queries under way. :meth:`run` carries them out and ends by being cancelled."""

    def __init__(self, catalog: LogCatalog, view: SharedView, *, at_once: int = QUERIES_AT_ONCE) -> None:
        self._catalog = catalog
        self._view = view
        self._at_once = at_once
        self._asks: deque[_Ask] = deque()
        self._asked = anyio.Event()

    async def find(self, queries: Sequence[SpanQuery]) -> list[SpanAnswer]:
        """As :meth:`broker.storage.catalog.base.LogCatalog.find_spans`; all from one snapshot. Raises what that raises."""
        assert len(queries) <= QUERY_PARTITIONS, "more is asked in several steps"
        ask = _Ask(queries)
        self._asks.append(ask)
        self._asked.set()
        try:
            await ask.done.wait()
        except BaseException:
            if ask in self._asks:
                self._asks.remove(ask)
            raise
        if ask.error is not None:
            raise ask.error
        return ask.answers

    async def bounds(self, pids: Sequence[int], kind: str = "bounds") -> dict[int, LogBounds]:
        """Fresh bounds of however many partitions, those that do not exist left out. Raises StorageUnavailable."""
        found: dict[int, LogBounds] = {}
        for start in range(0, len(pids), BOUNDS_AT_ONCE):
            chunk = pids[start : start + BOUNDS_AT_ONCE]
            ticket, begun_at = self._view.known.ticket(), self._view.clock()
            READING.query(kind)
            here = await self._catalog.bounds(chunk)
            for pid, bounds in here.items():
                self._view.learn(pid, bounds, ticket, begun_at)
            found.update(here)
        return found

    async def run(self) -> None:
        """Carry out queries until cancelled."""
        async with anyio.create_task_group() as tasks:
            for _ in range(self._at_once):
                tasks.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            if not self._asks:
                if self._asked.is_set():
                    self._asked = anyio.Event()
                await self._asked.wait()
                continue
            await self._query()

    def _take(self) -> tuple[list[_Ask], dict[_Place, int]]:
        """The asks that fit into one query, and the bytes wanted at each place."""
        asks: list[_Ask] = []
        places: dict[_Place, int] = {}
        while self._asks:
            wider = dict(places)
            for query in self._asks[0].queries:
                place = (query.pid, query.offset)
                wider[place] = max(wider.get(place, 0), query.max_bytes)
            if asks and len(wider) > QUERY_PARTITIONS:
                break
            places = wider
            asks.append(self._asks.popleft())
        return asks, places

    async def _query(self) -> None:
        asks, places = self._take()
        queries = [SpanQuery(pid, offset, max_bytes) for (pid, offset), max_bytes in places.items()]
        view = self._view
        ticket, begun_at = view.known.ticket(), view.clock()
        READING.query("spans")
        error: Exception | None = None
        found: Sequence[SpanAnswer] | None = None
        try:
            found = await self._catalog.find_spans(queries)
        except (BrokerError, StorageFailed) as failed:
            error = failed
        finally:
            if found is None:
                for ask in asks:
                    ask.error = error or StorageUnavailable("the broker is stopping")  # cancelled
                    ask.done.set()
        if found is None:
            return
        for query, answer in zip(queries, found, strict=True):
            if answer.bounds is not None:
                view.learn(query.pid, answer.bounds, ticket, begun_at)
                view.learn_spans(query, answer.spans, ticket, begun_at)
        by_place = dict(zip(places, found, strict=True))
        for ask in asks:
            ask.answers = [by_place[query.pid, query.offset] for query in ask.queries]
            ask.done.set()
