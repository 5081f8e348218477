"""Tokens and what becomes of them."""

import anyio
import pytest

from broker.handlers.session.sasl_authenticate import handle
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest
from security.identity import Identity
from tests.broker.handlers.session.conftest import MakeScene
from tests.broker.handlers.session.login_scene import DELAY_S, Scene
from tests.broker.handlers.session.test_api_versions import context
from tests.security.sasl.scram_client import ScramClient

GENERIC = "Authentication failed during authentication due to invalid credentials with SASL mechanism"


async def scram(scene: Scene, user: str, password: str) -> object:
    client = ScramClient("SCRAM-SHA-256", user, password)
    await scene.handshake("SCRAM-SHA-256")
    first = await scene.token(client.first())
    assert first.error_code == 0
    assert first.session_lifetime_ms == 0
    last = await scene.token(client.final(first.auth_bytes))
    assert last.error_code or client.verified(last.auth_bytes)
    return last


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_every_version_logs_in(make_scene: MakeScene, version: int) -> None:
    """From then on requests are those of the user; only from version 1 on it is told for how long."""
    scene = make_scene(connections_max_reauth_ms=60_000)
    await scene.versions()
    await scene.handshake()
    answer = await scene.token(b"\0alice\0wonder", version)

    assert (answer.error_code, answer.error_message, answer.auth_bytes) == (0, None, b"")
    assert answer.session_lifetime_ms == (60_000 if version else 0)
    assert (await scene.beat()).error_code == 0
    assert scene.beats == ["User:alice"]
    assert scene.info.identity == Identity("User:alice", mechanism="PLAIN", credential="PLAIN:alice")


async def test_scram_logs_in(make_scene: MakeScene) -> None:
    """Four messages; the server proves itself with the last."""
    scene = make_scene()
    await scram(scene, "alice", "wonder")
    await scene.beat()

    assert scene.beats == ["User:alice"]


@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("eve", "wonder")])
async def test_what_was_wrong_is_not_told(make_scene: MakeScene, user: str, password: str) -> None:
    """Whether there is such a user shows neither in the text, nor in the number of messages, nor in when it comes."""
    scene = make_scene()
    for mechanism in ("PLAIN", "SCRAM-SHA-256"):
        scene.connect()
        began = anyio.current_time()
        answer = await scene.log_in(user, password) if mechanism == "PLAIN" else await scram(scene, user, password)

        assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
        assert answer.error_message == f"{GENERIC} {mechanism}"
        assert answer.auth_bytes == b""
        assert scene.link.closed
        assert anyio.current_time() - began == pytest.approx(DELAY_S * (3 if mechanism == "PLAIN" else 4.5))
    assert scene.info.principal == "User:ANONYMOUS"


async def test_a_failed_login_is_answered_later(make_scene: MakeScene) -> None:
    """connection.failed.authentication.delay.ms, so that guessing takes its time; whoever goes on meanwhile is not heard."""
    scene = make_scene()
    await scene.handshake()
    count = len(scene.link.frames)
    scene.send(ApiKey.SASL_AUTHENTICATE, 2, SaslAuthenticateRequest(auth_bytes=b"\0alice\0wrong"))
    scene.send(ApiKey.SASL_AUTHENTICATE, 2, SaslAuthenticateRequest(auth_bytes=b"\0alice\0wonder"))
    await anyio.sleep(DELAY_S * 0.9)
    assert len(scene.link.frames) == count
    await anyio.sleep(DELAY_S * 0.2)

    assert len(scene.link.frames) == count + 1
    assert scene.link.closed
    assert scene.info.principal == "User:ANONYMOUS"


async def test_a_client_that_leaves_during_that_costs_nothing(make_scene: MakeScene) -> None:
    """What it held is given back."""
    scene = make_scene()
    await scene.handshake()
    scene.send(ApiKey.SASL_AUTHENTICATE, 2, SaslAuthenticateRequest(auth_bytes=b"\0alice\0wrong"))
    scene.connection.disconnected(None)
    await scene.settle()

    assert scene.budget.used == 0


