"""Logging in, on a virtual clock."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
import trio.testing

from tests.broker.handlers.session.login_scene import Scene

MakeScene = Callable[..., Scene]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture
async def make_scene() -> AsyncIterator[MakeScene]:
    async with anyio.create_task_group() as tasks:
        yield lambda **changed: Scene(tasks, **changed)
        tasks.cancel_scope.cancel()
