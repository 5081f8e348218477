"""The merger over a cluster in memory: what it makes of many flushes, alone, beside another, and when it dies at any step."""

from random import Random

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.life_cycle import MergeSwap
from broker.storage.objects.base import WHOLE_OBJECTS, is_inline
from tests.broker.log.jobs.world import LEASE_MS, Broker, Deaths, World, dies, wandering

pytestmark = pytest.mark.anyio


async def grown(world: World, broker: Broker, flushes: int = 6) -> tuple[int, ...]:
    """Two topics; flushes into all partitions, some in the catalog only, with transactions between."""
    pids = (*(await world.topic("a", 3)).pids, *(await world.topic("b", 2)).pids)
    for number in range(flushes):
        await broker.flush(
            [(pid, world.batch(1 + number % 3)) for pid in pids for _ in range(1 + number % 2)], inline=number % 3 == 2
        )
        if number % 2:
            await world.transaction(f"tx{number}", pids[:2], broker, commit=number % 4 == 1)
        world.clock += 500
    await world.pass_time(2000)
    return pids


async def test_many_flushes_become_one_object() -> None:
    """Log by log, markers among the batches, and what was in the catalog is in the store; offsets and records stay."""
    world = World()
    broker = await world.broker()
    pids = await grown(world, broker)
    before = {pid: len(await world.spans(pid)) for pid in pids}
    await broker.run("merge")
    await world.check()

    for pid in pids:
        (span,) = await world.spans(pid)
        assert span.object_id >= WHOLE_OBJECTS
        assert before[pid] > 4
    assert len({(await world.spans(pid))[0].object_id for pid in pids}) == 1
    positions = [(await world.spans(pid))[0].position for pid in sorted(pids)]
    assert positions == sorted(positions)
    await world.settle()
    await world.check(settled=True)
    assert len(world.store.objects) == 1
    assert not await world.inline_ids()


async def test_young_flushes_wait_for_others() -> None:
    """Until they are old enough, or many, or large."""
    world = World(merge_bytes=1 << 20)
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    await broker.flush([(pid, world.batch())])
    await broker.run("merge")
    assert [span.object_id < WHOLE_OBJECTS for span in await world.spans(pid)] == [True]
    for _ in range(100):
        await broker.flush([(pid, world.batch())])
    await broker.run("merge")
    assert len(await world.spans(pid)) == 1
    await broker.flush([(pid, world.batch(size=1 << 20))])
    await broker.run("merge")
    assert [span.object_id < WHOLE_OBJECTS for span in await world.spans(pid)] == [False, False]
    await world.check()


async def test_what_lies_between_is_left_alone() -> None:
    """Spans of other objects cut a run, and stay as they are."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    for _ in range(4):
        await broker.flush([(pid, world.batch())])
    await world.pass_time(2000)
    await broker.run("merge")
    first = await world.spans(pid)
    for _ in range(3):
        await broker.flush([(pid, world.batch())])
    await world.pass_time(2000)
    await broker.run("merge")
    assert await world.spans(pid) == [*first, (await world.spans(pid))[-1]]
    assert len(await world.spans(pid)) == 2
    await world.check()


async def test_small_merged_objects_are_merged_once_more_and_not_again() -> None:
    """Each byte is written twice at the most (M5)."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    for _ in range(33):
        await broker.flush([(pid, world.batch())])
        await world.pass_time(2000)
        await broker.run("merge")
    await broker.run("merge")
    spans = await world.spans(pid)
    assert len(spans) <= 2, "thirty-two small ones have become one"
    written = dict(world.cluster.shared._objects)
    assert written[spans[0].object_id].level == 2
    for _ in range(3):
        await world.pass_time(100_000)
        await broker.run("merge")
    assert (await world.spans(pid))[0] == spans[0]
    await world.settle()
    await world.check(settled=True)


async def test_space_of_what_was_deleted_comes_back() -> None:
    """Merged objects of which little is left are written anew; finally they are let be."""
    world = World()
    broker = await world.broker()
    kept = (await world.topic("kept", 1)).pids[0]
    others = (await world.topic("gone", 4)).pids
    await broker.flush([(pid, world.batch(size=5000)) for pid in (kept, *others)])
    await world.pass_time(2000)
    await broker.run("merge")
    (large,) = [len(data) for known, data in world.store.objects.items() if known >= WHOLE_OBJECTS]
    await world.delete_topic("gone")
    broker.cleaner.merger._next_look = 0.0
    await broker.run("merge")
    await world.settle()
    await world.check(settled=True)
    (small,) = [len(data) for data in world.store.objects.values()]
    assert small < large / 4


async def test_damage_stays_where_it_is() -> None:
    """A log with a damaged batch is not merged, so that its readers are told; the others are."""
    world = World()
    broker = await world.broker()
    good, bad = (await world.topic("t", 2)).pids
    for _ in range(3):
        await broker.flush([(good, world.batch()), (bad, world.batch())])
    spans = await world.spans(bad)
    world.store.objects[spans[1].object_id][spans[1].position + spans[1].length - 3] ^= 1
    await world.pass_time(2000)
    await broker.run("merge")
    assert await world.spans(bad) == spans
    assert len(await world.spans(good)) == 1
    world.store.objects[spans[1].object_id][spans[1].position + spans[1].length - 3] ^= 1
    await world.check()


