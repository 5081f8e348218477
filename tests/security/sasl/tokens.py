"""Keys and tokens as an identity provider makes them."""

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from security.sasl.web_token import TokenRules

NOW_S = 1_700_000_000
ISSUER = "https://login.example"
AUDIENCE = "penstock"
RULES = TokenRules(issuer=ISSUER, audiences=(AUDIENCE, "other"), algorithms=("RS256", "ES256", "EdDSA"), groups_claim="groups")


def private_key(algorithm: str, number: int = 0, bits: int = 2048) -> Any:
    """A key for an algorithm; another for each number."""
    return _private_key(algorithm, number, bits)


@cache
def _private_key(algorithm: str, number: int, bits: int) -> Any:
    if algorithm.startswith(("RS", "PS")):
        return rsa.generate_private_key(65537, bits)
    if algorithm.startswith("ES"):
        return ec.generate_private_key({"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[algorithm])
    return ed25519.Ed25519PrivateKey.generate()


def listed(algorithm: str, key_id: str | None, number: int = 0, bits: int = 2048, **facts: Any) -> dict[str, Any]:
    """A key as a provider lists it."""
    public = private_key(algorithm, number, bits).public_key()
    maker = RSAAlgorithm if algorithm[0] in "RP" else ECAlgorithm if algorithm.startswith("ES") and algorithm != "EdDSA" else OKPAlgorithm
    made: dict[str, Any] = json.loads(maker.to_jwk(public))
    made.pop("key_ops", None)
    return made | ({"kid": key_id} if key_id is not None else {}) | facts


def key_list(*keys: Any) -> bytes:
    """All of them."""
    return json.dumps({"keys": list(keys)}).encode()


def token(
    algorithm: str = "RS256", key_id: str | None = "k1", number: int = 0, headers: dict[str, Any] | None = None, now_s: float = NOW_S, **claims: Any
) -> str:
    """A token that is right, but for what is said. A claim of None is left out."""
    content = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now_s - 10, "exp": now_s + 300} | claims
    content = {name: value for name, value in content.items() if value is not None}
    header = ({"kid": key_id} if key_id is not None else {}) | (headers or {})
    return jwt.encode(content, private_key(algorithm, number), algorithm, header)
