"""Delegation tokens: their times, their passwords, their stored form."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace

import pytest

from security.sasl.delegation_token import DelegationToken, hmac_of, key_of, later, look_up_key, made, read, write
from security.sasl.scram_credentials import MECHANISMS, UnreadableCredential, from_password

NOW = 1_000_000


def token(lifetime_ms: int = -1, **fields: object) -> DelegationToken:
    return made(
        "id", b"secret", owner="User:ann", requester="User:root", renewers=("User:bob",), now_ms=NOW, lifetime_ms=lifetime_ms,
        **{"longest_ms": 7_000, "usual_ms": 1_000, **fields},  # type: ignore[arg-type]
    )


def test_its_hmac_is_the_password() -> None:
    """As Kafka makes it: HMAC-SHA-512 of the id, in BASE64."""
    shown = hmac_of(b"secret", "id")
    assert shown == hmac.new(b"secret", b"id", hashlib.sha512).digest()
    made_token = token()
    for mechanism in MECHANISMS:
        kept = made_token.credentials[mechanism]

        assert kept.iterations == 4096
        assert kept == from_password(mechanism, b64encode(shown).decode(), kept.salt, 4096)
    assert len({kept.salt for kept in made_token.credentials.values()}) == 2


@pytest.mark.parametrize(
    ("asked", "ends", "expires"), [(-1, 7_000, 1_000), (0, 7_000, 1_000), (3_000, 3_000, 1_000), (500, 500, 500), (9_000, 7_000, 1_000)]
)
def test_it_ends_when_was_asked_for_and_no_later_than_allowed(asked: int, ends: int, expires: int) -> None:
    """And must be renewed before."""
    made_token = token(asked)

    assert (made_token.issued_ms, made_token.max_ms, made_token.expires_ms) == (NOW, NOW + ends, NOW + expires)


def test_times_stay_within_the_protocol() -> None:
    """However long a period is asked for."""
    assert later(NOW, 2**63 - 1) == 2**63 - 1
    assert token(longest_ms=2**63 - 1, usual_ms=2**63 - 1).max_ms == 2**63 - 1


@pytest.mark.parametrize(("period", "expires"), [(-1, 1_100), (0, 1_100), (10, 110), (5_000, 1_100)])
def test_a_renewal_counts_from_now(period: int, expires: int) -> None:
    """It is no longer than usual, and never goes beyond the end."""
    assert token().renewed(NOW + 100, period, 1_000).expires_ms == NOW + expires
    assert token().renewed(NOW + 6_990, period, 1_000).expires_ms == NOW + 7_000


def test_its_end_can_be_set() -> None:
    """To be later or earlier, never beyond what it was made for."""
    assert token().expiring(NOW, 5).expires_ms == NOW + 5
    assert token().expiring(NOW, 2**63 - 1).expires_ms == NOW + 7_000


def test_it_holds_until_it_ends() -> None:
    """The last moment counts."""
    made_token = token()

    assert made_token.holds(NOW + 1_000)
    assert not made_token.holds(NOW + 1_001)
    assert not replace(made_token, expires_ms=NOW + 9_000).holds(NOW + 7_001)


def test_whose_business_it_is() -> None:
    """The owner's and the renewers'; who made it may know of it."""
    made_token = token()

    assert [made_token.may_be_renewed_by(f"User:{name}") for name in ("ann", "bob", "root", "carl")] == [True, True, False, False]
    assert [made_token.concerns(f"User:{name}") for name in ("ann", "bob", "root", "carl")] == [True, True, True, False]
    assert made_token.credential == "TOKEN:id"


def test_it_comes_back_from_what_is_stored() -> None:
    """Without its password or the secret in it."""
    made_token = token()
    text = write(made_token)

    assert read("id", text) == made_token
    assert b64encode(hmac_of(b"secret", "id")).decode() not in text
    assert key_of(b"secret") != key_of(b"other")
    assert look_up_key(b"x") == hashlib.sha256(b"x").digest()
    assert "stored_key" not in repr(made_token)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v":2}', write(token()).replace('"User:bob"', "7", 1).replace('"scram":{', '"scram":{"9":"{}",')])
def test_what_is_not_understood_is_told(text: str) -> None:
    """Without showing any of it."""
    with pytest.raises(UnreadableCredential):
        read("id", text)
