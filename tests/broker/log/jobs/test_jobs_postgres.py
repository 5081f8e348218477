"""All jobs over PostgreSQL: raced against each other, and broken off between any two steps."""

from collections.abc import AsyncIterator
from random import Random

import anyio
import pytest

from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.log.jobs.postgres_world import PostgresWorld
from tests.broker.log.jobs.test_merger import grown
from tests.broker.log.jobs.world import Deaths, dies, wandering

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world() -> AsyncIterator[PostgresWorld]:
    opened = await PostgresWorld.open()
    yield opened
    await opened.close()


async def test_many_flushes_become_one_object(world: PostgresWorld) -> None:
    """And what was in the database is in the store."""
    broker = await world.broker()
    pids = await grown(world, broker)
    await broker.run("merge")
    await world.check()
    assert len({span.object_id for pid in pids for span in await world.spans(pid)}) == 1
    await world.settle()
    await world.check(settled=True)
    assert [known >= WHOLE_OBJECTS for known in world.store.objects] == [True]


@pytest.mark.parametrize("seed", range(2))
async def test_two_brokers_do_everything_at_once(world: PostgresWorld, seed: int) -> None:
    """Merges, retention, garbage and orphans, with writers and deletions between."""
    print("seed", seed)
    chance = Random(seed)
    first = await world.broker(pause=wandering(chance))
    second = await world.broker(pause=wandering(chance))
    pids = await grown(world, first)
    await world.topic("short", 2, retention_ms="1000")
    short = world.topics["short"].pids
    await second.flush([(pid, world.batch(3)) for pid in short])
    await world.pass_time(10_000)
    async with anyio.create_task_group() as tasks:
        for broker in (first, second):
            tasks.start_soon(broker.run)
        tasks.start_soon(second.flush, [(pid, world.batch()) for pid in pids])
        for pid in pids[:3]:
            bounds = (await world.observer.bounds([pid]))[pid]
            tasks.start_soon(first.catalog.advance_log_start, pid, chance.randrange(bounds.high_watermark))
        tasks.start_soon(world.delete_topic, "b")
    await world.check()
    await world.settle()
    await world.check(settled=True)


async def test_death_between_any_two_steps_of_a_merge() -> None:
    """The same as in memory; here transactions of the database are what is broken off."""
    world = await PostgresWorld.open()
    writer = await world.broker()
    pids = await grown(world, writer, 3)
    step, after = 0, False
    while True:
        await writer.flush([(pid, world.batch()) for pid in pids])
        await world.pass_time(2000)
        broker = await world.broker(Deaths(step + 1, after))
        died = await dies(lambda broker=broker: broker.run("merge"))  # type: ignore[misc]
        await world.check()
        if not died:
            break
        step, after = (step, True) if not after else (step + 1, False)
    await world.settle()
    await world.check(settled=True)
    await world.close()
    assert step > 8
