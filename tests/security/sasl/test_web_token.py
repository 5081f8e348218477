"""Which tokens show somebody, and which do not."""

import base64
import hashlib
import hmac
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from security.identity import Identity
from security.sasl.key_set import KeySet, read_key_set
from security.sasl.oauth_bearer import TokenRefused
from security.sasl.web_token import KeyUnknown, TokenRules, credential_of, read_token
from tests.security.sasl.tokens import AUDIENCE, ISSUER, NOW_S, RULES, key_list, listed, private_key, token

KEYS = read_key_set(key_list(listed("RS256", "k1"), listed("ES256", "k2"), listed("EdDSA", "k3")), RULES.algorithms)


def part(content: Any) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(header: Any, content: Any, signature: bytes = b"x") -> str:
    return f"{part(header)}.{part(content)}.{part(signature)}"


CONTENT = {"iss": ISSUER, "aud": AUDIENCE, "sub": "admin", "iat": NOW_S, "exp": NOW_S + 300}


@pytest.mark.parametrize(("algorithm", "key_id"), [("RS256", "k1"), ("ES256", "k2"), ("EdDSA", "k3")])
def test_a_token_shows_its_subject(algorithm: str, key_id: str) -> None:
    """With the groups that it lists, until it ends."""
    identity = read_token(token(algorithm, key_id, groups=["dev", "ops", "dev"]), KEYS, RULES, NOW_S)

    assert identity == Identity(
        "User:alice",
        groups=("Group:dev", "Group:ops"),
        mechanism="OAUTHBEARER",
        credential=credential_of(ISSUER, key_id),
        expires_ms=(NOW_S + 300) * 1000,
    )


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": ISSUER + "/"}, "another issuer"),
        ({"iss": None}, "has no iss"),
        ({"aud": "somebody"}, "another audience"),
        ({"aud": ["a", "b"]}, "another audience"),
        ({"aud": None}, "has no aud"),
        ({"exp": None}, "has no exp"),
        ({"iat": None}, "has no iat"),
        ({"exp": NOW_S - 30}, "expired"),
        ({"exp": "soon"}, "not a time"),
        ({"exp": True}, "not a time"),
        ({"exp": math.nan}, "not a time"),
        ({"exp": -(10**400)}, "expired"),
        ({"exp": -math.inf}, "expired"),
        ({"iat": NOW_S + 31}, "in the future"),
        ({"nbf": NOW_S + 31}, "not valid yet"),
        ({"nbf": []}, "not a time"),
        ({"sub": None}, "names nobody"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "  "}, "names nobody"),
        ({"sub": "a\nb"}, "names nobody"),
        ({"sub": "\ud800"}, "names nobody"),
        ({"sub": "a" * 1025}, "names nobody"),
        ({"sub": 7}, "malformed"),
        ({"groups": 7}, "groups is not"),
        ({"groups": ["a", 7]}, "groups is not"),
        ({"groups": [""]}, "groups is not"),
    ],
)
def test_claims_that_are_not_as_they_must_be(claims: dict[str, Any], why: str) -> None:
    """Each is refused for its own reason, although the signature is right."""
    with pytest.raises(TokenRefused, match=why):
        read_token(token(**claims), KEYS, RULES, NOW_S)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW_S - 29},
        {"iat": NOW_S + 29},
        {"nbf": NOW_S + 29},
        {"aud": ["x", "other"]},
        {"exp": 10**400},
        {"exp": math.inf},
        {"exp": NOW_S + 0.5},
        {"groups": "dev"},
    ],
)
def test_claims_that_are_just_right(claims: dict[str, Any]) -> None:
    """Within the allowed skew of clocks; one audience of several is enough."""
    identity = read_token(token(**claims), KEYS, RULES, NOW_S)

    assert identity.principal == "User:alice"
    assert identity.expires_ms is not None
    assert identity.expires_ms < 2**53


def test_a_token_without_signature_shows_nobody() -> None:
    """Whatever its header says of it, in whatever spelling."""
    for algorithm in ("none", "None", "NONE", "", None, 5, ["RS256"], "HS256"):
        for signature in (b"", b"x"):
            with pytest.raises(TokenRefused, match="algorithm"):
                read_token(forged({"alg": algorithm, "kid": "k1"}, CONTENT, signature), KEYS, RULES, NOW_S)


def test_a_public_key_is_no_shared_secret() -> None:
    """The classic confusion: HS256 with the public key, which everybody knows, as its secret. Not even where HS256 was wanted."""
    public = private_key("RS256").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(CONTENT)}"
    confused = f"{start}.{part(hmac.digest(public, start.encode(), hashlib.sha256))}"

    with pytest.raises(TokenRefused):
        read_token(confused, KEYS, RULES, NOW_S)
    with pytest.raises(TokenRefused):
        read_token(confused, KEYS, replace(RULES, algorithms=("RS256", "HS256")), NOW_S)


