"""Who may ask the HTTP surface."""

import base64
import http.client
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from broker.http.doors import Gate, TokenReader, identity_of
from broker.http.server import HttpServer
from security.audit.event import NoRecorder
from security.identity import Identity
from security.tls.contexts import server_set
from security.tls.distinguished_names import java_name, subject_of
from security.tls.sources import TlsSources
from tests.security.tls.test_contexts import NOW
from tests.support.certificates import Files


async def who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(identity_of(request.scope).principal)


def application() -> Starlette:
    return Starlette(routes=[Route(path, who) for path in ("/livez", "/readyz", "/metrics", "/v1/acls")])


@asynccontextmanager
async def serving(gate: ASGIApp, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = HttpServer(gate, "127.0.0.1", 0, tls)
    _, port = server.bind()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run)
        yield port
        server.stop()


async def get(port: int, path: str, context: ssl.SSLContext | None = None, **headers: str) -> tuple[int, str]:
    def ask() -> tuple[int, str]:
        kind: Any = http.client.HTTPSConnection if context else http.client.HTTPConnection
        more = {"context": context} if context else {}
        connection = kind("localhost" if context else "127.0.0.1", port, timeout=10, **more)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found

    return await anyio.to_thread.run_sync(ask)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_without_authentication_everybody_asks() -> None:
    """As on loopback by default."""
    async with serving(Gate(application(), (), NoRecorder())) as port:
        assert await get(port, "/metrics") == (200, "User:ANONYMOUS")


async def test_each_path_but_health_needs_credentials(tmp_path: Path) -> None:
    """Missing ones are as bad as wrong ones, on every path."""
    tokens = tmp_path / "tokens"
    tokens.write_text("# prometheus\nscraper t0ken-of-the-scraper\nbare-token\n")
    gate = Gate(application(), ("token",), NoRecorder(), tokens=TokenReader(tokens))
    async with serving(gate) as port:
        assert (await get(port, "/livez"))[0] == (await get(port, "/readyz"))[0] == 200
        for path in ("/metrics", "/v1/acls", "/nowhere", "/livez/", "//livez", "/LIVEZ"):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}, {"Authorization": basic("scraper", "t0ken-of-the-scraper")},
                            {"Authorization": "t0ken-of-the-scraper"}, {"Authorization": "Bearer scraper"}):  # fmt: skip
                assert (await get(port, path, **headers))[0] == 401
        assert await get(port, "/metrics", Authorization="Bearer t0ken-of-the-scraper") == (200, "User:scraper")
        assert await get(port, "/metrics", Authorization="bearer bare-token") == (200, "User:http-token")


async def test_tokens_change_with_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a file that is gone lets nobody in."""
    monkeypatch.setattr("broker.http.doors._LOOK_AGAIN_S", 0.0)
    path = tmp_path / "tokens"
    path.write_text("first")
    reader = TokenReader(path)
    assert await reader.owner("first") == "http-token"
    (tmp_path / "next").write_text("me second")
    (tmp_path / "next").replace(path)
    assert (await reader.owner("first"), await reader.owner("second")) == (None, "me")
    path.unlink()
    assert await reader.owner("second") is None


async def test_users_show_their_password() -> None:
    """To whoever keeps credentials; before there is such a one nobody is let in."""
    gate = Gate(application(), ("basic",), NoRecorder())

    async def check(user: str, password: str) -> Identity | None:
        return Identity(f"User:{user}") if password == "right:one" else None

    async with serving(gate) as port:
        assert (await get(port, "/metrics", Authorization=basic("ann", "right:one")))[0] == 401
        gate.check_password = check
        assert await get(port, "/metrics", Authorization=basic("ann", "right:one")) == (200, "User:ann")
        for wrong in (basic("ann", "wrong"), "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe:x").decode(), "Basic " + base64.b64encode(b"ann").decode()):
            assert (await get(port, "/metrics", Authorization=wrong))[0] == 401


async def test_tls_with_certificates_of_clients(tmp_path: Path) -> None:
    """Who shows one is known by it; who does not is refused, but may ask for health."""
    files = Files.make(tmp_path)
    sources = TlsSources(key_store=files.broker.read_bytes(), trust_store=files.authorities.read_bytes(), client_auth="requested")
    gate = Gate(
        application(), ("certificate",), NoRecorder(), check_certificate=lambda shown: Identity(f"User:{java_name(subject_of(shown))}")
    )
    nobody = ssl.create_default_context(cafile=str(files.authorities))
    alice = ssl.create_default_context(cafile=str(files.authorities))
    alice.load_cert_chain(files.client("alice"))
    async with serving(gate, server_set(sources, NOW).context) as port:
        assert await get(port, "/metrics", alice) == (200, "User:CN=alice,O=Example")
        assert (await get(port, "/metrics", nobody))[0] == 401
        assert (await get(port, "/livez", nobody))[0] == 200
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            await get(port, "/metrics")
