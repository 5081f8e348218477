"""The orphan sweep: what brokers leave behind when they are stopped at any step from writing to committing, and nothing else, is deleted."""

import pytest

from broker.errors import StorageUnavailable
from broker.log.jobs import orphan_sweeper
from tests.broker.log.jobs.world import Broker, Deaths, World, dies

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


async def test_an_object_without_a_commit_goes_once_its_writer_is_fenced() -> None:
    """Not while the writer could still commit it, however old it is; and not before its time."""
    world = World()
    writer = await world.broker(Deaths(2, after=True))
    (pid,) = (await world.topic("t", 1)).pids
    assert await dies(lambda: writer.flush([(pid, world.batch())]))
    (left,) = world.store.objects
    sweeper = await world.broker()
    await world.pass_time(10 * HOUR)
    await sweeper.run("orphans")
    assert list(world.store.objects) == [left], "its writer may be slow"

    await world.broker(node_id=1)  # somebody takes its place
    world.store.written_ms[left] = world.clock - HOUR // 2
    await sweeper.run("orphans")
    assert list(world.store.objects) == [left], "it is young"
    await world.pass_time(HOUR)
    await sweeper.run("orphans")
    assert not world.store.objects


async def test_whoever_was_fenced_commits_no_more() -> None:
    """So nothing can come to name what the sweep has deleted (I8)."""
    world = World()
    writer = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids

    async def overtaken(object_id: int, data: bytes) -> None:
        world.store.put(object_id, data)
        await world.broker(node_id=1)
        await world.pass_time(2 * HOUR)
        await (await world.broker()).run("orphans")
        assert object_id not in world.store.objects

    writer._put = overtaken  # type: ignore[method-assign]
    with pytest.raises(Exception, match=r"fenced|epoch"):
        await writer.flush([(pid, world.batch())])
    await world.check(settled=True)


async def test_what_was_refused_for_good_goes_at_once() -> None:
    """Its row says that it never will be committed, so its writer need not be gone."""
    world = World()
    broker = await world.broker()
    first = await broker.catalog.lease_object_ids(2)
    world.store.put(first, b"refused")
    world.store.put(first + 1, b"under way")
    assert await broker.catalog.condemn([first]) == [first]
    await world.pass_time(2 * HOUR)
    await broker.run("orphans")
    assert list(world.store.objects) == [first + 1]


async def test_what_nobody_was_given_is_left_alone() -> None:
    """It may be another cluster's, or the catalog is an old copy."""
    world = World()
    broker = await world.broker()
    world.store.put(1 << 40, b"whose?")
    await world.pass_time(2 * HOUR)
    await broker.run("orphans")
    assert list(world.store.objects) == [1 << 40]


async def test_blocks_that_are_nobodys_may_be_forgotten() -> None:
    """What their owners left is an orphan all the same."""
    world = World()
    writer = await world.broker(Deaths(2, after=True))
    (pid,) = (await world.topic("t", 1)).pids
    assert await dies(lambda: writer.flush([(pid, world.batch())]))
    await world.broker(node_id=1)
    world.cluster.object_blocks.clear()
    await world.pass_time(2 * HOUR)
    await (await world.broker()).run("orphans")
    assert not world.store.objects


async def test_the_store_is_gone_over_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a pace; what cannot be deleted now is deleted the next time."""
    monkeypatch.setattr(orphan_sweeper, "OBJECTS_AT_ONCE", 3)
    world = World()
    writer = await world.broker()
    first = await writer.catalog.lease_object_ids(8)
    for number in range(8):
        world.store.put(first + number, b"left")
    await world.broker(node_id=1)
    await world.pass_time(2 * HOUR)
    broker = await world.broker()
    job = broker.jobs["orphans"]
    assert [await job.step("all") for _ in range(2)] == [True, True]
    assert len(world.store.objects) == 2
    world.store.unavailable = True
    assert not await job.step("all")
    assert len(world.store.objects) == 2
    world.store.unavailable = False
    await broker.run("orphans")
    assert not world.store.objects


async def test_a_listing_that_fails_is_begun_anew() -> None:
    """The failure is told, so that the job is tried again before a day is over."""
    world = World()
    broker = await world.broker()
    first = await broker.catalog.lease_object_ids(1)
    world.store.put(first, b"left")
    await world.broker(node_id=1)
    await world.pass_time(2 * HOUR)
    sweeper = await world.broker()
    inner = sweeper.store._inner
    listed = inner.stored_objects

    async def fails():  # type: ignore[no-untyped-def]
        raise StorageUnavailable("503")
        yield 0, 0, 0.0

    inner.stored_objects = fails
    with pytest.raises(StorageUnavailable):
        await sweeper.run("orphans")
    inner.stored_objects = listed
    await sweeper.run("orphans")
    assert not world.store.objects


@pytest.mark.parametrize("after", [False, True])
async def test_death_between_any_two_steps_of_everything(after: bool) -> None:
    """Of writing, merging, retention, deletion and sweeping by one broker: another finds every log whole, and the sweep leaves nothing behind."""

    async def life(world: World, broker: Broker) -> None:
        pids = (*world.topics["kept"].pids, *world.topics["short"].pids)
        for number in range(3):
            await broker.flush([(pid, world.batch(2)) for pid in pids], inline=number == 1)
        await world.pass_time(5000)
        await broker.run("merge", "retention")
        await broker.catalog.advance_log_start(pids[0], 3)
        await world.pass_time(2 * HOUR)
        await broker.run()

    step = 0
    while True:
        world = World()
        await world.topic("kept", 2)
        await world.topic("short", 2, retention_ms="1000")
        broker = await world.broker(Deaths(step + 1, after))
        died = await dies(lambda world=world, broker=broker: life(world, broker))  # type: ignore[misc]
        await world.check()
        await world.settle()
        await world.check(settled=True)
        if not died:
            break
        step += 1
    assert step > 40
