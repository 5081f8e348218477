"""Refusals come out of task groups as what they are."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.one_failure import one_failure


async def refuse() -> None:
    raise StorageUnavailable("no")


async def break_down() -> None:
    raise ValueError("a defect")


async def all_of(*work: Callable[[], Awaitable[None]]) -> None:
    with one_failure():
        async with anyio.create_task_group() as tasks:
            for each in work:
                tasks.start_soon(each)


async def test_the_first_refusal_is_raised() -> None:
    """Also when several tasks were refused."""
    with pytest.raises(StorageUnavailable, match="no"):
        await all_of(refuse, refuse)


async def test_a_defect_stays_what_it_is() -> None:
    """Nothing hides it."""
    with pytest.raises(ExceptionGroup):
        await all_of(refuse, break_down)


async def test_without_failures_nothing_happens() -> None:
    """What was done is done."""
    await all_of(anyio.lowlevel.checkpoint)
