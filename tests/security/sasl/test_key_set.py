"""Lists of keys: what is taken, what is passed over, what makes a list unusable."""

from typing import Any

import pytest

from security.sasl.algorithms import ALGORITHMS
from security.sasl.key_set import KEYS_MAX, KeySet, KeySetUnusable, read_key_set
from tests.security.sasl.tokens import key_list, listed

GOOD = listed("RS256", "good")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_every_algorithm(algorithm: str) -> None:
    """Is found by its id, for its algorithm."""
    keys = read_key_set(key_list(listed(algorithm, "k")), ALGORITHMS)

    found = keys.find("k", algorithm)
    assert found is not None
    assert found.key_id == "k"
    assert keys.find("k", "HS256") is None
    assert keys.find("j", algorithm) is None


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"},
        listed("RS256", "e", number=1) | {"use": "enc"},
        listed("RS256", "e", number=1) | {"key_ops": ["encrypt"]},
        listed("RS256", "e", number=1) | {"key_ops": "verify"},
        listed("RS256", "e", number=1) | {"alg": "RSA-OAEP"},
        listed("RS256", "short", bits=1024),
        listed("RS256", "e", number=1) | {"n": "!!"},
        listed("RS256", "e", number=1) | {"n": 5},
        {"kty": "RSA", "kid": "x"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "x"},
        {"kty": "EC", "crv": ["P-256"], "kid": "x"},
        {"kty": "EC", "crv": "secp256k1", "kid": "x"},
        listed("RS256", "k" * 1001, number=1),
        listed("RS256", None, number=1) | {"kid": 5},
        "key",
        None,
    ],
    ids=range(16),
)
def test_keys_that_are_of_no_use_are_passed_over(key: Any) -> None:
    """A provider may list more than is needed here; alone they are no list."""
    assert len(read_key_set(key_list(key, GOOD), ALGORITHMS)) == 1
    with pytest.raises(KeySetUnusable):
        read_key_set(key_list(key), ALGORITHMS)


def test_only_algorithms_that_were_asked_for() -> None:
    """A key that says nothing of its algorithm is used with those only, too."""
    keys = read_key_set(key_list(GOOD, listed("ES256", "e")), ("PS256",))

    assert len(keys) == 1
    assert keys.find("good", "PS256") is not None
    assert keys.find("good", "RS256") is None
    assert keys.has("good")
    assert not keys.has("e")


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b"\xff", b"[" * 100_000, key_list(*([GOOD] * (KEYS_MAX + 1))), key_list(GOOD, GOOD)],
    ids=lambda text: text[:20],
)
def test_what_is_no_list_of_keys(text: bytes) -> None:
    """Nothing of it is taken."""
    with pytest.raises(KeySetUnusable):
        read_key_set(text, ALGORITHMS)


def test_keys_that_were_withdrawn() -> None:
    """Another key under the same id counts as well; one that says more than before does not."""
    before = read_key_set(key_list(GOOD, listed("ES256", "gone"), listed("EdDSA", "replaced")), ALGORITHMS)
    now = read_key_set(key_list(GOOD | {"use": "sig"}, listed("EdDSA", "replaced", number=1), listed("ES384", "new")), ALGORITHMS)

    assert [key.key_id for key in now.withdrawn_since(before)] == ["gone", "replaced"]
    assert now.withdrawn_since(KeySet()) == []
