"""The cleaner: sees to it that data that was written is merged, outlived, dropped and given back: all jobs of :mod:`broker.log.jobs` together."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, cast

from broker.config.live import LiveSettings
from broker.errors import BrokerError, StorageFailed
from broker.log.jobs.entry_remover import EntryRemover, ProducerRemover
from broker.log.jobs.garbage_collector import Drainer, GarbageCollector
from broker.log.jobs.merger import Merger
from broker.log.jobs.orphan_sweeper import ListedStore, OrphanSweeper
from broker.log.jobs.retention_keeper import PAGES, RetentionKeeper, TopicsToClean
from broker.log.jobs.runner import Job, JobLeases, JobRunner, OwnLeases
from broker.storage.catalog.base import LogCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog
from broker.storage.objects.base import ObjectStore
from broker.storage.objects.footer import PartitionName
from observability import logs

ROUND_MS: Final = 30_000
"""How often dead objects are looked for at the latest, and when the first round is: Kafka's delay after start."""

_log = logs.get("cleaner")


class LogsAndLifeCycle(LogCatalog, LifeCycleCatalog, Protocol):
    """The parts of a catalog that jobs need."""


class Cleaner:
    """Owns the jobs. :meth:`run` ends by being cancelled, or by ``StorageFailed``: then the broker must stop."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogsAndLifeCycle,
        topics: TopicsToClean,
        settings: LiveSettings,
        now_ms: Callable[[], int],
        *,
        on_fatal: Callable[[StorageFailed], None] | None = None,
        node_id: Callable[[], int] = lambda: 0,
        node_ids: Callable[[], Iterable[int]] = lambda: (),
        name_of: Callable[[int], PartitionName | None] = lambda pid: None,
    ) -> None:
        """``node_id`` is this broker's, ``node_ids`` are those of all brokers there are now: they share the work."""
        self._settings = settings
        self._on_fatal = on_fatal
        leases: JobLeases = catalog if isinstance(catalog, JobLeases) else OwnLeases()
        is_shared = not isinstance(leases, OwnLeases)
        self.retention = RetentionKeeper(catalog, topics, settings, now_ms, PAGES if is_shared else 1)
        self.producers = ProducerRemover(catalog, settings, now_ms)
        self.garbage = GarbageCollector(
            store, catalog, lambda: settings.current.object_delete_grace_ms, lambda: self._round_ms / 1000
        )
        self.merger = Merger(
            store, catalog, settings, read_inlines=getattr(catalog, "read_inlines", None), name_of=name_of
        )
        self.jobs: Sequence[Job] = [self.retention, self.producers, self.garbage, self.merger]
        if is_shared:
            self.jobs = [*self.jobs, Drainer(catalog), EntryRemover(catalog)]
        if is_shared and hasattr(store, "stored_objects"):
            sweeper = OrphanSweeper(
                cast("ListedStore", store),
                catalog,
                wall_clock_ms=now_ms,
                interval_ms=lambda: settings.current.orphan_sweep_interval_ms,
                age_ms=lambda: settings.current.orphan_age_ms,
            )
            self.jobs = [*self.jobs, sweeper]
        self.runner = JobRunner(self.jobs, leases, node_id=node_id, node_ids=node_ids, first_s=ROUND_MS / 1000)

    @property
    def _round_ms(self) -> int:
        return min(ROUND_MS, self._settings.current.log_retention_check_interval_ms)

    async def run(self) -> None:
        """Clean until cancelled. Retention is checked every ``log.retention.check.interval.ms``, dead objects at least as often
        as every ROUND_MS."""
        try:
            await self.runner.run()
        except StorageFailed as error:
            if self._on_fatal is None:
                raise
            self._on_fatal(error)

    async def apply_retention(self) -> None:
        """Move every log's start past what its topic no longer keeps, now."""
        await self._now(self.retention)

    async def expire_producers(self) -> None:
        """Forget idempotent producers that were idle for too long, now."""
        await self._now(self.producers)

    async def delete_dead_objects(self) -> None:
        """Give back the space of objects that no span names, now."""
        await self._now(self.garbage)

    async def reclaim(self) -> None:
        """Have objects written anew of which less than half is needed, now."""
        await self._now(self.merger)

    async def _now(self, job: Job) -> None:
        try:
            for part in await job.due():
                while await job.step(part):
                    pass
        except BrokerError as error:
            _log.warning("cleaning is late", job=job.name, reason=str(error))
