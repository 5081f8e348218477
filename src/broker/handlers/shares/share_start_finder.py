"""What share groups need to know of logs and of their own configuration: where to begin in a partition, and what bounds them."""

from collections.abc import Callable
from typing import Final

from broker.cluster.directory import TopicDirectory
from broker.config.groups_live import LiveGroupConfigs
from broker.config.offset_reset import read_offset_reset
from broker.coordinators.shares.limits import READ_COMMITTED, READ_UNCOMMITTED, ShareLimits
from broker.errors import BrokerError
from broker.log.offset_finder import OffsetFinder
from broker.log.reader import Reader
from broker.model import LogBounds
from broker.storage.catalog.base import LogCatalog
from broker.wire.error_codes import ErrorCode

_ISOLATIONS: Final = {"read_committed": READ_COMMITTED, "read_uncommitted": READ_UNCOMMITTED}


def limits_of(configs: LiveGroupConfigs, group_id: str) -> ShareLimits:
    """What bounds the group's records, as it is configured now."""
    return ShareLimits(
        deliveries_max=configs.value(group_id, "share.delivery.count.limit"),
        lock_ms=configs.value(group_id, "share.record.lock.duration.ms"),
        locks_max=configs.value(group_id, "share.partition.max.record.locks"),
        isolation=_ISOLATIONS[configs.value(group_id, "share.isolation.level")],
        may_renew=configs.value(group_id, "share.renew.acknowledge.enable"),
    )


class ShareStartFinder:
    """Holds nothing of its own."""

    def __init__(
        self,
        catalog: LogCatalog,
        reader: Reader,
        directory: TopicDirectory,
        configs: LiveGroupConfigs,
        now_ms: Callable[[], int],
    ) -> None:
        self._finder = OffsetFinder(catalog, reader)
        self._reader = reader
        self._directory = directory
        self._configs = configs
        self._now_ms = now_ms

    async def bounds(self, topic_id: bytes, index: int) -> LogBounds | None:
        """Where the partition's log begins and ends; None when there is no such partition."""
        pid = self._pid(topic_id, index)
        return None if pid is None else await self._reader.bounds(pid)

    async def first_offset(self, group_id: str, topic_id: bytes, index: int) -> int:
        """Where share.auto.offset.reset has the group begin. Raises BrokerError."""
        pid = self._pid(topic_id, index)
        bounds = None if pid is None else await self._reader.bounds(pid)
        if pid is None or bounds is None:
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        reset = read_offset_reset(self._configs.value(group_id, "share.auto.offset.reset"))
        if reset.duration_ms is not None:
            bounds, found = await self._finder.at_timestamp(pid, max(self._now_ms() - reset.duration_ms, 0))
            return bounds.high_watermark if found is None else found.offset
        return bounds.log_start if reset.strategy == "earliest" else bounds.high_watermark

    def _pid(self, topic_id: bytes, index: int) -> int | None:
        state = self._directory.by_id(topic_id)
        return state.pids[index] if state is not None and 0 <= index < len(state.pids) else None
