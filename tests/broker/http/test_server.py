"""The HTTP server runs inside the broker's loop."""

import anyio
import pytest

from broker.http.server import HttpServer
from broker.http.surface import surface
from observability.health import Health


async def test_a_taken_address_is_an_error_before_anything_runs() -> None:
    """So that the start fails with a clear message."""
    first = HttpServer(surface(Health()), "127.0.0.1", 0)
    host, port = first.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.run)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(OSError):
            HttpServer(surface(Health()), host, port).bind()
        first.stop()
