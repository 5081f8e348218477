"""The algorithms that tokens may be signed with. None of them works with a secret that the signer and the reader share."""

from typing import Final

RSA: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
BY_CURVE: Final = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "Ed25519": ("EdDSA",)}
ALGORITHMS: Final = (*RSA, *(name for names in BY_CURVE.values() for name in names))
