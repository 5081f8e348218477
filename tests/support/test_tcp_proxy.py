from collections.abc import AsyncIterator

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tests.support.tcp_proxy import TcpProxy


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a server that says everything twice."""

    async def serve(client: SocketStream) -> None:
        async with client:
            async for data in client:
                await client.send(data)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


async def test_bytes_pass_until_the_connection_is_cut(echo: int) -> None:
    """Both ways."""
    async with TcpProxy.serving("127.0.0.1", echo) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        await client.send(b"one")
        assert await client.receive() == b"one"
        await proxy.cut_all()
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await client.receive()


async def test_an_answer_is_lost_after_the_question_arrived(echo: int) -> None:
    """Which is what makes an outcome unknown."""
    async with TcpProxy.serving("127.0.0.1", echo) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        await client.send(b"one")
        await client.receive()
        proxy.lose_answers()
        await client.send(b"two")
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await client.receive()
        assert proxy.lost == 1


async def test_what_hangs_goes_on(echo: int) -> None:
    """Nothing is lost by it."""
    async with TcpProxy.serving("127.0.0.1", echo) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        await client.send(b"one")
        await client.receive()
        proxy.hang()
        await client.send(b"two")
        with anyio.move_on_after(0.05) as waiting:
            await client.receive()
        assert waiting.cancelled_caught
        proxy.go_on()
        assert await client.receive() == b"two"
