"""The choice of a mechanism."""

import pytest

from broker.handlers.session.sasl_handshake import handle
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest
from security.identity import Identity
from tests.broker.handlers.session.conftest import MakeScene
from tests.broker.handlers.session.test_api_versions import context


async def test_a_mechanism_that_is_offered_is_accepted(make_scene: MakeScene) -> None:
    """And those that are offered are listed, in the order of the setting."""
    answer = await make_scene().handshake("SCRAM-SHA-256")

    assert answer.error_code == ErrorCode.NONE
    assert answer.mechanisms == ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"]


@pytest.mark.parametrize("mechanism", ["GSSAPI", "plain", "", "SCRAM-SHA-512", "x" * 1000])
async def test_another_is_told_which_there_are(make_scene: MakeScene, mechanism: str) -> None:
    """Then the connection is closed."""
    scene = make_scene()
    answer = await scene.handshake(mechanism)

    assert answer.error_code == ErrorCode.UNSUPPORTED_SASL_MECHANISM
    assert answer.mechanisms == ["PLAIN", "SCRAM-SHA-256", "OAUTHBEARER"]
    assert scene.link.closed


async def test_each_listener_has_its_own(make_scene: MakeScene) -> None:
    """By Kafka's name for it."""
    scene = make_scene(listener_overrides={"listener.name.sasl_plaintext.sasl.enabled.mechanisms": "PLAIN"})

    assert (await scene.handshake()).mechanisms == ["PLAIN"]
    scene.connect()
    assert (await scene.handshake("SCRAM-SHA-256")).error_code == ErrorCode.UNSUPPORTED_SASL_MECHANISM


def test_where_nobody_logs_in_it_is_out_of_place() -> None:
    """The connection goes on."""
    answer = handle(SaslHandshakeRequest(mechanism="PLAIN"), context(1))

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE


async def test_a_second_choice_during_a_login_ends_it(make_scene: MakeScene) -> None:
    """With the error that says so."""
    scene = make_scene()
    await scene.handshake()
    answer = await scene.handshake()

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
    assert scene.link.closed


async def test_a_client_that_is_in_for_good_cannot_begin_anew(make_scene: MakeScene) -> None:
    """It is told so and goes on, as with Apache Kafka."""
    scene = make_scene()
    await scene.log_in()
    answer = await scene.handshake()

    assert answer.error_code == ErrorCode.ILLEGAL_SASL_STATE
    assert (await scene.beat()).error_code == 0
    assert not scene.link.closed


async def test_logging_in_again_keeps_the_session(make_scene: MakeScene) -> None:
    """KIP-368: nothing else is answered between, and the session begins anew."""
    scene = make_scene(connections_max_reauth_ms=5000)
    assert (await scene.log_in()).session_lifetime_ms == 5000
    await scene.settle()
    assert (await scene.log_in()).session_lifetime_ms == 5000
    assert (await scene.beat()).error_code == 0
    assert scene.beats == ["User:alice"]


async def test_a_mechanism_may_have_its_own_length_of_sessions(make_scene: MakeScene) -> None:
    """listener.name.<listener>.<mechanism>.connections.max.reauth.ms, as in Kafka."""
    scene = make_scene(listener_overrides={"listener.name.sasl_plaintext.oauthbearer.connections.max.reauth.ms": "3000"})
    scene.tokens["a.b.c"] = Identity("User:alice", mechanism="OAUTHBEARER", credential="OAUTHBEARER:k")
    assert (await scene.log_in()).session_lifetime_ms == 0
    scene.connect()
    await scene.handshake("OAUTHBEARER")

    assert (await scene.token(b"n,,\x01auth=Bearer a.b.c\x01\x01")).session_lifetime_ms == 3000
