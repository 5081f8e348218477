"""SCRAM's exchange: the vector of the RFC, right and wrong proofs, and clients that do not play by the rules."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.identity import Identity
from security.sasl.exchange import LoginRefused
from security.sasl.scram import HASHES, Account, ScramExchange
from security.sasl.scram_stand_in import stand_in
from tests.security.sasl.scram_client import ScramClient, account_of

SHA256 = "SCRAM-SHA-256"
ALICE = {mechanism: account_of(mechanism, "alice", "wonder") for mechanism in HASHES}


def find(mechanism: str) -> Any:
    return lambda name, by_token: ALICE[mechanism] if (name, by_token) == ("alice", False) else stand_in(b"s", mechanism, name)


def exchange(mechanism: str = SHA256, nonce: str = "servernonce") -> ScramExchange:
    return ScramExchange(mechanism, find(mechanism), nonce)


def login(client: ScramClient, server: ScramExchange) -> Identity | None:
    """To its end, with the server's signature checked."""
    first = server.take(client.first())
    assert first.identity is None
    last = server.take(client.final(first.token))
    assert client.verified(last.token)
    return last.identity


@pytest.mark.parametrize("mechanism", HASHES)
def test_the_right_password_shows_who_it_is(mechanism: str) -> None:
    """And the server shows that it knows the user."""
    identity = login(ScramClient(mechanism, "alice", "wonder"), exchange(mechanism))

    assert identity == Identity("User:alice", mechanism=mechanism, credential=f"{mechanism}:alice")


def test_the_vector_of_rfc_7677() -> None:
    """Byte for byte."""
    from base64 import b64decode

    account = account_of(SHA256, "user", "pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))
    server = ScramExchange(SHA256, lambda name, by_token: account, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")

    first = server.take(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    last = server.take(
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )

    assert first.token == b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    assert last.token == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize(("user", "password"), [("alice", "wonders"), ("bob", "wonder")])
def test_a_wrong_password_and_an_unknown_user_fail_alike(user: str, password: str) -> None:
    """At the last message, with the same words."""
    client, server = ScramClient(SHA256, user, password), exchange()
    first = server.take(client.first())

    with pytest.raises(LoginRefused, match="no such user, or not its password") as refusal:
        server.take(client.final(first.token))
    assert refusal.value.user == user


def test_one_who_goes_on_after_a_refusal_gets_nowhere() -> None:
    """A client that does not stop at a bad proof, but sends another."""
    client, server = ScramClient(SHA256, "alice", "wrong"), exchange()
    first = server.take(client.first())
    with pytest.raises(LoginRefused):
        server.take(client.final(first.token))
    client.password = "wonder"

    with pytest.raises(LoginRefused, match="over"):
        server.take(client.final(first.token))


def test_a_recorded_login_is_of_no_use_later() -> None:
    """The server's part of the nonce is another, and the last message must repeat it (CVE-2024-56128)."""
    client, recorded = ScramClient(SHA256, "alice", "wonder"), exchange(nonce="one")
    last = client.final(recorded.take(client.first()).token)
    later = exchange(nonce="two")
    later.take(client.first())

    with pytest.raises(LoginRefused, match="nonce"):
        later.take(last)


@pytest.mark.parametrize("nonce", ["clientnonce", "servernonce", "clientnonceservernoncE", "clientnonceservernonce1"])
def test_the_whole_nonce_must_be_repeated(nonce: str) -> None:
    """A proof over another one is not looked at."""
    client, server = ScramClient(SHA256, "alice", "wonder"), exchange()
    client.nonce = nonce
    first = server.take(client.first())

    with pytest.raises(LoginRefused, match="nonce"):
        server.take(client.final(first.token))


def test_the_binding_must_repeat_how_the_first_message_began() -> None:
    """Somebody between who changes it is noticed, although the proof covers what the client saw."""
    client, server = ScramClient(SHA256, "alice", "wonder"), exchange()
    client.binding = b64encode(b"y,,").decode()
    first = server.take(client.first())

    with pytest.raises(LoginRefused, match="repeat"):
        server.take(client.final(first.token))


def test_nobody_acts_as_another() -> None:
    """CVE-2017-12610; to name oneself is allowed."""
    client = ScramClient(SHA256, "alice", "wonder")
    client.gs2 = "n,a=admin,"
    with pytest.raises(LoginRefused, match="another user"):
        exchange().take(client.first())

    client.gs2 = "n,a=alice,"
    assert login(client, exchange()) is not None


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n,,",
        b"p=tls-unique,,n=alice,r=x",
        b"n,,n=alice",
        b"n,,n=,r=x",
        b"n,,n=al=ice,r=x",
        b"n,,n=alice,r=",
        b"n,,n=alice,r=x y",
        b"n,,n=alice,r=x,m=needed",
        b"n,,m=needed,n=alice,r=x",
        b"n,,n=\xc3\xa4,r=x",
        b"n,,n=alice,r=x\n",
        b"\0" * 100,
    ],
)
def test_malformed_first_messages_are_refused(message: bytes) -> None:
    """Before anybody is looked up by them."""
    with pytest.raises(LoginRefused):
        exchange().take(message)


@pytest.mark.parametrize(
    "message",
    [b"", b"c=biws", b"c=biws,r=clientnonceservernonce", b"c=b,r=clientnonceservernonce,p=AAAA", b"c=biws,r=clientnonceservernonce,p=AAAA", b"\xff"],
)
def test_malformed_last_messages_are_refused(message: bytes) -> None:
    """Among them proofs of another length."""
    server = exchange()
    server.take(b"n,,n=alice,r=clientnonce")

    with pytest.raises(LoginRefused):
        server.take(message)


def test_a_token_is_looked_up_as_one() -> None:
    """The client says so in an extension; others are left aside."""
    asked: list[tuple[str, bool]] = []

    def find_noting(name: str, by_token: bool) -> Account:
        asked.append((name, by_token))
        return ALICE[SHA256]

    ScramExchange(SHA256, find_noting, "n").take(b"n,,n=id,r=x,tokenauth=true,other=1")
    ScramExchange(SHA256, find_noting, "n").take(b"n,,n=id,r=x,tokenauth=false")

    assert asked == [("id", True), ("id", False)]


def test_names_are_unescaped() -> None:
    """A comma and an equals sign may be in a name."""
    asked: list[str] = []

    def find_noting(name: str, by_token: bool) -> Account:
        asked.append(name)
        return ALICE[SHA256]

    ScramExchange(SHA256, find_noting, "n").take(b"n,,n=a=2Cb=3Dc=3D2C,r=x")

    assert asked == ["a,b=c=2C"]


def test_a_credential_that_goes_during_the_login_is_of_no_use() -> None:
    """Otherwise who has just been revoked would be in for good."""
    there = {"alice": ALICE[SHA256]}
    server = ScramExchange(SHA256, lambda name, by_token: there.get(name) or stand_in(b"s", SHA256, name), "n")
    client = ScramClient(SHA256, "alice", "wonder")
    first = server.take(client.first())
    there.clear()

    with pytest.raises(LoginRefused, match="meanwhile"):
        server.take(client.final(first.token))


def test_keys_are_not_shown() -> None:
    """Neither in a log line nor in a traceback."""
    account = ALICE[SHA256]

    assert repr(account.stored_key) not in repr(account)
    assert repr(account.server_key) not in repr(account)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_is_sent_is_refused_cleanly(first: bytes, second: bytes) -> None:
    """Nobody gets in by chance, and nothing but a refusal is raised."""
    server = exchange()
    try:
        assert server.take(first).identity is None
        assert server.take(second).identity is None
    except LoginRefused:
        pass
