"""Brokers connected to each other over TLS."""

import ssl
from datetime import UTC, datetime
from types import SimpleNamespace

import anyio
import pytest

from broker.model import Published
from observability.metrics import REGISTRY
from security.tls.contexts import TlsSources, client_set, server_set
from tests.broker.server.test_peers import Broker, connected
from tests.support.certificates import Authority

AUTHORITY = Authority()
NOW = datetime.now(UTC)


def speaking_tls(node_id: int, authority: Authority = AUTHORITY) -> Broker:
    broker = Broker(node_id)
    own = authority.issue(f"broker-{node_id}")
    sources = TlsSources(key_store=own.key_pem() + own.chain_pem(), trust_store=authority.pem(), client_auth="required")
    broker.network.tls = SimpleNamespace(
        context=server_set(sources, NOW).context, client_context=client_set(sources, NOW, check_hostname=False).context
    )
    return broker


async def test_what_is_told_is_encrypted_and_arrives() -> None:
    """Both ways."""
    one, two = speaking_tls(1), speaking_tls(2)
    async with connected(one, two):
        await one.hearer.until(lambda hearer: ("connected", 2) in hearer.events)
        await two.hearer.until(lambda hearer: ("connected", 1) in hearer.events)
        one.network.published(Published(7, 0, 0, 9, 8))
        two.network.published(Published(3, 0, 0, 1, 2))
        await two.hearer.until(lambda hearer: (7, 8, 9) in hearer.facts)
        await one.hearer.until(lambda hearer: (3, 2, 1) in hearer.facts)


@pytest.mark.parametrize("other", ["plaintext", "another authority"])
async def test_who_does_not_belong_is_not_talked_to(other: str) -> None:
    """Without TLS, or of another authority, though it knows the secret; the others go on."""
    one, two = speaking_tls(1), speaking_tls(2)
    stranger = Broker(3) if other == "plaintext" else speaking_tls(3, Authority())
    async with connected(one, two), anyio.create_task_group() as tasks:
        await stranger.start(tasks)
        members = [broker.member for broker in (one, two, stranger) if broker.member is not None]
        tried = REGISTRY.get_sample_value("penstock_cluster_peers_refused_total", {"reason": "refused"}) or 0.0
        for broker in (one, two, stranger):
            broker.network.follow(members)
        with anyio.fail_after(10):
            while (REGISTRY.get_sample_value("penstock_cluster_peers_refused_total", {"reason": "refused"}) or 0.0) < tried + 4:
                await anyio.sleep(0.01)
        assert stranger.hearer.events == []
        assert ("connected", 3) not in one.hearer.events
        one.network.published(Published(7, 0, 0, 9, 8))
        await two.hearer.until(lambda hearer: (7, 8, 9) in hearer.facts)
        tasks.cancel_scope.cancel()


async def test_a_client_that_breaks_off_ends_only_its_own_connection() -> None:
    """At any moment of a handshake, with any bytes."""
    one, two = speaking_tls(1), speaking_tls(2)
    hello = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x").do_handshake()
    first = hello.read()
    async with connected(one, two):
        assert one.member is not None
        assert one.member.peer is not None
        for data in (b"", b"\x16", first[:40], first, first + b"\x15\x03\x03\x00\x02\x02\x28", b"GET / HTTP/1.1\r\n\r\n", bytes(3_000)):
            stream = await anyio.connect_tcp(*one.member.peer)
            if data:
                await stream.send(data)
            await anyio.aclose_forcefully(stream)
        await one.hearer.until(lambda hearer: ("connected", 2) in hearer.events)
        two.network.published(Published(1, 0, 0, 1, 1))
        await two.hearer.until(lambda hearer: ("connected", 1) in hearer.events)
        two.network.published(Published(5, 0, 0, 7, 6))
        await one.hearer.until(lambda hearer: (5, 6, 7) in hearer.facts)
