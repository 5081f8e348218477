"""Listeners that speak TLS: who clients are, and how little those cost who never say."""

import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import psutil
import pytest

from broker.config.settings import Settings
from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.server import connecting_time
from broker.server.budget import ByteBudget
from broker.server.dispatcher import Dispatcher
from broker.server.listener import Limits, Listener
from broker.server.tls_keeper import TlsKeeper
from broker.wire.messages.heartbeat import HeartbeatResponse
from security.audit.event import AuditEvent, EventKind
from tests.broker.server.no_quotas import NoQuotas
from tests.broker.server.test_listener import REQUEST
from tests.support.certificates import Authority, Files

ANSWER = bytes.fromhex("00000006000000010000")
FLOOD = int(os.environ.get("PENSTOCK_FLOOD", "2000"))
"""Connections of the flood; PENSTOCK_FLOOD=10000 for the long form."""


class Audit:
    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def wants(self, kind: EventKind, principal: str) -> bool:
        return kind is EventKind.AUTHENTICATION

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)


class Place:
    def __init__(self, listener: Listener, port: int, limits: Limits, files: Files, principals: list[str], audit: Audit) -> None:
        self.listener, self.port, self.limits, self.files, self.principals, self.audit = listener, port, limits, files, principals, audit

    def context(self, client: Path | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.files.authorities))
        if client is not None:
            context.load_cert_chain(client)
        return context

    def ask(self, context: ssl.SSLContext, times: int = 1) -> list[bytes]:
        """Requests over a connection of their own, from a thread."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain, context.wrap_socket(plain, server_hostname="localhost") as stream:
            answers = []
            for _ in range(times):
                stream.sendall(REQUEST)
                answers.append(stream.recv(100))
            return answers


Open = Callable[..., Any]


@pytest.fixture
async def open_place(tmp_path: Path) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:
        tasks = await stack.enter_async_context(anyio.create_task_group())

        async def make(client_auth: str = "required", rules: str = "DEFAULT", **limits: int) -> Place:
            files = Files.make(tmp_path)
            settings = Settings(listeners="SSL://127.0.0.1:0", **files.settings(client_auth), ssl_principal_mapping_rules=rules)  # type: ignore[arg-type]
            keeper = TlsKeeper(lambda: settings, ["SSL"])
            stack.callback(keeper.close)
            await keeper.load()
            principals: list[str] = []
            audit = Audit()

            def handle(request: Any, context: RequestContext) -> HeartbeatResponse:
                principals.append(context.connection.principal)
                return HeartbeatResponse()

            bounds = {"total": 10_000, "per_address": 10_000, "idle_ms": 600_000, "frame_ms": 600_000} | limits
            limit = Limits(**bounds)  # type: ignore[arg-type]
            listener = Listener(
                "SSL",
                Dispatcher([Handler(key=12, name="heartbeat", versions=range(5), handle=handle, refuse=lambda *a: None)], None, NoQuotas()),  # type: ignore[arg-type]
                ByteBudget(1 << 20),
                limit,
                tasks,
                frame_limit=1 << 20,
                max_requests=16,
                max_bytes=1 << 20,
                backlog=1_000,
                protocol="SSL",
                door=keeper.door("SSL"),
                audit=audit,
            )
            host, port = await listener.bind("127.0.0.1", 0)
            listener.advertised = Node(1, host, port)
            tasks.start_soon(listener.run)
            return Place(listener, port, limit, files, principals, audit)

        yield make
        tasks.cancel_scope.cancel()


async def test_a_certificate_shows_who_a_client_is(open_place: Open) -> None:
    """By the rules; and it is audited."""
    place = await open_place(rules="RULE:CN=([a-z]+),.*/$1/U")
    answers = await anyio.to_thread.run_sync(place.ask, place.context(place.files.client("alice")), 3)

    assert answers == [ANSWER] * 3
    assert place.principals == ["User:ALICE"] * 3
    assert [(event.outcome, event.principal) for event in place.audit.events] == [("success", "User:ALICE")]
    assert place.audit.events[0].details["credential"].startswith("cert:")
    assert len(place.limits.strangers) == 0


async def test_who_need_not_show_one_is_anonymous(open_place: Open) -> None:
    """As in Kafka, with none as well as with requested; but a certificate of an authority that is not known is refused."""
    place = await open_place("requested")
    stranger = Files(place.files.directory, Authority()).client("mallory")

    assert await anyio.to_thread.run_sync(place.ask, place.context()) == [ANSWER]
    assert await anyio.to_thread.run_sync(place.ask, place.context(place.files.client("alice"))) == [ANSWER]
    assert place.principals == ["User:ANONYMOUS", "User:CN=alice,O=Example"]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await anyio.to_thread.run_sync(place.ask, place.context(stranger))
    assert "unable to get local issuer" in str(place.audit.events[-1].details["reason"])


async def test_who_no_rule_is_for_is_refused(open_place: Open) -> None:
    """The client does not become anonymous."""
    place = await open_place(rules="RULE:CN=bob,.*/bob/")

    try:
        answers = await anyio.to_thread.run_sync(place.ask, place.context(place.files.client("alice")))
    except (ssl.SSLError, ConnectionError):
        answers = [b""]
    assert answers == [b""]
    assert place.principals == []
    assert place.audit.events[-1].outcome == "failure"


async def test_a_handshake_that_does_not_end_is_ended(open_place: Open) -> None:
    """Whatever trickles in: the time to show who one is does not start anew."""
    place = await open_place(authentication_ms=300)
    stream = await anyio.connect_tcp("127.0.0.1", place.port)
    began = time.monotonic()
    try:
        for byte in b"\x16\x03\x01\x10\x00" + bytes(500):
            await stream.send(bytes([byte]))
            with anyio.move_on_after(0.02):
                await stream.receive()
        pytest.fail("it was never ended")
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        pass
    await stream.aclose()

    assert time.monotonic() - began < 5
    assert len(place.limits.strangers) == 0


async def test_half_open_handshakes_neither_keep_others_out_nor_take_memory(open_place: Open) -> None:
    """A flood of them, each with its first message sent and nothing after; an honest client is served all the while."""
    place = await open_place("none", unauthenticated=200)
    context = place.context()
    hello = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost").do_handshake()
    first = hello.read()
    before = psutil.Process().memory_info().rss

    def flood() -> list[socket.socket]:
        held = []
        for number in range(FLOOD):
            each = socket.create_connection(("127.0.0.1", place.port), 10)
            each.setblocking(False)
            try:
                each.send(first if number % 2 else first[:50])
            except OSError:
                pass
            held.append(each)
            if number % 250 == 249:
                assert place.ask(context, 2) == [ANSWER] * 2
        return held

    held = await anyio.to_thread.run_sync(flood)
    try:
        assert len(place.limits.strangers) <= 200
        assert place.limits.open <= 300
        assert await anyio.to_thread.run_sync(place.ask, context) == [ANSWER]
        assert psutil.Process().memory_info().rss - before < 100 << 20
    finally:
        for each in held:
            each.close()


async def test_limits_count_before_the_handshake(open_place: Open) -> None:
    """One too many of an address, by its own limit where it has one, or of a listener is not worth a key's work."""
    place = await open_place("none", per_address=1)
    first = await anyio.connect_tcp("127.0.0.1", place.port)
    with anyio.fail_after(10):
        while not place.limits.open:
            await anyio.lowlevel.checkpoint()
    with pytest.raises((ssl.SSLError, OSError)):
        await anyio.to_thread.run_sync(place.ask, place.context())
    place.limits.change(100, 1, {"127.0.0.1": 5})
    assert await anyio.to_thread.run_sync(place.ask, place.context()) == [ANSWER]
    place.listener.most = 1
    with pytest.raises((ssl.SSLError, OSError)):
        await anyio.to_thread.run_sync(place.ask, place.context())
    await first.aclose()


