"""Turns to read: bounded in number and bytes, first come first served, and given back whatever happens. Time is virtual."""

from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio.testing

from broker.log.read_limiter import ReadLimiter

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def test_no_more_than_are_allowed_read_at_once() -> None:
    """Neither in number nor in bytes."""
    for limiter, size, most in ((ReadLimiter(3, 1000), 10, 3), (ReadLimiter(10, 100), 40, 2)):
        under_way = most_seen = 0

        async def read(limiter: ReadLimiter = limiter, size: int = size) -> None:
            nonlocal under_way, most_seen
            async with limiter.turn(size):
                under_way += 1
                most_seen = max(most_seen, under_way)
                await anyio.sleep(1)
                under_way -= 1

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(read)
        assert most_seen == most
        assert (limiter.bytes_used, len(limiter)) == (0, 0)


async def test_one_that_is_too_large_reads_alone_and_is_not_passed_for_ever() -> None:
    """Smaller ones that came later wait behind it."""
    limiter = ReadLimiter(4, 100)
    order: list[str] = []

    async def read(name: str, size: int) -> None:
        async with limiter.turn(size):
            order.append(name)
            await anyio.sleep(1)

    async with anyio.create_task_group() as tasks:
        for name, size in (("first", 10), ("large", 5000), ("small", 10), ("smaller", 1)):
            tasks.start_soon(read, name, size)
            await anyio.sleep(0.1)
    assert order[:2] == ["first", "large"]
    assert sorted(order[2:]) == ["small", "smaller"], "both may go at once, then"


async def test_readers_take_turns() -> None:
    """Whoever has had a turn waits behind those who have not."""
    limiter = ReadLimiter(1, 100)
    turns: list[int] = []

    async def go_through(who: int) -> None:
        for _ in range(20):
            async with limiter.turn(50):
                turns.append(who)
                await anyio.sleep(0.1)

    async with anyio.create_task_group() as tasks:
        for who in range(5):
            tasks.start_soon(go_through, who)
    for at in range(0, 100, 5):
        assert sorted(turns[at : at + 5]) == [0, 1, 2, 3, 4]


async def test_turns_of_those_who_give_up_are_not_lost() -> None:
    """While they wait, at the moment when their turn comes, and while they read."""
    limiter = ReadLimiter(1, 100)
    for give_up_after in (0.5, 1.0, 1.5):
        async with anyio.create_task_group() as tasks:

            async def hold() -> None:
                async with limiter.turn(60):
                    await anyio.sleep(1)

            async def give_up(after: float = give_up_after) -> None:
                with anyio.move_on_after(after):
                    async with limiter.turn(60):
                        await anyio.sleep(10)

            tasks.start_soon(hold)
            await anyio.lowlevel.checkpoint()
            tasks.start_soon(give_up)
            await anyio.sleep(0.01)
            tasks.start_soon(hold)
        assert (limiter.bytes_used, len(limiter)) == (0, 0)
        with anyio.fail_after(1):
            async with limiter.turn(100):
                pass
