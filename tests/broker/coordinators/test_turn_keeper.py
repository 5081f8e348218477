"""Turns by name."""

import anyio
import pytest

from broker.coordinators.turn_keeper import TurnKeeper

pytestmark = pytest.mark.anyio


async def test_one_at_a_time_for_each_name() -> None:
    """In order; other names do not wait, and nothing is left behind."""
    turns = TurnKeeper()
    steps: list[str] = []
    gate = anyio.Event()

    async def work(name: str, step: str) -> None:
        async with turns.of(name):
            steps.append(step)
            if step == "a1":
                await gate.wait()

    async with anyio.create_task_group() as tasks:
        for name, step in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")):
            tasks.start_soon(work, name, step)
        await anyio.wait_all_tasks_blocked()
        assert steps == ["a1", "b1"]
        assert len(turns) == 1
        gate.set()
    assert steps == ["a1", "b1", "a2", "a3"]
    assert len(turns) == 0


async def test_who_gives_up_is_no_hindrance() -> None:
    """A cancelled wait, or an error within a turn."""
    turns = TurnKeeper()

    async def wait_a_moment() -> None:
        with anyio.move_on_after(0.001):
            async with turns.of("a"):
                pass

    async def fail() -> None:
        async with turns.of("a"):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait_a_moment)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    async with turns.of("a"):
        assert len(turns) == 1
    assert len(turns) == 0
