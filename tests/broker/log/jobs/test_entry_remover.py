"""Rows of the past: which go."""

import pytest

from tests.broker.log.jobs.world import World

pytestmark = pytest.mark.anyio


async def test_what_was_refused_is_forgotten_once_nobody_could_commit_it() -> None:
    """As long as its writer lives it may try."""
    world = World()
    broker = await world.broker()
    first = await broker.catalog.lease_object_ids(1)
    await broker.catalog.condemn([first])
    await broker.run("entries")
    assert world.cluster.shared._condemned == {first}
    other = await world.broker(node_id=1)
    await other.run("entries")
    assert world.cluster.shared._condemned == set()


async def test_idle_producers_are_forgotten() -> None:
    """After ``producer.id.expiration.ms``."""
    world = World()
    broker = await world.broker()
    (pid,) = (await world.topic("t", 1)).pids
    await broker.flush([(pid, world.batch(1, producer_id=7, producer_epoch=0, base_sequence=0))])
    await broker.run("producers")
    assert len(await world.observer.producers(pid)) == 1
    world.clock += world.settings.producer_id_expiration_ms + 1
    await broker.run("producers")
    assert await world.observer.producers(pid) == []
