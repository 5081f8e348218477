"""Every message of every version, through the codecs and back."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.wire import registry
from broker.wire.errors import DecodeError, EncodeError
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.schema import ApiFacts, MessageFacts
from broker.wire.writer import Writer
from tests.broker.wire.random_messages import APIS, decode, encode, every_message, random_message

MESSAGES = [(api, message) for api in APIS for message in api.messages]
IDS = [message.root.class_name for _, message in MESSAGES]


@pytest.mark.parametrize(("api", "message"), MESSAGES, ids=IDS)
@given(seed=st.integers(0, 1 << 64))
@settings(max_examples=5)
def test_what_was_encoded_decodes_to_the_same_message(api: ApiFacts, message: MessageFacts, seed: int) -> None:
    """Decoding gives back every field that the version carries, and defaults for the rest."""
    random = Random(seed)
    for version in message.versions:
        value = random_message(random, api, message, version)
        same = decode(api, message, version, encode(api, message, version, value)) == value
        assert same, f"version {version}"


def test_every_version_round_trips_with_all_defaults() -> None:
    """A message of nothing but defaults is valid in every version, and reads back as one."""
    for api, message, version in every_message():
        module = __import__(f"broker.wire.messages.{api.module}", fromlist=["*"])
        value = getattr(module, message.root.class_name)()

        assert decode(api, message, version, encode(api, message, version, value)) == value


def test_an_api_is_loaded_when_it_is_first_asked_for() -> None:
    """One codec object serves an API key for good, and an unknown key has none."""
    assert registry.codec(12) is registry.codec(12)
    assert registry.codec(12).versions == range(5)
    with pytest.raises(KeyError):
        registry.codec(4711)


def test_versions_that_do_not_exist_are_refused() -> None:
    """Decoding says that the peer is wrong, encoding that we are, and looking a function up that there is none."""
    with pytest.raises(DecodeError, match="Heartbeat has no version 99"):
        registry.codec(12).decode_request(99, b"")
    with pytest.raises(EncodeError, match="Heartbeat has no version -1"):
        registry.codec(12).encode_response(-1, HeartbeatResponse(), Writer())
    with pytest.raises(KeyError):
        registry.request_decoder(12, 99)


def test_functions_can_be_looked_up_once_and_kept() -> None:
    """The four look-ups give the functions of one version, in both directions."""
    writer = Writer()
    request = HeartbeatRequest(group_id="g", generation_id=3, member_id="m")
    registry.request_encoder(12, 4)(request, writer)
    assert registry.request_decoder(12, 4)(memoryview(writer.buffer), 0) == request

    writer = Writer()
    response = HeartbeatResponse(throttle_time_ms=1, error_code=27)
    registry.response_encoder(12, 4)(response, writer)
    assert registry.response_decoder(12, 4)(memoryview(writer.buffer), 0) == response
