"""Queries for many readers at once: few of them, each fresh for everyone it answers. Time is virtual."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.span_finder import BOUNDS_AT_ONCE, QUERY_PARTITIONS
from broker.storage.catalog.base import SpanAnswer, SpanQuery
from tests.broker.log.harness import batch
from tests.broker.log.shared_log import shared_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def ends(answers: Sequence[SpanAnswer]) -> list[int]:
    return [-1 if answer.bounds is None else answer.bounds.high_watermark for answer in answers]


async def test_a_thousand_who_ask_the_same_cost_a_few_queries() -> None:
    """And each gets an answer to what it asked."""
    async with shared_world() as world:
        (ours, other), pids = world.brokers, await world.topic(partitions=10)
        for pid in pids[:5]:
            await other.append(pid, batch(pid))
        ours.catalog.latency = lambda: 0.01
        right = 0

        async def ask(pid: int) -> None:
            nonlocal right
            (answer,) = await ours.shared.finder.find([SpanQuery(pid, 0, 1000)])
            assert ends([answer]) == [pid if pid in pids[:5] else 0]
            right += 1

        async with anyio.create_task_group() as tasks:
            for at in range(1000):
                tasks.start_soon(ask, pids[at % 10])
        assert right == 1000
        assert ours.queries["spans"] <= 6


async def test_an_answer_is_never_older_than_the_question() -> None:
    """Whoever asks while a query is under way is answered by a later one."""
    async with shared_world() as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        ours.catalog.latency = lambda: 1.0
        seen: list[int] = []

        async def ask() -> None:
            seen.extend(ends(await ours.shared.finder.find([SpanQuery(pid, 0, 1000)])))

        async with anyio.create_task_group() as tasks:
            for at in range(20):
                await other.append(pid, batch(1))
                before = len(seen)
                tasks.start_soon(ask)
                await anyio.sleep(0.1)
                assert all(end <= at + 1 for end in seen[before:])
        assert len(seen) == 20
        assert all(end >= at + 1 for at, end in enumerate(sorted(seen)))


async def test_more_than_fits_into_one_query_is_several() -> None:
    """Nobody's questions are torn apart: they are answered from one snapshot."""
    async with shared_world() as world:
        (ours, _), pids = world.brokers, await world.topic(partitions=200)
        ours.catalog.latency = lambda: 0.01
        answered: list[int] = []

        async def ask(first: int, count: int) -> None:
            answered.append(len(await ours.shared.finder.find([SpanQuery(pid, 0, 1) for pid in pids[first : first + count]])))

        async with anyio.create_task_group() as tasks:
            for first in range(0, 180, 20):
                tasks.start_soon(ask, first, 40)
        assert answered == [40] * 9
        assert ours.queries["spans"] >= 200 // QUERY_PARTITIONS


@pytest.mark.parametrize("error", [StorageUnavailable("the database is gone"), StorageFailed("for good")])
async def test_an_error_is_told_to_who_asked_and_the_next_is_tried(error: Exception) -> None:
    """The finder goes on."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        ours.catalog.error = error
        for _ in range(10):
            with pytest.raises(type(error)):
                await ours.shared.finder.find([SpanQuery(pid, 0, 1)])
        ours.catalog.error = None
        assert ends(await ours.shared.finder.find([SpanQuery(pid, 0, 1), SpanQuery(99, 0, 1)])) == [0, -1]


async def test_those_who_give_up_leave_nothing_behind() -> None:
    """Whether their query had begun or not."""
    async with shared_world() as world:
        (ours, _), pids = world.brokers, await world.topic(partitions=20)
        ours.catalog.latency = lambda: 1.0

        async def give_up(pid: int) -> None:
            with anyio.move_on_after(0.5):
                await ours.shared.finder.find([SpanQuery(pid, 0, 1)])

        async with anyio.create_task_group() as tasks:
            for pid in pids:
                tasks.start_soon(give_up, pid)
                await anyio.sleep(0.05)
        await anyio.sleep(10)
        asked = ours.queries["spans"]
        assert ends(await ours.shared.finder.find([SpanQuery(pids[0], 0, 1)])) == [0]
        assert ours.queries["spans"] == asked + 1


async def test_bounds_of_very_many_are_read_in_steps() -> None:
    """Each is known from then on."""
    async with shared_world() as world:
        (ours, _), pids = world.brokers, await world.topic(partitions=BOUNDS_AT_ONCE + 5)
        found = await ours.shared.finder.bounds([*pids, 99_999])
        assert len(found) == BOUNDS_AT_ONCE + 5
        assert ours.queries["bounds"] == 2
        assert ours.shared.view.known.peek(pids[-1]) == found[pids[-1]]
