"""The garbage collector: drops the spans of deleted data, and deletes objects that no span names any more (J2, J3)."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from broker.errors import BrokerError, StorageUnavailable
from broker.log.jobs.runner import Job
from broker.storage.catalog.base import LogCatalog
from broker.storage.catalog.life_cycle import SPANS_AT_ONCE, LifeCycleCatalog
from broker.storage.objects.base import ObjectStore, is_inline
from observability import logs
from observability.metrics import JOBS

DEAD_OBJECTS_AT_ONCE: Final = 64
STUCK_OBJECTS: Final = 4096
"""Of so many it is remembered that they could not be deleted: the catalog is asked for as many more."""

DRAIN_REST_S: Final = 5.0

_log = logs.get("garbage")


class LogsAndLifeCycle(LogCatalog, LifeCycleCatalog, Protocol):
    """The parts of a catalog that jobs need."""


class Drainer(Job):
    """What DeleteRecords, retention and deleted topics left to be dropped later."""

    name = "drain"

    def __init__(self, catalog: LifeCycleCatalog) -> None:
        self._catalog = catalog

    def rest_s(self) -> float:
        return DRAIN_REST_S

    async def due(self) -> Sequence[str]:
        return ["all"]

    async def step(self, part: str) -> bool:
        drained = await self._catalog.drain(SPANS_AT_ONCE)
        if drained:
            JOBS.did(self.name, 1)
        return drained


class GarbageCollector(Job):
    """Objects that could not be deleted come after all others, and have their turns among each other."""

    name = "garbage"

    def __init__(
        self, store: ObjectStore, catalog: LogsAndLifeCycle, grace_ms: Callable[[], int], rest_s: Callable[[], float]
    ) -> None:
        """``grace_ms``: for how long nothing must have named an object, where brokers share the catalog."""
        self._store = store
        self._catalog = catalog
        self._grace_ms = grace_ms
        self._rest_s = rest_s
        self._stuck: list[int] = []
        """Those that could not be deleted, the one first that was tried longest ago."""

    def rest_s(self) -> float:
        return self._rest_s()

    async def due(self) -> Sequence[str]:
        return ["all"]

    async def step(self, part: str) -> bool:
        found = await self._catalog.take_dead_objects(DEAD_OBJECTS_AT_ONCE + len(self._stuck), self._grace_ms())
        there, stuck = set(found), set(self._stuck)
        self._stuck = [each for each in self._stuck if each in there]
        object_ids = [*(each for each in found if each not in stuck), *self._stuck][:DEAD_OBJECTS_AT_ONCE]
        if object_ids:
            gone, trouble = await self._delete(object_ids)
            self._remember(object_ids, gone)
            await self._catalog.forget_objects(gone)
            JOBS.did(self.name, len(gone))
            if gone:
                _log.info("objects deleted", count=len(gone))
            if trouble is not None:
                raise trouble
        return len(object_ids) == DEAD_OBJECTS_AT_ONCE

    def _remember(self, tried: Sequence[int], gone: Sequence[int]) -> None:
        before, deleted = set(tried), set(gone)
        still = [each for each in self._stuck if each not in before]
        self._stuck = [*still, *(each for each in tried if each not in deleted)][-STUCK_OBJECTS:]

    async def _delete(self, object_ids: Sequence[int]) -> tuple[Sequence[int], BrokerError | None]:
        """Those that are gone from the store, as it says, and why others are not."""
        stored = [object_id for object_id in object_ids if not is_inline(object_id)]
        try:
            if stored:
                await self._store.delete(stored)
        except StorageUnavailable as error:
            gone = [object_id for object_id in object_ids if is_inline(object_id)]
            for object_id in stored:
                try:
                    await self._store.delete([object_id])
                except StorageUnavailable:
                    continue
                gone.append(object_id)
            return gone, error
        return object_ids, None
