"""Garbage: objects that nothing names are deleted after their grace, from the store first, by as many brokers as like."""

from random import Random

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.log.jobs import garbage_collector
from broker.log.jobs.garbage_collector import DEAD_OBJECTS_AT_ONCE
from tests.broker.log.jobs.world import Broker, World, wandering

pytestmark = pytest.mark.anyio


async def emptied(world: World, broker: Broker, flushes: int = 5) -> None:
    """So many objects that nothing names any more, and one that is needed."""
    (pid,) = (await world.topic("t", 1)).pids
    for number in range(flushes):
        await broker.flush([(pid, world.batch(1))], inline=number == 2)
    await broker.flush([(pid, world.batch(1))])
    await broker.catalog.advance_log_start(pid, flushes)


async def test_nothing_goes_before_its_grace_is_over() -> None:
    """A reader elsewhere may have read the spans right before."""
    world = World(grace_ms=60_000)
    broker = await world.broker()
    await emptied(world, broker)
    await world.pass_time(59_999)
    await broker.run("garbage")
    assert len(world.store.objects) == 5
    await world.pass_time(1)
    await broker.run("garbage")
    assert len(world.store.objects) == 1
    assert not await world.inline_ids()
    await world.check(settled=True)


async def test_only_what_the_store_confirmed_is_forgotten() -> None:
    """What it could not delete is deleted the next time."""
    world = World()
    broker = await world.broker()
    await emptied(world, broker)
    await world.pass_time(10**6)
    world.store.unavailable = True
    with pytest.raises(StorageUnavailable):
        await broker.run("garbage")
    assert len(await world.observer.take_dead_objects(10)) == 4
    assert not await world.inline_ids(), "what lies in the catalog needs no store"
    world.store.unavailable = False
    await broker.run("garbage")
    assert await world.observer.take_dead_objects(10) == []
    await world.check(settled=True)


async def test_what_cannot_be_deleted_keeps_nothing_else_from_it() -> None:
    """However much of it there is: the others come first, and then each of them has its turn."""
    world = World()
    broker = await world.broker()
    await emptied(world, broker, 3 * DEAD_OBJECTS_AT_ONCE)
    await world.pass_time(10**6)
    oldest = (await world.observer.take_dead_objects(DEAD_OBJECTS_AT_ONCE + 10))[: DEAD_OBJECTS_AT_ONCE + 10]
    world.store.stuck.update(oldest)
    for _ in range(6):
        with pytest.raises(StorageUnavailable):
            await broker.run("garbage")
    assert await world.observer.take_dead_objects(1000) == oldest
    world.store.stuck.difference_update(oldest[-10:])
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            await broker.run("garbage")
    assert await world.observer.take_dead_objects(1000) == oldest[:-10]
    world.store.stuck.clear()
    await broker.run("garbage")
    await world.check(settled=True)


async def test_so_many_are_remembered_that_cannot_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more, when the store is away for long."""
    monkeypatch.setattr(garbage_collector, "STUCK_OBJECTS", 100)
    world = World()
    broker = await world.broker()
    await emptied(world, broker, 150)
    await world.pass_time(10**6)
    world.store.unavailable = True
    for _ in range(5):
        with pytest.raises(StorageUnavailable):
            await broker.run("garbage")
    assert len(broker.cleaner.garbage._stuck) == 100
    world.store.unavailable = False
    await broker.run("garbage")
    assert broker.cleaner.garbage._stuck == []
    await world.check(settled=True)


@pytest.mark.parametrize("seed", range(6))
async def test_two_collect_at_once(seed: int) -> None:
    """Deleting what is gone is no error."""
    print("seed", seed)
    chance = Random(seed)
    world = World()
    first = await world.broker(pause=wandering(chance))
    second = await world.broker(pause=wandering(chance))
    await emptied(world, first, 150)
    await world.pass_time(10**6)
    async with anyio.create_task_group() as tasks:
        for broker in (first, second):
            tasks.start_soon(broker.run, "garbage", "drain")
    await world.check(settled=True)
