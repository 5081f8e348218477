"""Where a share group begins, and what its configuration bounds."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from broker.config.groups_live import LiveGroupConfigs
from broker.coordinators.shares.limits import READ_COMMITTED, ShareLimits
from broker.errors import BrokerError
from broker.handlers.shares.share_start_finder import ShareStartFinder, limits_of
from broker.wire.error_codes import ErrorCode
from tests.broker.log.harness import NOW_MS, Log, batch, running_log

pytestmark = pytest.mark.anyio


def finder(log: Log, configs: Any) -> ShareStartFinder:
    return ShareStartFinder(log.catalog, log.reader, log.directory, configs, lambda: NOW_MS)


@pytest.mark.parametrize(
    ("reset", "offset"), [("earliest", 1), ("latest", 4), ("by_duration:PT2S", 2), ("by_duration:PT0S", 3), ("by_duration:P9D", 1)]
)
async def test_where_a_group_begins(reset: str, offset: int) -> None:
    """At either end of the log, or at the first record that is not older than that."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], *[batch(1, timestamp=NOW_MS - ago) for ago in (9000, 5000, 2000, 0)])
        await log.catalog.advance_log_start(state.pids[0], 1)
        configs = LiveGroupConfigs(log.live, log.catalog)
        await configs.replace("g", {"share.auto.offset.reset": reset})
        assert await finder(log, configs).first_offset("g", state.topic_id, 0) == offset


async def test_nothing_is_as_old_as_asked() -> None:
    """Then the group begins at the end."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(1, timestamp=NOW_MS - 9000))
        configs = LiveGroupConfigs(log.live, log.catalog)
        await configs.replace("g", {"share.auto.offset.reset": "by_duration:PT1S"})
        assert await finder(log, configs).first_offset("g", state.topic_id, 0) == 1


async def test_partitions_that_are_not_there() -> None:
    """They have no bounds, and no beginning."""
    async with running_log() as log:
        state = await log.topic()
        look = finder(log, SimpleNamespace(value=lambda *_: "latest"))
        assert await look.bounds(state.topic_id, 1) is None
        assert await look.bounds(b"x" * 16, 0) is None
        with pytest.raises(BrokerError) as refusal:
            await look.first_offset("g", b"x" * 16, 0)
        assert refusal.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_limits_are_the_groups_own() -> None:
    """Others have the broker's."""
    async with running_log() as log:
        configs = LiveGroupConfigs(log.live, log.catalog)
        await configs.replace(
            "g",
            {
                "share.delivery.count.limit": "3",
                "share.record.lock.duration.ms": "20000",
                "share.partition.max.record.locks": "200",
                "share.isolation.level": "read_committed",
                "share.renew.acknowledge.enable": "false",
            },
        )
        assert limits_of(configs, "g") == ShareLimits(3, 20_000, 200, READ_COMMITTED, False)
        assert limits_of(cast(LiveGroupConfigs, configs), "other") == ShareLimits()