async def test_a_store_in_trouble_is_asked_again() -> None:
    """Nothing is changed, nothing is left behind that the next sweep does not find."""
    world = World()
    broker = await world.broker()
    await grown(world, broker)
    world.store.unavailable = True
    with pytest.raises(StorageUnavailable):
        await broker.run("merge")
    world.store.unavailable = False
    assert max(broker.cleaner.merger._avoided.values()) <= anyio.current_time() + 120, "for long nothing is left alone"
    await world.check()
    await broker.run("merge")
    await world.settle()
    await world.check(settled=True)


async def test_what_is_lost_keeps_nothing_else_from_being_merged() -> None:
    """It stays where it is, for its readers to be told; the other objects of the window are merged in the same round, as often as it takes."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    for _ in range(8):
        await broker.flush([(pid, world.batch())])
    before = await world.spans(pid)
    taken = {before[at].object_id: world.store.objects.pop(before[at].object_id) for at in (2, 5)}
    await world.pass_time(2000)
    await broker.run("merge")
    spans = await world.spans(pid)
    assert [span.object_id >= WHOLE_OBJECTS for span in spans] == [True, False, True, False, True]
    assert (spans[1], spans[3]) == (before[2], before[5])
    assert len([known for known in world.store.objects if known >= WHOLE_OBJECTS]) == 1, "of what was given up nothing is left"
    assert set(broker.cleaner.merger._avoided) == set(taken)
    world.store.objects.update(taken)
    await world.check()


async def test_one_object_that_the_store_does_not_give_is_left_alone_for_a_short_time() -> None:
    """It may be the whole store that is away, so whoever has it done is told; the next round goes on with the others."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    for _ in range(4):
        await broker.flush([(pid, world.batch())])
    before = await world.spans(pid)
    world.store.stuck.add(before[0].object_id)
    await world.pass_time(2000)
    with pytest.raises(StorageUnavailable):
        await broker.run("merge")
    await broker.run("merge")
    assert (await world.spans(pid))[0] == before[0]
    assert len(await world.spans(pid)) == 2
    (until,) = broker.cleaner.merger._avoided.values()
    assert until <= anyio.current_time() + 120
    await world.check()


async def test_what_was_written_under_another_epoch_is_not_named() -> None:
    """It may be swept as an orphan at any moment, although the broker is a member again."""
    world = World()
    broker = await world.broker()
    pids = await grown(world, broker)
    swap = broker.inner.swap_many

    async def later(merge: MergeSwap) -> list[bool]:
        await world.pass_time(10**8)
        await broker.inner.register(Registration(instance="again", node_id=1, rack=None, listeners={}), LEASE_MS)
        await (await world.broker()).run("orphans")
        answers: list[bool] = await swap(merge)
        return answers

    broker.catalog.swap_many = later
    await broker.run("merge")
    assert (await world.spans(pids[0]))[0].object_id < WHOLE_OBJECTS
    await world.check()


async def test_what_was_written_in_vain_goes_at_once() -> None:
    """No sweep is needed for what this broker knows to be nobody's."""
    world = World()
    broker = await world.broker()
    await grown(world, broker)

    async def refused(merge: MergeSwap) -> list[bool]:
        return [False] * len(merge.swaps)

    broker.catalog.swap_many = refused
    await broker.run("merge")
    assert not [known for known in world.store.objects if known >= WHOLE_OBJECTS]
    await world.check()


async def test_what_may_be_named_is_not_deleted() -> None:
    """A swap whose answer was lost: the catalog is asked before anything goes."""
    world = World()
    broker = await world.broker()
    pids = await grown(world, broker)
    swap = broker.inner.swap_many

    async def lost(merge: MergeSwap) -> list[bool]:
        await swap(merge)
        raise StorageUnavailable("the reply was lost")

    broker.catalog.swap_many = lost
    with pytest.raises(StorageUnavailable):
        await broker.run("merge")
    assert (await world.spans(pids[0]))[0].object_id >= WHOLE_OBJECTS
    await world.check()
    await world.settle()
    await world.check(settled=True)


@pytest.mark.parametrize("seed", range(12))
async def test_two_merge_at_once_beside_deletions(seed: int) -> None:
    """Whoever comes first wins, log by log; nothing is lost or doubled, and what was written in vain is swept."""
    print("seed", seed)
    chance = Random(seed)
    world = World()
    first = await world.broker(pause=wandering(chance))
    second = await world.broker(pause=wandering(chance))
    pids = await grown(world, first)
    async with anyio.create_task_group() as tasks:
        for broker in (first, second):
            tasks.start_soon(broker.run, "merge")
        tasks.start_soon(second.flush, [(pid, world.batch()) for pid in pids])
        for pid in pids[:3]:
            bounds = (await world.observer.bounds([pid]))[pid]
            tasks.start_soon(first.catalog.advance_log_start, pid, chance.randrange(bounds.high_watermark))
        if chance.random() < 0.5:
            tasks.start_soon(world.delete_topic, "b")
    await world.check()
    await world.settle()
    await world.check(settled=True)
    assert not [known for known in world.store.objects if is_inline(known)]


async def test_death_between_any_two_steps() -> None:
    """Of a merge: whatever is there then is found again, and what nobody needs goes with the next sweep."""
    step, after = 0, False
    while True:
        world = World()
        writer = await world.broker()
        pids = await grown(world, writer)
        broker = await world.broker(Deaths(step + 1, after))
        died = await dies(lambda broker=broker: broker.run("merge"))  # type: ignore[misc]
        await world.check()
        await writer.flush([(pid, world.batch()) for pid in pids])
        await world.settle()
        await world.check(settled=True)
        if not died:
            break
        step, after = (step, True) if not after else (step + 1, False)
    assert step > 8