def test_a_key_is_used_with_its_own_algorithm_only() -> None:
    """A token may not name another key's id for its algorithm."""
    with pytest.raises(TokenRefused, match="not one for its algorithm"):
        read_token(token("ES256", "k1"), KEYS, RULES, NOW_S)


def test_a_key_in_the_token_is_not_believed() -> None:
    """Nor is an address where one could be read."""
    own = listed("RS256", "mine", number=7)
    for header in ({"jwk": own}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/x"}, {"x5c": ["AAAA"]}):
        with pytest.raises(TokenRefused, match="signature is wrong"):
            read_token(token(number=7, headers=header), KEYS, RULES, NOW_S)


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"zip": "DEF"}, {"b64": False}])
def test_what_a_header_needs_and_is_not_known(header: dict[str, Any]) -> None:
    """Must not be passed over; nothing is decompressed."""
    with pytest.raises(TokenRefused):
        read_token(forged({"alg": "RS256", "kid": "k1"} | header, CONTENT), KEYS, RULES, NOW_S)


def test_an_unknown_key_is_told_apart() -> None:
    """It may be new: the keys are worth reading anew."""
    with pytest.raises(KeyUnknown) as refusal:
        read_token(token(key_id="new"), KEYS, RULES, NOW_S)
    assert refusal.value.key_id == "new"
    with pytest.raises(KeyUnknown):
        read_token(token(), KeySet(), RULES, NOW_S)


def test_a_token_without_key_id_needs_there_to_be_one_key() -> None:
    """Which of several was meant is not tried out."""
    two = read_key_set(key_list(listed("RS256", "a"), listed("RS256", "b", number=1)), RULES.algorithms)

    assert read_token(token(key_id=None), KEYS, RULES, NOW_S).principal == "User:alice"
    with pytest.raises(KeyUnknown):
        read_token(token(key_id=None), two, RULES, NOW_S)


@pytest.mark.parametrize("scope", ["read kafka write", ["kafka"], ["x", "kafka"]])
def test_a_scope_that_is_needed(scope: Any) -> None:
    """In a string with spaces or in a list; a part of a name is not the name."""
    rules = replace(RULES, required_scopes=("kafka",))

    assert read_token(token(scope=scope), KEYS, rules, NOW_S).principal == "User:alice"
    for other in (None, "", "kafkas", "read", [], {"kafka": 1}):
        with pytest.raises(TokenRefused, match="scope kafka"):
            read_token(token(scope=other), KEYS, rules, NOW_S)


def test_other_claims_may_name_the_user() -> None:
    """Then sub does not."""
    rules = replace(RULES, subject_claim="preferred_username")

    assert read_token(token(preferred_username="al"), KEYS, rules, NOW_S).principal == "User:al"
    with pytest.raises(TokenRefused, match="preferred_username"):
        read_token(token(), KEYS, rules, NOW_S)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        forged(b"[" * 30_000, CONTENT),
        forged(b"{" * 30_000, CONTENT),
        forged({"alg": "RS256", "kid": "k" * 2000}, CONTENT),
        forged({"alg": "RS256", "kid": {"a": 1}}, CONTENT),
        forged(["alg"], CONTENT),
        "a" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_token_at_all(text: str) -> None:
    """Refused in a moment."""
    with pytest.raises(TokenRefused):
        read_token(text, KEYS, RULES, NOW_S)


def test_rules_that_would_let_anybody_in_cannot_be_made() -> None:
    """CVE-2026-33557 and CVE-2026-110985: what is not configured is not checked. Here it cannot be left out."""
    for fault in ({"issuer": ""}, {"audiences": ()}, {"algorithms": ()}):
        with pytest.raises(AssertionError):
            TokenRules(**({"issuer": "i", "audiences": ("a",), "algorithms": ("RS256",)} | fault))  # type: ignore[arg-type]


@given(st.data())
def test_a_token_that_was_changed_anywhere_shows_nobody(data: st.DataObject) -> None:
    """One letter is enough, in whatever part of it."""
    good = token("EdDSA", "k3")
    index = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.sampled_from("Aa0-_.Zz9"))
    changed = good[:index] + letter + good[index + 1 :]
    if changed == good:
        return
    try:
        identity = read_token(changed, KEYS, RULES, NOW_S)
    except TokenRefused:
        return
    # The last letter of a part has bits that stand for nothing.
    assert base64.urlsafe_b64decode(changed.split(".")[2] + "==") == base64.urlsafe_b64decode(good.split(".")[2] + "==")
    assert identity.principal == "User:alice"
