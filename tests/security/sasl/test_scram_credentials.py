"""What is kept of a password."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.sasl.scram_credentials import (
    MECHANISMS,
    ScramCredential,
    ScramMechanism,
    UnacceptableCredential,
    UnreadableCredential,
    credential_name,
    from_password,
    from_salted_password,
    name_problem,
    parse_credential_name,
    read,
    write,
)

SHA256 = ScramMechanism.SCRAM_SHA_256
ONE = ScramCredential(b"salt", b"stored", b"server", 4096)


def test_the_keys_are_those_of_the_standard() -> None:
    """RFC 7677's example: the server's signature over its messages comes out by the server key."""
    import hashlib
    import hmac

    credential = from_password(SHA256, "pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    said = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}".encode()
    proof = b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    client_key = bytes(a ^ b for a, b in zip(proof, hmac.digest(credential.stored_key, said, "sha256"), strict=True))

    assert hashlib.sha256(client_key).digest() == credential.stored_key
    assert hmac.digest(credential.server_key, said, "sha256") == b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_salted_password_does_as_well(mechanism: ScramMechanism) -> None:
    """Clients make it, so that the password never leaves them."""
    import hashlib

    salted = hashlib.pbkdf2_hmac(mechanism.hash_name, b"secret", b"salt", 5000)

    assert from_salted_password(mechanism, salted, b"salt", 5000) == from_password(mechanism, "secret", b"salt", 5000)


@pytest.mark.parametrize(
    ("salted", "salt", "iterations", "why"),
    [
        (b"x" * 32, b"s", 4095, "Too few iterations"),
        (b"x" * 32, b"s", 16385, "Too many iterations"),
        (b"x" * 32, b"s", -1, "Too few iterations"),
        (b"x" * 32, b"", 4096, "Empty salt"),
        (b"x" * 32, b"s" * 1025, 4096, "too long"),
        (b"x" * 31, b"s", 4096, "as long as"),
        (b"", b"s", 4096, "as long as"),
    ],
)
def test_what_must_not_be_kept_is_refused(salted: bytes, salt: bytes, iterations: int, why: str) -> None:
    """Weak or odd ones."""
    with pytest.raises(UnacceptableCredential, match=why):
        from_salted_password(SHA256, salted, salt, iterations)


@pytest.mark.parametrize(("user", "is_fine"), [("ann", True), ("ä:,=", True), ("", False), ("x" * 513, False), ("a\0b", False)])
def test_names_of_users_have_a_form(user: str, is_fine: bool) -> None:
    """Bounded, not empty."""
    assert (name_problem(user) is None) == is_fine


@given(st.sampled_from(MECHANISMS), st.text(min_size=1))
def test_a_credential_has_a_name(mechanism: ScramMechanism, user: str) -> None:
    """From which mechanism and user can be told, colons or not."""
    assert parse_credential_name(credential_name(mechanism, user)) == (mechanism, user)


@pytest.mark.parametrize("name", ["", "ann", "PLAIN:ann", "SCRAM-SHA-256:", "UNKNOWN:x"])
def test_other_names_are_not_understood(name: str) -> None:
    """Whoever stored them."""
    with pytest.raises(UnreadableCredential):
        parse_credential_name(name)


@given(st.builds(ScramCredential, st.binary(), st.binary(), st.binary(), st.integers(4096, 16384)))
def test_a_credential_comes_back(credential: ScramCredential) -> None:
    """As it was."""
    assert read(write(credential)) == credential


def test_the_form_does_not_change_and_shows_nothing() -> None:
    """What earlier versions stored is read; a repr has no key in it."""
    assert write(ONE) == '{"v":1,"salt":"c2FsdA==","stored_key":"c3RvcmVk","server_key":"c2VydmVy","iterations":4096}'
    assert repr(ONE) == "ScramCredential(iterations=4096)"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"v":2}', '{"v":"x"}', write(ONE).replace("c2FsdA==", "?"), write(ONE).replace("4096", "null")])
def test_what_is_not_understood_is_told(text: str) -> None:
    """Without showing any of it."""
    with pytest.raises(UnreadableCredential) as caught:
        read(text)

    assert "c3RvcmVk" not in str(caught.value)
