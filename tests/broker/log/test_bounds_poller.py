"""Polls for those who wait: as many as there must be, for no more than is waited for. Time is virtual."""

from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageUnavailable
from broker.log.fetch_plan import Wanted
from tests.broker.log.harness import batch
from tests.broker.log.shared_log import shared_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def test_nothing_is_asked_while_nobody_waits() -> None:
    """However many logs there are."""
    async with shared_world() as world:
        (ours, _), pids = world.brokers, await world.topic(partitions=50)
        for pid in pids:
            await ours.append(pid, batch(1))
        await ours.reader.bounds_of(pids)
        ours.queries.clear()
        await anyio.sleep(60)
        assert ours.queries.total() == 0


@pytest.mark.parametrize(("with_hints", "polls"), [(True, 10), (False, 100)])
async def test_polls_as_often_as_hints_make_it_necessary(with_hints: bool, polls: int) -> None:
    """Only for what is waited for."""
    async with shared_world(with_hints=with_hints) as world:
        (ours, _), pids = world.brokers, await world.topic(partitions=50)
        waiter = ours.reader.enter(pids[:3], 1, 0)
        ours.catalog.partitions_asked = 0
        await anyio.sleep(10.001)
        ours.reader.leave(waiter)
        assert ours.queries["bounds"] == polls
        assert ours.catalog.partitions_asked == 3 * polls


async def test_goes_on_when_the_catalog_comes_back() -> None:
    """Until then those who wait wait."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        given: list[int] = []

        async def read() -> None:
            (answer,) = await ours.read(Wanted(pid, 0, 1000), max_wait_ms=60_000)
            given.append(answer.size)

        tasks.start_soon(read)
        await anyio.sleep(0.01)
        ours.catalog.error = StorageUnavailable("the database is gone")
        await other.append(pid, batch(1))
        await anyio.sleep(10)
        assert given == []
        ours.catalog.error = None
        await anyio.sleep(1.1)
        assert given == [len(batch(1))]


async def test_what_is_asked_for_is_looked_at_at_once_and_together() -> None:
    """Many asks in one go are one query."""
    async with shared_world() as world:
        (ours, other), pids = world.brokers, await world.topic(partitions=30)
        for pid in pids:
            await other.append(pid, batch(2))
        for pid in pids:
            ours.shared.poller.ask(pid)
        await anyio.sleep(0.01)
        assert ours.queries["bounds"] <= 2
        assert all(ours.shared.view.known.get(pid) is not None for pid in pids)
