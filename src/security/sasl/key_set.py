"""The keys that tokens are signed with (RFC 7517), as an identity provider lists them.

Only public keys of the algorithms that were asked for are taken. A secret shared with the provider never is: whoever can read the list could sign with it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from security.sasl.algorithms import BY_CURVE, RSA

KEYS_MAX: Final = 100
KEY_ID_MAX: Final = 1000
RSA_BITS_MIN: Final = 2048


class KeySetUnusable(ValueError):
    """What was read is no list of keys, or has none that can be used."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """``algorithms`` are those it may be used with."""

    key_id: str | None
    algorithms: frozenset[str]
    key: Any = field(repr=False, compare=False)
    text: str = field(repr=False)
    """What it was made of: two keys are the same when this is."""


class KeySet:
    """The keys by their ids."""

    __slots__ = ("_by_id", "_keys")

    def __init__(self, keys: Sequence[SigningKey] = ()) -> None:
        self._keys = tuple(keys)
        self._by_id = {key.key_id: key for key in keys if key.key_id is not None}

    def find(self, key_id: str | None, algorithm: str) -> SigningKey | None:
        """The key for a token. Without an id, the only one there is for the algorithm."""
        if key_id is not None:
            key = self._by_id.get(key_id)
            return key if key is not None and algorithm in key.algorithms else None
        fitting = [key for key in self._keys if algorithm in key.algorithms]
        return fitting[0] if len(fitting) == 1 else None

    def has(self, key_id: str) -> bool:
        """Whether a key goes by the id, for whatever algorithm."""
        return key_id in self._by_id

    def withdrawn_since(self, earlier: "KeySet") -> list[SigningKey]:
        """Those that were there ``earlier`` and are not any more."""
        now = {key.text for key in self._keys}
        return [key for key in earlier._keys if key.text not in now]

    def __len__(self) -> int:
        return len(self._keys)


def read_key_set(text: bytes, algorithms: Collection[str]) -> KeySet:
    """The keys in a JSON Web Key Set that can be used with one of ``algorithms``. Raises KeySetUnusable."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise KeySetUnusable("it is not JSON") from None
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise KeySetUnusable("it has no list of keys")
    if len(listed) > KEYS_MAX:
        raise KeySetUnusable(f"it lists {len(listed)} keys, and {KEYS_MAX} are allowed")
    keys = [key for each in listed if (key := _read_key(each, algorithms)) is not None]
    if not keys:
        raise KeySetUnusable(f"it has no key for {', '.join(sorted(algorithms))}")
    ids = [key.key_id for key in keys if key.key_id is not None]
    if len(set(ids)) < len(ids):
        raise KeySetUnusable("two of its keys have the same id")
    return KeySet(keys)


def _read_key(listed: Any, algorithms: Collection[str]) -> SigningKey | None:
    """None for what is of no use here: keys for encryption, of other algorithms, too short, malformed."""
    if not isinstance(listed, dict) or listed.get("use", "sig") != "sig":
        return None
    operations = listed.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    key_id = listed.get("kid")
    if key_id is not None and (not isinstance(key_id, str) or len(key_id) > KEY_ID_MAX):
        return None
    family = listed.get("kty")
    curve = listed.get("crv")
    possible: Sequence[str] = RSA if family == "RSA" else ()
    if family in ("EC", "OKP") and isinstance(curve, str):
        possible = BY_CURVE.get(curve, ())
    own = listed.get("alg")
    usable = frozenset(name for name in possible if name in algorithms and own in (None, name))
    if not usable:
        return None
    public = {name: value for name, value in listed.items() if name in ("kty", "crv", "n", "e", "x", "y", "kid")}
    try:
        key = jwt.PyJWK(public, min(usable)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        return None
    return SigningKey(key_id, usable, key, json.dumps(public, sort_keys=True))
