"""All jobs over PostgreSQL: raced against each other, and broken off between any two steps."""

import os
from collections.abc import AsyncIterator
from random import Random

import anyio
import pytest

from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.log.jobs.postgres_world import PostgresWorld
from tests.broker.log.jobs.test_merger import grown
from tests.broker.log.jobs.world import Broker, Deaths, dies, wandering

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


@pytest.mark.parametrize("after", [False, True])
async def test_death_between_steps_of_everything(world: PostgresWorld, after: bool) -> None:
    """Of writing, merging, retention, deletion and sweeping: every fifth step here, each with PENSTOCK_EVERY_STEP=1."""
    stride = int(os.environ.get("PENSTOCK_EVERY_STEP", "5"))
    kept = (await world.topic("kept", 2)).pids
    short = (await world.topic("short", 2, retention_ms="1000")).pids

    async def life(broker: Broker) -> None:
        for number in range(3):
            await broker.flush([(pid, world.batch(2)) for pid in (*kept, *short)], inline=number == 1)
        await world.pass_time(5000)
        await broker.run("merge", "retention")
        start = (await broker.catalog.bounds([kept[0]]))[kept[0]].log_start
        await broker.catalog.advance_log_start(kept[0], start + 3)
        await world.pass_time(10**7)
        await broker.run()

    step = 0
    while True:
        broker = await world.broker(Deaths(step + 1, after))
        died = await dies(lambda broker=broker: life(broker))  # type: ignore[misc]
        await world.check()
        if not died:
            break
        step += stride
    await world.settle()
    await world.check(settled=True)
    assert step > 30


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
