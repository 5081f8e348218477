"""PLAIN's one message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.identity import Identity
from security.sasl.exchange import LoginRefused
from security.sasl.plain import PlainExchange
from security.sasl.plain_users import PlainUsers

USERS = PlainUsers({"alice": "wonder", "bob": "pass:word\u00e4"}, b"key")


def take(message: bytes) -> Identity | None:
    return PlainExchange(USERS.check).take(message).identity


@pytest.mark.parametrize(
    ("message", "user"),
    [
        (b"\0alice\0wonder", "alice"),
        (b"alice\0alice\0wonder", "alice"),
        ("\0bob\0pass:word\u00e4".encode(), "bob"),
    ],
)
def test_the_right_password_shows_who_it_is(message: bytes, user: str) -> None:
    """To name oneself as whom one acts is allowed."""
    assert take(message) == Identity(f"User:{user}", mechanism="PLAIN", credential=f"PLAIN:{user}")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"", "parts"),
        (b"alice\0wonder", "parts"),
        (b"\0alice\0wonder\0", "parts"),
        (b"\0alice\0wonder\0more", "parts"),
        (b"\0\0wonder", "no user"),
        (b"\0alice\0", "no password"),
        (b"\0alice\0wonders", "not its password"),
        (b"\0alice\0wonde", "not its password"),
        (b"\0Alice\0wonder", "no such user"),
        (b"\0eve\0wonder", "no such user"),
        (b"bob\0alice\0wonder", "another user"),
        (b"\0alice\0\xff", "UTF-8"),
    ],
)
def test_everything_else_is_refused(message: bytes, why: str) -> None:
    """The reason is for the audit; the client is not told."""
    with pytest.raises(LoginRefused, match=why):
        take(message)


def test_the_password_is_checked_before_whom_the_client_acts_as() -> None:
    """Otherwise the answer would tell which users there are."""
    with pytest.raises(LoginRefused, match="password"):
        take(b"bob\0alice\0wrong")


@given(st.binary(max_size=100))
def test_whatever_is_sent_is_refused_cleanly(message: bytes) -> None:
    """Nobody gets in by chance."""
    with pytest.raises(LoginRefused):
        take(message)
