"""OAUTHBEARER's messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.identity import Identity
from security.sasl.exchange import LoginRefused
from security.sasl.oauth_bearer import BearerExchange, TokenRefused

ALICE = Identity("User:alice", mechanism="OAUTHBEARER")


def read(token: str) -> Identity:
    if token != "good.to.ken":
        raise TokenRefused("bad token")
    return ALICE


@pytest.mark.parametrize(
    "message",
    [
        b"n,,\x01auth=Bearer good.to.ken\x01\x01",
        b"n,a=alice,\x01auth=Bearer good.to.ken\x01\x01",
        b"n,,\x01auth=bEARER   good.to.ken\x01\x01",
        b"n,,\x01host=x\x01auth=Bearer good.to.ken\x01port=9\x01groups=admin\x01\x01",
    ],
)
def test_a_good_token_shows_who_it_is(message: bytes) -> None:
    """What else the client says of itself changes nothing."""
    assert BearerExchange(read).take(message).identity == ALICE


def test_a_bad_token_is_told_in_the_form_of_rfc_7628() -> None:
    """And the login has failed once the client has heard it, whatever it says."""
    for reply in (b"\x01", b"", b"n,,\x01auth=Bearer good.to.ken\x01\x01"):
        exchange = BearerExchange(read)
        step = exchange.take(b"n,,\x01auth=Bearer bad.to.ken\x01\x01")

        assert step.identity is None
        assert json.loads(step.token) == {"status": "invalid_token"}
        with pytest.raises(LoginRefused, match="bad token"):
            exchange.take(reply)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x01",
        b"n,,\x01\x01",
        b"y,,\x01auth=Bearer good.to.ken\x01\x01",
        b"n,a=,\x01auth=Bearer good.to.ken\x01\x01",
        b"n,,\x01auth=Bearer good.to.ken\x01",
        b"n,,\x01auth=Bearer good.to.ken\x01\x01\x01",
        b"n,,\x01auth=Basic good.to.ken\x01\x01",
        b"n,,\x01auth=Bearer\x01\x01",
        b"n,,\x01auth=Bearer good.to.ken extra\x01\x01",
        b"n,,\x01auth=Bearer good.to.ken\x01auth=Bearer good.to.ken\x01\x01",
        b"n,,\x01auth=Bearer good.to.ken\x01\xff=1\x01\x01",
        b"n,a=bob,\x01auth=Bearer good.to.ken\x01\x01",
    ],
)
def test_everything_else_is_refused(message: bytes) -> None:
    """Among it a client that wants to be another than its token says."""
    with pytest.raises(LoginRefused):
        BearerExchange(read).take(message)


@given(st.binary(max_size=100))
def test_whatever_is_sent_is_refused_cleanly(message: bytes) -> None:
    """Nobody gets in by chance."""
    with pytest.raises(LoginRefused):
        BearerExchange(read).take(message)
