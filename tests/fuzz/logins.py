"""Targets: the tokens of every mechanism, tokens of identity providers and their keys, and whole conversations before a login."""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from random import Random

from security.identity import Identity
from security.sasl.algorithms import ALGORITHMS
from security.sasl.exchange import Exchange, LoginRefused
from security.sasl.key_set import KeySetUnusable, read_key_set
from security.sasl.login import Login, State
from security.sasl.oauth_bearer import BearerExchange, TokenRefused
from security.sasl.plain import PlainExchange
from security.sasl.plain_users import PlainUsers
from security.sasl.scram import ScramExchange
from security.sasl.scram_stand_in import stand_in
from security.sasl.web_token import read_token
from tests.fuzz.target import Finding, Target
from tests.security.sasl.tokens import NOW_S, RULES, key_list, listed, token

_KEYS = read_key_set(key_list(listed("RS256", "k1"), listed("ES256", "k2")), RULES.algorithms)
_PASSWORD = hashlib.sha256(b"nobody guesses this").hexdigest()
_USERS = PlainUsers({"alice": _PASSWORD}, b"key")
_SCRAM = "SCRAM-SHA-256"


def _read(text: str) -> Identity:
    return read_token(text, _KEYS, RULES, NOW_S)


def _begins() -> dict[str, Exchange]:
    return {
        "PLAIN": PlainExchange(_USERS.check),
        _SCRAM: ScramExchange(_SCRAM, lambda name, by_token: stand_in(b"s", _SCRAM, name), "n"),
        "OAUTHBEARER": BearerExchange(_read),
    }


def run_conversation(data: bytes) -> None:
    """A byte says what the client does, one how long what it sends is, and that follows. Nobody ever gets in."""
    login = Login(
        {name: lambda name=name: _begins()[name] for name in _begins()},  # type: ignore[misc]
        max_session_ms=lambda mechanism: 0,
        monotonic_s=lambda: 0.0,
        now_ms=lambda: NOW_S * 1000,
        patience_s=10,
    )
    position = 0
    while position + 1 < len(data):
        step, size = data[position], data[position + 1]
        sent = data[position + 2 : position + 2 + size * 4]
        position += 2 + size * 4
        if step % 8 == 0:
            login.versions_told()
        elif step % 8 < 4:
            names = [*_begins(), sent.decode(errors="replace")]
            login.choose(names[step // 8 % len(names)], raw=step % 8 == 3)
        else:
            try:
                login.take(sent)
            except LoginRefused as refusal:
                str(refusal).encode()
                if login.state is not State.FAILED:
                    raise Finding("a login that was refused goes on") from None
        if login.identity is not None or login.state is State.DONE:
            raise Finding(f"somebody got in as {login.identity}")


def run_token(data: bytes) -> None:
    """A token, as it is or, after a first byte, with its header and content encoded here."""
    if not data:
        return
    text = data[1:].decode("latin-1")
    if data[0] & 1:
        text = ".".join(urlsafe_b64encode(part.encode("latin-1")).rstrip(b"=").decode() for part in text.split("\0"))
    try:
        identity = _read(text)
    except TokenRefused as refusal:
        str(refusal).encode()
        return
    if identity.principal != "User:alice":
        raise Finding(f"a token that nobody signed shows {identity}")


def run_keys(data: bytes) -> None:
    """What an identity provider might say."""
    try:
        keys = read_key_set(data, ALGORITHMS)
    except KeySetUnusable as problem:
        str(problem).encode()
        return
    for name in ("HS256", "none", ""):
        if keys.find(None, name) is not None or keys.find("k1", name) is not None:
            raise Finding(f"a key for {name!r}")


def seed_conversation(rng: Random) -> bytes:
    """A plausible login."""
    tokens = {
        0: [b"\0alice\0" + _PASSWORD.encode()[:-1]],
        1: [b"n,,n=alice,r=nonce", b"c=biws,r=noncen,p=" + b64encode(rng.randbytes(32))],
        2: [b"n,,\x01auth=Bearer a.b.c\x01\x01", b"\x01"],
    }
    mechanism = rng.randrange(3)
    out = b"\0\0" if rng.random() < 0.5 else b""
    out += bytes([1 + 8 * mechanism, 0])
    for sent in tokens[mechanism]:
        padded = -len(sent) % 4
        out += bytes([4, (len(sent) + padded) // 4]) + sent + b" " * padded
    return out


def seed_token(rng: Random) -> bytes:
    """A good one (of an algorithm without chance), or one that says it is of another algorithm."""
    if rng.random() < 0.5:
        return b"\0" + token("RS256", "k1").encode()
    header = {"alg": rng.choice((*ALGORITHMS, "none", "HS256")), "kid": rng.choice(("k1", "k2", "k3")), "typ": "JWT"}
    content = {"iss": RULES.issuer, "aud": RULES.audiences[0], "sub": "root", "iat": NOW_S, "exp": NOW_S + 60}
    return b"\1" + json.dumps(header).encode() + b"\0" + json.dumps(content).encode() + b"\0" + rng.randbytes(32)


def seed_keys(rng: Random) -> bytes:
    """Some keys."""
    return key_list(*(listed(rng.choice(ALGORITHMS), f"k{number}") for number in range(rng.randrange(4))))


_MODULES = ("security.sasl",)
TARGETS = (
    Target("logins", run_conversation, seed_conversation, _MODULES, allowance=1 << 20),
    Target("web_tokens", run_token, seed_token, _MODULES, allowance=1 << 20),
    Target("key_sets", run_keys, seed_keys, _MODULES, allowance=1 << 20),
)
