"""The entry remover: forgets what the catalog keeps of the past and nobody asks for any more."""

from collections.abc import Callable, Sequence
from typing import Final

from broker.config.live import LiveSettings
from broker.log.jobs.runner import Job
from broker.storage.catalog.base import LogCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog
from observability import logs
from observability.metrics import JOBS

ROWS_AT_ONCE: Final = 1000
ENTRIES_REST_S: Final = 600.0

_log = logs.get("entries")


class EntryRemover(Job):
    """Rows that serve nobody any more."""

    name = "entries"
    keeps_leases = True

    def __init__(self, catalog: LifeCycleCatalog) -> None:
        self._catalog = catalog

    def rest_s(self) -> float:
        return ENTRIES_REST_S

    async def due(self) -> Sequence[str]:
        return ["all"]

    async def step(self, part: str) -> bool:
        count = await self._catalog.forget_settled(ROWS_AT_ONCE)
        JOBS.did(self.name, count)
        return count > 0


class ProducerRemover(Job):
    """Idempotent producers that were idle for ``producer.id.expiration.ms``."""

    name = "producers"
    keeps_leases = True

    def __init__(self, catalog: LogCatalog, settings: LiveSettings, now_ms: Callable[[], int]) -> None:
        self._catalog = catalog
        self._settings = settings
        self._now_ms = now_ms

    def rest_s(self) -> float:
        return self._settings.current.log_retention_check_interval_ms / 1000

    async def due(self) -> Sequence[str]:
        return ["all"]

    async def step(self, part: str) -> bool:
        count = await self._catalog.expire_producers(
            self._now_ms() - self._settings.current.producer_id_expiration_ms
        )
        JOBS.did(self.name, count)
        if count:
            _log.info("idle producers forgotten", count=count)
        return False
