"""The orphan sweeper: goes over everything there is in the store, and deletes what no span names and nobody can commit any more (J4).

An object is written before it is committed, so whoever was stopped in between leaves one behind. Whose it was follows from its id: ids are given to
a broker under its epoch, in blocks. The catalog says in one snapshot that there is no such object in it and that the block's owner was fenced; as a
commit checks the epoch, none can come behind that. An object is never deleted for its age: a young one is only left for the next time.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

import anyio

from broker.errors import StorageUnavailable
from broker.log.jobs.runner import Job
from broker.storage.catalog.life_cycle import LifeCycleCatalog
from broker.storage.objects.base import ListedObjects, ObjectStore
from observability import logs
from observability.metrics import JOBS

OBJECTS_AT_ONCE: Final = 1000
OBJECTS_PER_SECOND: Final = 2000.0

_log = logs.get("orphans")


class ListedStore(ObjectStore, ListedObjects, Protocol):
    """A store that says what lies in it."""


class OrphanSweeper(Job):
    """Owns how far it is: a sweep that was broken off goes on there, as long as this broker has the lease."""

    name = "orphans"
    keeps_leases = True

    def __init__(
        self,
        store: ListedStore,
        catalog: LifeCycleCatalog,
        *,
        wall_clock_ms: Callable[[], int],
        interval_ms: Callable[[], int],
        age_ms: Callable[[], int],
        per_second: float = OBJECTS_PER_SECOND,
    ) -> None:
        """``age_ms``: how old an object must be to be looked at."""
        self._store = store
        self._catalog = catalog
        self._wall_clock_ms = wall_clock_ms
        self._interval_ms = interval_ms
        self._age_ms = age_ms
        self._per_second = per_second
        self._listing: AsyncIterator[tuple[int, int, float]] | None = None
        self._foreign = 0

    def rest_s(self) -> float:
        return self._interval_ms() / 1000

    async def due(self) -> Sequence[str]:
        return ["all"]

    async def step(self, part: str) -> bool:
        if self._listing is None:
            self._listing, self._foreign = self._store.stored_objects().__aiter__(), 0
        began = anyio.current_time()
        try:
            count, old, is_end = await self._page(self._listing)
            await self._sort(old)
        except BaseException:
            self._listing = None  # a listing that failed cannot be gone on with
            raise
        if is_end:
            self._listing = None
            if self._foreign:
                _log.warning("objects in the store are not this cluster's, and are left alone", count=self._foreign)
            return False
        await anyio.sleep(max(began + count / self._per_second - anyio.current_time(), 0))
        return True

    async def _page(self, listing: AsyncIterator[tuple[int, int, float]]) -> tuple[int, list[int], bool]:
        """How many objects came, the old ones of them, and whether those were the last."""
        count = 0
        old: list[int] = []
        async for object_id, _, modified_s in listing:
            count += 1
            if self._wall_clock_ms() - modified_s * 1000 >= self._age_ms():
                old.append(object_id)
            if count == OBJECTS_AT_ONCE:
                return count, old, False
        return count, old, True

    async def _sort(self, object_ids: Sequence[int]) -> None:
        """Delete the orphans among them."""
        if not object_ids:
            return
        found = await self._catalog.sort_unnamed(object_ids)
        self._foreign += len(found.foreign)
        for object_id in found.orphans:
            try:
                await self._store.delete([object_id])
            except StorageUnavailable as error:
                _log.warning("an orphan stays for now", object_id=object_id, reason=str(error))
            else:
                JOBS.did(self.name, 1)
        if found.orphans:
            _log.info("orphans deleted", count=len(found.orphans), first=found.orphans[0])
