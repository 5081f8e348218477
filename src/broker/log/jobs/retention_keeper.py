"""The retention keeper: moves the start of every log past what its topic no longer keeps, a page of logs at a time."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from broker.config.live import LiveSettings
from broker.errors import BrokerError
from broker.log.jobs.runner import Job
from broker.log.retention import RetentionConfig, retention
from broker.storage.catalog.base import LogCatalog
from broker.storage.catalog.life_cycle import LifeCycleCatalog, RetentionLimit
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import JOBS

PAGES: Final = 16
LOGS_AT_ONCE: Final = 1000
LINES_AT_ONCE: Final = 5

_log = logs.get("retention")


class TopicToClean(Protocol):
    """A topic as the directory has it."""

    @property
    def name(self) -> str: ...

    @property
    def pids(self) -> tuple[int, ...]: ...

    @property
    def config(self) -> RetentionConfig: ...


class TopicsToClean(Protocol):
    """What is needed of the topic directory."""

    def all(self) -> Iterable[TopicToClean]: ...


class LogsAndLifeCycle(LogCatalog, LifeCycleCatalog, Protocol):
    """The parts of a catalog that jobs need."""


class RetentionKeeper(Job):
    """One page is every sixteenth log, so that brokers share them evenly."""

    name = "retention"
    keeps_leases = True

    def __init__(
        self, catalog: LogsAndLifeCycle, topics: TopicsToClean, settings: LiveSettings, now_ms: Callable[[], int], pages: int = PAGES
    ) -> None:
        self._catalog = catalog
        self._topics = topics
        self._settings = settings
        self._now_ms = now_ms
        self._pages = pages

    def rest_s(self) -> float:
        """``log.retention.check.interval.ms``."""
        return self._settings.current.log_retention_check_interval_ms / 1000

    async def due(self) -> Sequence[str]:
        return [str(page) for page in range(self._pages)]

    async def step(self, part: str) -> bool:
        shared = await self._catalog.clock_ms()
        now_ms = self._now_ms() if shared is None else shared
        names: dict[int, str] = {}
        limits: list[RetentionLimit] = []
        for topic in list(self._topics.all()):
            wanted = retention(topic.config, now_ms)
            if wanted is not None:
                for pid in topic.pids:
                    if pid % self._pages == int(part):
                        limits.append(RetentionLimit(pid, wanted.oldest_ms, wanted.max_bytes))
                        names[pid] = topic.name
        for at in range(0, len(limits), LOGS_AT_ONCE):
            await self._move_starts(limits[at : at + LOGS_AT_ONCE], names)
        return False

    async def _move_starts(self, limits: Sequence[RetentionLimit], names: dict[int, str]) -> None:
        """Again and again, as each time only so many spans of a log are looked at. A log that cannot be moved now is done next time."""
        while limits:
            offsets = await self._catalog.retention_offsets(limits)
            moved: set[int] = set()
            for pid, offset in offsets.items():
                try:
                    await self._catalog.advance_log_start(pid, offset)
                except BrokerError as error:
                    # The topic may have been deleted meanwhile.
                    if error.code is not ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                        _log.warning("retention is late", topic=names[pid], pid=pid, reason=str(error))
                else:
                    moved.add(pid)
                    if len(moved) <= LINES_AT_ONCE:
                        _log.info("retention moved the log start", topic=names[pid], pid=pid, log_start=offset)
            if len(moved) > LINES_AT_ONCE:
                _log.info("retention moved more log starts", count=len(moved) - LINES_AT_ONCE)
            JOBS.did(self.name, len(moved))
            limits = [limit for limit in limits if limit.pid in moved]