async def test_an_address_that_connects_again_and_again_waits(open_place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handshakes are counted as what they cost; who comes from elsewhere is served meanwhile."""
    monkeypatch.setattr(connecting_time, "BURST_S", 0.0)
    place = await open_place(client_auth="none")
    place.limits.connecting.share = 0.01
    context = place.context()
    began = anyio.current_time()
    for _ in range(4):
        await anyio.to_thread.run_sync(place.ask, context)
    waited = anyio.current_time() - began
    assert waited > 0.2  # the expected half millisecond alone, three times at a hundredth of a core
    assert len(place.limits.connecting) == 1

    def from_elsewhere() -> bytes:
        stream = socket.create_connection(("127.0.0.1", place.port), 10, source_address=("127.0.0.9", 0))
        with context.wrap_socket(stream, server_hostname="localhost") as secured:
            secured.sendall(REQUEST)
            return secured.recv(100)

    began = anyio.current_time()
    assert await anyio.to_thread.run_sync(from_elsewhere) == ANSWER
    assert anyio.current_time() - began < waited


async def test_who_waits_keeps_its_place(open_place: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with more clients than it has time for: those that wait are heard one after the other, and newcomers do not push them out."""
    monkeypatch.setattr(connecting_time, "BURST_S", 0.0)
    place = await open_place(client_auth="none", unauthenticated=8)
    place.limits.connecting.share = 0.02
    context = place.context()
    served: list[int] = []
    until = time.monotonic() + 20

    def client(number: int) -> None:
        while time.monotonic() < until:
            try:
                assert place.ask(context) == [ANSWER]
            except (OSError, AssertionError):
                time.sleep(0.05)  # as clients do
                continue
            served.append(number)
            return

    async with anyio.create_task_group() as clients:
        for number in range(12):
            clients.start_soon(anyio.to_thread.run_sync, client, number)
    assert sorted(served) == list(range(12))


async def test_a_network_of_ipv6_is_one_neighbour(open_place: Open) -> None:
    """Who has one address of it has them all: it makes room for itself, and keeps nobody out."""
    place = await open_place(unauthenticated=8)

    class Silent:
        def __init__(self, host: str) -> None:
            self.peer, self.is_aborted = (host, 4711), False

        def abort(self) -> None:
            self.is_aborted = True

        def turn_away(self, reason: str) -> None:
            self.is_aborted = True

    honest = Silent("2001:db8:1::1")
    place.listener.admit(honest, honest)  # type: ignore[arg-type]
    for number in range(20):
        hostile = Silent(f"2001:db8:2::{number:x}")
        place.listener.admit(hostile, hostile)  # type: ignore[arg-type]
    assert honest in place.limits.strangers  # type: ignore[comparison-overlap]
    assert not honest.is_aborted
