"""The cleaner: lets go of what has outlived its retention, of objects that nothing names any more, and of idle producers."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

import anyio

from broker.config.live import LiveSettings
from broker.errors import BrokerError, StorageFailed
from broker.log.retention import RetentionConfig, retention
from broker.storage.catalog.base import LogCatalog
from broker.storage.objects.base import ObjectStore
from broker.wire.error_codes import ErrorCode
from observability import logs

ROUND_MS: Final = 30_000
"""How often dead objects are looked for at the latest, and when the first round is: Kafka's delay after start."""

DEAD_OBJECTS_AT_ONCE: Final = 64

_log = logs.get("cleaner")


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


class Cleaner:
    """Owns nothing but its rhythm. :meth:`run` ends by being cancelled, or by ``StorageFailed``: then the broker must stop."""

    def __init__(
        self,
        store: ObjectStore,
        catalog: LogCatalog,
        topics: TopicsToClean,
        settings: LiveSettings,
        now_ms: Callable[[], int],
        *,
        on_fatal: Callable[[StorageFailed], None] | None = None,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._topics = topics
        self._settings = settings
        self._now_ms = now_ms
        self._on_fatal = on_fatal

    async def run(self) -> None:
        """Clean until cancelled. Retention is checked every ``log.retention.check.interval.ms``, dead objects at least as often
        as every ROUND_MS."""
        waited_ms = 0
        first = True
        try:
            while True:
                interval_ms = self._settings.current.log_retention_check_interval_ms
                round_ms = min(ROUND_MS, interval_ms)
                await anyio.sleep(round_ms / 1000)
                waited_ms += round_ms
                if first or waited_ms >= interval_ms:
                    first, waited_ms = False, 0
                    await self.apply_retention()
                    await self.expire_producers()
                await self.delete_dead_objects()
        except StorageFailed as error:
            if self._on_fatal is None:
                raise
            self._on_fatal(error)

    async def apply_retention(self) -> None:
        """Move every log's start past what its topic no longer keeps. A partition that cannot be done now is done next time."""
        for topic in list(self._topics.all()):
            limits = retention(topic.config, self._now_ms())
            if limits is None:
                continue
            for pid in topic.pids:
                try:
                    offset = await self._catalog.retention_offset(pid, limits.oldest_ms, limits.max_bytes)
                    before = self._catalog.peek_bounds(pid)
                    if before is not None and offset <= before.log_start:
                        continue
                    await self._catalog.advance_log_start(pid, offset)
                except BrokerError as error:
                    # The topic may have been deleted meanwhile.
                    if error.code is not ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                        _log.warning("retention is late", topic=topic.name, pid=pid, reason=str(error))
                else:
                    _log.info("retention moved the log start", topic=topic.name, pid=pid, log_start=offset)

    async def expire_producers(self) -> None:
        """Forget idempotent producers that were idle for ``producer.id.expiration.ms``."""
        before_ms = self._now_ms() - self._settings.current.producer_id_expiration_ms
        try:
            count = await self._catalog.expire_producers(before_ms)
        except BrokerError as error:
            _log.warning("producer expiry is late", reason=str(error))
        else:
            if count:
                _log.info("idle producers forgotten", count=count)

    async def delete_dead_objects(self) -> None:
        """Give back the space of objects that no span names. The store first, then the catalog: what is interrupted is repeated."""
        try:
            while True:
                object_ids = await self._catalog.take_dead_objects(DEAD_OBJECTS_AT_ONCE)
                if object_ids:
                    await self._store.delete(object_ids)
                    await self._catalog.forget_objects(object_ids)
                    _log.info("objects deleted", count=len(object_ids))
                if len(object_ids) < DEAD_OBJECTS_AT_ONCE:
                    return
        except BrokerError as error:
            _log.warning("dead objects stay for now", reason=str(error))
