"""Retention of many logs: what goes, what it costs, and two brokers at it."""

from random import Random
from typing import Any

import anyio
import pytest

from broker.errors import BrokerError, StorageUnavailable
from broker.wire.error_codes import ErrorCode
from tests.broker.log.jobs.world import World, wandering

pytestmark = pytest.mark.anyio


async def starts(world: World, pids: tuple[int, ...]) -> list[int]:
    bounds = await world.observer.bounds(pids)
    return [bounds[pid].log_start for pid in pids]


async def test_logs_start_where_their_topics_keep_them() -> None:
    """By age and by size, each in its page."""
    world = World()
    broker = await world.broker()
    old = (await world.topic("old", 20, retention_ms="5000")).pids
    large = (await world.topic("large", 1, retention_ms="-1", retention_bytes="150")).pids
    for _ in range(3):
        await broker.flush([(pid, world.batch(1)) for pid in (*old, *large)])
        world.clock += 4000
    await broker.run("retention")
    assert await starts(world, old) == [2] * 20
    assert 0 < (await starts(world, large))[0] < 3
    await world.check()
    await world.settle()
    await world.check(settled=True)


async def test_one_question_for_a_page_of_logs() -> None:
    """The number of logs that have nothing to let go of is not to be felt."""
    world = World()
    broker = await world.broker()
    await world.topic("many", 160, retention_ms="5000")
    asked = broker.deaths.names
    asked.clear()
    await broker.run("retention")
    assert asked.count("retention_offsets") == 16
    assert "advance_log_start" not in asked


async def test_the_catalogs_clock_counts_where_brokers_share_it() -> None:
    """A broker whose own clock is wrong deletes nothing early."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1, retention_ms="5000")).pids
    await broker.flush([(pid, world.batch(1))])
    broker.cleaner.retention._now_ms = lambda: world.clock + 10**9
    await broker.run("retention")
    assert await starts(world, (pid,)) == [0]


async def test_a_log_in_trouble_does_not_stop_the_others() -> None:
    """Its turn comes again; one that is gone is nobody's trouble."""
    world = World()
    broker = await world.broker()
    pids = (await world.topic("t", 3, retention_ms="1000")).pids
    await broker.flush([(pid, world.batch(1)) for pid in pids])
    world.clock += 5000
    advance = world.observer.advance_log_start

    async def sometimes(pid: int, offset: int) -> Any:
        if pid == pids[0]:
            raise StorageUnavailable("away")
        if pid == pids[1]:
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return await advance(pid, offset)

    broker.catalog.advance_log_start = sometimes
    await broker.run("retention")
    assert await starts(world, pids) == [0, 0, 1]
    del broker.catalog.advance_log_start
    await broker.run("retention")
    assert await starts(world, pids) == [1, 1, 1]


@pytest.mark.parametrize("seed", range(6))
async def test_two_at_once_beside_merging_and_deletion(seed: int) -> None:
    """They come to the same as one. What was merged before stays as long as the newest of it."""
    print("seed", seed)
    chance = Random(seed)
    world = World()
    first = await world.broker(pause=wandering(chance))
    second = await world.broker(pause=wandering(chance))
    pids = (await world.topic("t", 5, retention_ms="4000")).pids
    for _ in range(8):
        await first.flush([(pid, world.batch(2)) for pid in pids])
        world.clock += 1000
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.run, "retention")
        tasks.start_soon(second.run, "retention")
        tasks.start_soon(second.run, "merge")
        tasks.start_soon(first.run, "garbage", "drain")
        tasks.start_soon(first.catalog.advance_log_start, pids[0], 3)
    await world.check()
    for broker in (first, second):
        await broker.run("retention")
    assert all(start in (0, 3, 8) for start in await starts(world, pids))
    world.clock += 5000
    await first.run("retention")
    assert await starts(world, pids) == [16] * 5
    await world.settle()
    await world.check(settled=True)
