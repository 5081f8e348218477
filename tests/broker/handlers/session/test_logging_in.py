"""What is told of logins, and tokens without headers."""

import anyio
import pytest

from broker.handlers.session.logging_in import shown
from broker.wire.error_codes import ErrorCode
from observability.metrics import CONNECTIONS_CLOSED, LOGINS
from security.audit.event import EventKind
from tests.broker.handlers.session.conftest import MakeScene
from tests.security.sasl.scram_client import ScramClient


def ends(kind: str) -> float:
    return float(CONNECTIONS_CLOSED.labels(kind).value)


def logins(mechanism: str, outcome: str) -> float:
    return float(LOGINS.labels(mechanism, outcome).value)


async def test_raw_tokens_log_in(make_scene: MakeScene) -> None:
    """SaslHandshake v0, for clients of long ago: token for token, without headers; an empty answer is one."""
    scene = make_scene()
    await scene.handshake(version=0)
    assert await scene.raw(b"\0alice\0wonder") == b""
    assert (await scene.beat()).error_code == 0

    scene.connect()
    client = ScramClient("SCRAM-SHA-256", "bob", "builder")
    await scene.handshake("SCRAM-SHA-256", version=0)
    first = await scene.raw(client.first())
    assert first is not None
    last = await scene.raw(client.final(first))
    assert last is not None
    assert client.verified(last)
    await scene.beat()
    assert scene.beats == ["User:alice", "User:bob"]
    assert scene.budget.used == 0


async def test_a_raw_login_that_fails_is_only_closed(make_scene: MakeScene) -> None:
    """There is no form for saying so."""
    scene = make_scene()
    await scene.handshake(version=0)

    assert await scene.raw(b"\0alice\0wrong") is None
    assert scene.link.closed
    assert scene.budget.used == 0


async def test_a_request_is_no_raw_token(make_scene: MakeScene) -> None:
    """Somebody who mixes the two gets nowhere."""
    scene = make_scene()
    await scene.handshake(version=0)

    assert await scene.beat() is None
    assert scene.beats == []
    assert scene.link.closed


async def test_a_client_that_leaves_in_the_middle_costs_nothing(make_scene: MakeScene) -> None:
    """Of a raw login."""
    scene = make_scene()
    await scene.handshake(version=0)
    scene.connection.frame_received(memoryview(bytearray(b"\0alice\0wrong")))
    scene.connection.disconnected(None)
    await scene.settle()

    assert scene.budget.used == 0


async def test_nothing_else_is_read_before_logging_in(make_scene: MakeScene) -> None:
    """Closed from the header alone; the body may be whatever it likes."""
    scene = make_scene()
    scene.connection.frame_received(memoryview(bytearray(b"\0\x0c\0\0\0\0\0\1\xff\xff" + b"\xff" * 100)))

    assert scene.link.closed
    assert scene.link.frames == []
    assert scene.beats == []


async def test_versions_are_told_once(make_scene: MakeScene) -> None:
    """Twice is once too often; a version that is not known, or a name that is none, does not count."""
    scene = make_scene()
    assert (await scene.versions(4)).error_code == 0
    assert await scene.versions(4) is None
    assert scene.link.closed

    scene.connect()
    scene.connection.frame_received(memoryview(bytearray(b"\0\x12\0\x63\0\0\0\1\xff\xff\0")))
    assert int.from_bytes(scene.link.frames[-1][4:6], "big") == ErrorCode.UNSUPPORTED_VERSION
    assert (await scene.versions()).error_code == 0
    assert (await scene.log_in()).error_code == 0
    assert (await scene.versions()).error_code == 0


async def test_requests_are_small_until_the_login(make_scene: MakeScene) -> None:
    """And again while a client logs in once more: sasl.server.max.receive.size."""
    scene = make_scene(connections_max_reauth_ms=60_000, sasl_server_max_receive_size=2000)
    assert scene.link.frame_limit == 2000
    await scene.log_in()
    assert scene.link.frame_limit == 1 << 20
    await scene.handshake()
    assert scene.link.frame_limit == 2000
    await scene.token(b"\0alice\0wonder")
    assert scene.link.frame_limit == 1 << 20


async def test_whoever_does_not_log_in_is_let_go(make_scene: MakeScene) -> None:
    """Within authentication_timeout_ms, by the sweep; so is whoever does not log in again, idle or not."""
    scene = make_scene(connections_max_reauth_ms=30_000)
    before = ends("expired"), ends("unauthenticated")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(scene.listener.run)
        silent = scene.link
        scene.connect()
        await scene.log_in()
        await anyio.sleep(9)
        assert not silent.closed
        await anyio.sleep(5)
        assert silent.closed
        assert not scene.link.closed
        await anyio.sleep(20)
        assert scene.link.closed
        tasks.cancel_scope.cancel()
    assert (ends("expired"), ends("unauthenticated")) == (before[0] + 1, before[1] + 1)


async def test_sessions_end_with_what_they_rest_on(make_scene: MakeScene) -> None:
    """Only those, and at once."""
    scene = make_scene()
    revoked = ends("revoked")
    await scene.log_in()
    alice = scene.link
    scene.connect()
    await scene.log_in("bob", "builder")
    assert len(scene.sessions) == 2
    scene.sessions.revoke("PLAIN:alice")

    assert alice.closed
    assert not scene.link.closed
    assert (await scene.beat()).error_code == 0
    assert ends("revoked") == revoked + 1
    scene.connection.disconnected(None)
    assert len(scene.sessions) == 0


async def test_logins_are_counted_and_audited(make_scene: MakeScene) -> None:
    """With the user, the mechanism and the reason, and never with what was shown for it."""
    scene = make_scene(connections_max_reauth_ms=60_000)
    good, bad = logins("PLAIN", "success"), logins("PLAIN", "failure")
    await scene.log_in()
    await scene.log_in()
    scene.connect()
    await scene.log_in("alice\n", "s3cret")

    assert (logins("PLAIN", "success"), logins("PLAIN", "failure")) == (good + 2, bad + 1)
    assert [(event.kind, event.action, event.outcome, event.principal) for event in scene.audit.events] == [
        (EventKind.AUTHENTICATION, "login", "success", "User:alice"),
        (EventKind.AUTHENTICATION, "login again", "success", "User:alice"),
        (EventKind.AUTHENTICATION, "login", "failure", "User:ANONYMOUS"),
    ]
    assert scene.audit.events[0].details == {"mechanism": "PLAIN", "credential": "PLAIN:alice", "groups": []}
    assert scene.audit.events[2].details == {"mechanism": "PLAIN", "user": "alice?", "reason": "no such user, or not its password"}
    assert "s3cret" not in repr(scene.audit.events)


@pytest.mark.parametrize(("name", "seen"), [("alice", "alice"), ("a\nb\x1b[0m", "a?b?[0m"), ("x" * 200, "x" * 100 + "..."), ("\ud800", "?")])
def test_names_of_clients_are_fit_for_a_log(name: str, seen: str) -> None:
    """Whatever they made up."""
    assert shown(name) == seen
