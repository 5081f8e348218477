"""What one connection of the HTTP surface may take, and that those who mean no harm are answered meanwhile."""

import ssl
from pathlib import Path
from typing import Any

import anyio
import pytest
import structlog
from anyio.abc import SocketStream
from starlette.types import Receive, Scope, Send

from broker.http import connection as bounds
from broker.http import server as bounds_of_server
from broker.http.connection import MESSAGE_BYTES_MAX, PIPELINED_MAX, Room
from security.tls.contexts import server_set
from security.tls.sources import TlsSources
from tests.broker.http.test_doors import serving as surface
from tests.security.tls.test_contexts import NOW
from tests.support.certificates import Files

ASK = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"


class Application:
    """Answers with so many bytes, when it may."""

    def __init__(self, size: int = 2) -> None:
        self.size = size
        self.may_answer = anyio.Event()
        self.may_answer.set()
        self._asked, self._was_asked = anyio.create_memory_object_stream[None](100)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._asked.send_nowait(None)
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(self.size).encode())]})
        for at in range(0, self.size, 1 << 16):
            await send({"type": "http.response.body", "body": bytes(min(1 << 16, self.size - at)), "more_body": at + (1 << 16) < self.size})


    async def was_asked(self) -> None:
        """Return when the next request is there."""
        with anyio.fail_after(10):
            await self._was_asked.receive()


async def closed(stream: SocketStream) -> bytes:
    """What still came until the connection ended."""
    data = b""
    with anyio.fail_after(10):
        while True:
            try:
                data += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return data


async def aborted(stream: SocketStream) -> None:
    """Return when the other side has broken the connection, without reading from it."""
    with anyio.fail_after(10):
        while True:
            try:
                await stream.send(b"\r\n")
            except anyio.BrokenResourceError:
                return
            await anyio.sleep(0.01)


async def asked(stream: SocketStream) -> bytes:
    await stream.send(ASK)
    with anyio.fail_after(10):
        return await stream.receive()


def reasons(lines: list[Any]) -> list[str]:
    return [line["reason"] for line in lines if line["event"] == "an HTTP connection was closed"]