async def test_without_a_mechanism_there_are_no_tokens(make_scene: MakeScene) -> None:
    """Closed from the header, before the token is read."""
    scene = make_scene()

    assert await scene.token(b"\0alice\0wonder") is None
    assert scene.link.closed


@pytest.mark.parametrize("version", [0, 3])
async def test_asking_for_versions_between_ends_the_login(make_scene: MakeScene, version: int) -> None:
    """With the error that says so."""
    scene = make_scene()
    await scene.handshake()
    answer = await scene.versions(version)

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
    assert scene.link.closed


def test_where_nobody_logs_in_it_is_out_of_place() -> None:
    """The connection goes on."""
    answer = handle(SaslAuthenticateRequest(auth_bytes=b"\0alice\0wonder"), context(2))

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE


async def test_after_the_login_it_is_out_of_place(make_scene: MakeScene) -> None:
    """As with Apache Kafka the client goes on as who it is."""
    scene = make_scene()
    await scene.log_in()
    answer = await scene.token(b"\0bob\0builder")

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
    assert answer.error_message == "SaslAuthenticate request received after successful authentication"
    await scene.beat()
    assert scene.beats == ["User:alice"]


async def test_a_bad_bearer_token_is_told_in_json_first(make_scene: MakeScene) -> None:
    """RFC 7628: the client has to say that it heard it; then the login fails as any other."""
    scene = make_scene()
    await scene.handshake("OAUTHBEARER")
    first = await scene.token(b"n,,\x01auth=Bearer x.y.z\x01\x01")
    assert (first.error_code, first.auth_bytes) == (0, b'{"status":"invalid_token"}')
    assert await scene.token(b"\x01") is not None

    assert scene.link.closed
    assert scene.info.principal == "User:ANONYMOUS"


async def test_a_session_ends_with_its_token(make_scene: MakeScene) -> None:
    """Told with the login, and enforced: requests after that are not read."""
    scene = make_scene()
    expires_ms = int(anyio.current_time() * 1000) + 5150
    scene.tokens["a.b.c"] = Identity("User:alice", mechanism="OAUTHBEARER", credential="OAUTHBEARER:k", expires_ms=expires_ms)
    await scene.handshake("OAUTHBEARER")
    answer = await scene.token(b"n,,\x01auth=Bearer a.b.c\x01\x01")

    assert answer.session_lifetime_ms == 5000
    await anyio.sleep(4.5)
    assert await scene.beat() is not None
    await anyio.sleep(0.5)
    assert await scene.beat() is None
    assert scene.link.closed
    assert len(scene.beats) == 1


async def test_nobody_becomes_another_by_logging_in_again(make_scene: MakeScene) -> None:
    """The client is told why, and closed."""
    scene = make_scene(connections_max_reauth_ms=60_000)
    await scene.log_in()
    answer = await scene.log_in("bob", "builder")

    assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert answer.error_message == "Cannot change principals during re-authentication from User:alice to User:bob"
    assert scene.link.closed
    assert scene.info.principal == "User:alice"


async def test_nor_changes_the_mechanism(make_scene: MakeScene) -> None:
    """The choice is taken, and the first token refused, as with Apache Kafka."""
    scene = make_scene(connections_max_reauth_ms=60_000)
    await scene.log_in()
    assert (await scene.handshake("SCRAM-SHA-256")).error_code == 0
    answer = await scene.token(ScramClient("SCRAM-SHA-256", "alice", "wonder").first())

    assert answer.error_code == ErrorCode.SASL_AUTHENTICATION_FAILED
    assert answer.error_message == (
        "SASL mechanism 'SCRAM-SHA-256' requested by client is not supported for re-authentication of mechanism 'PLAIN'"
    )
    assert scene.link.closed


async def test_logging_in_again_with_a_wrong_password_ends_the_connection(make_scene: MakeScene) -> None:
    """Although the session before would have gone on."""
    scene = make_scene(connections_max_reauth_ms=60_000)
    await scene.log_in()
    answer = await scene.log_in("alice", "changed")

    assert "re-authentication" in answer.error_message
    assert scene.link.closed