async def test_one_connection_asks_again_and_again() -> None:
    """As a scraper does; what it has sent is counted for each request alone."""
    async with surface(Application()) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        for _ in range(3 * MESSAGE_BYTES_MAX // 30_000):
            await stream.send(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 30_000 + b"\r\n\r\n")
            with anyio.fail_after(10):
                assert b"200" in await stream.receive()


@pytest.mark.parametrize(
    "endless",
    [
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000,
        b"GET /" + b"a" * 120_000,
        b"GET / HTTP/1.1\r\na: " + b"b" * 120_000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + b"a: b\r\n" * 20_000,
        b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + bytes(120_000),
    ],
    ids=["headers", "path", "one header", "trailers", "body"],
)
async def test_what_is_too_much_for_a_request_ends_the_connection(endless: bytes) -> None:
    """Whichever part of it."""
    application = Application()
    application.may_answer = anyio.Event()
    with structlog.testing.capture_logs() as lines:
        async with surface(application) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
            try:
                for at in range(0, len(endless), 8192):
                    await stream.send(endless[at : at + 8192])
            except anyio.BrokenResourceError:
                pass
            else:
                await closed(stream)
            application.may_answer.set()
    assert reasons(lines) == [f"a request of more than {MESSAGE_BYTES_MAX} bytes"]


@pytest.mark.parametrize("begun", [b"", b"GET / HTT", ASK + b"GET /"], ids=["nothing", "half a request", "half a second one"])
async def test_a_request_must_come_in_time(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the beginning of the connection, and of every further request."""
    monkeypatch.setattr(bounds, "REQUEST_S", 0.05)
    with structlog.testing.capture_logs() as lines:
        async with surface(Application()) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
            if begun:
                await stream.send(begun)
            said = await closed(stream)
    assert (b"200" in said) == (ASK in begun)
    assert len(reasons(lines)) == 1
    assert "within 0.05 s" in reasons(lines)[0]


async def test_an_answer_must_be_read_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it stays in memory for ever."""
    monkeypatch.setattr(bounds, "ANSWER_S", 0.1)
    with structlog.testing.capture_logs() as lines:
        async with surface(Application(size=50_000_000)) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(ASK)
            await aborted(stream)
    assert reasons(lines) == ["its answer was not read within 0.1 s"]


async def test_not_many_requests_wait_behind_one() -> None:
    """Each is an object; their bytes are nothing."""
    application = Application()
    application.may_answer = anyio.Event()
    with structlog.testing.capture_logs() as lines:
        async with surface(application) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(ASK * (PIPELINED_MAX + 2))
            await closed(stream)
            application.may_answer.set()
    assert reasons(lines) == [f"more than {PIPELINED_MAX} requests behind one that is not answered"]


async def test_a_few_requests_behind_one_are_answered() -> None:
    """In their order, each."""
    application = Application()
    async with surface(application) as port, await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(ASK * PIPELINED_MAX)
        said = b""
        with anyio.fail_after(10):
            while said.count(b"HTTP/1.1 200") < PIPELINED_MAX:
                said += await stream.receive()
        assert b"200" in await asked(stream)


async def test_idle_connections_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever came first and says nothing leaves; one that is being answered stays."""
    monkeypatch.setattr(bounds_of_server, "Room", lambda: Room(3))
    application = Application()
    with structlog.testing.capture_logs() as lines:
        async with surface(application) as port:
            busy, *idle = [await anyio.connect_tcp("127.0.0.1", port) for _ in range(3)]
            assert b"200" in await asked(idle[0])
            application.may_answer = anyio.Event()
            await busy.send(ASK)
            await application.was_asked()
            await application.was_asked()
            late = await anyio.connect_tcp("127.0.0.1", port)
            assert await closed(idle[1]) == b""
            application.may_answer.set()
            assert b"200" in await asked(late)
            assert b"200" in await asked(idle[0])
            with anyio.fail_after(10):
                assert b"200" in await busy.receive()
            for each in (busy, *idle, late):
                await each.aclose()
    assert reasons(lines) == ["others come, and it was idle for longest"]


async def test_when_all_are_being_answered_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until one is done."""
    monkeypatch.setattr(bounds_of_server, "Room", lambda: Room(1))
    application = Application()
    application.may_answer = anyio.Event()
    async with surface(application) as port, await anyio.connect_tcp("127.0.0.1", port) as busy:
        await busy.send(ASK)
        await application.was_asked()
        async with await anyio.connect_tcp("127.0.0.1", port) as late:
            assert await closed(late) == b""
        application.may_answer.set()
        with anyio.fail_after(10):
            assert b"200" in await busy.receive()
        async with await anyio.connect_tcp("127.0.0.1", port) as later:
            assert b"200" in await asked(later)


async def test_half_open_handshakes_keep_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest of them are given up, and their sockets with them."""
    monkeypatch.setattr(bounds_of_server, "HANDSHAKES_MAX", 2)
    files = Files.make(tmp_path)
    context = server_set(TlsSources(key_store=files.broker.read_bytes(), key_store_type="PEM"), NOW).context
    trust = ssl.create_default_context(cafile=str(files.authorities))
    async with surface(Application(), context) as port:
        silent = [await anyio.connect_tcp("127.0.0.1", port) for _ in range(5)]
        for each in silent[:3]:
            await closed(each)
        async with await anyio.connect_tcp("127.0.0.1", port, tls=True, ssl_context=trust, tls_hostname="localhost", tls_standard_compatible=False) as stream:
            await stream.send(ASK)
            with anyio.fail_after(10):
                assert b"200" in await stream.receive()
        for each in silent:
            await each.aclose()
