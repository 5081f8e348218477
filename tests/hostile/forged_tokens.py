"""Tokens that must let nobody in."""

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from tests.security.sasl.tokens import AUDIENCE, ISSUER, token


def _part(content: Any) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "admin", "iat": now, "exp": now + 300} | more


def all_of(public_key: bytes) -> dict[str, Callable[[], str]]:
    """By what is wrong with them. ``public_key`` is the provider's, in PEM: for one that takes it for a secret."""
    confused = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(_claims())}"
    signature = hmac.digest(public_key, confused.encode(), hashlib.sha256)
    now = int(time.time())
    by_another = token("RS256", "k1", number=9, now_s=now, exp=now + 300, sub="admin")
    deep = b'{"alg":"RS256","kid":"k1","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    deep_claims = b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    right = token("RS256", "k1", now_s=now, exp=now + 300, sub="alice").split(".")
    made = {
        "alg none": f"{_part({'alg': 'none'})}.{_part(_claims())}.",
        "alg none with a key": f"{_part({'alg': 'none', 'kid': 'k1'})}.{_part(_claims())}.{_part(b'x' * 256)}",
        "key confusion": f"{confused}.{_part(signature)}",
        "another's signature": by_another,
        "another content": f"{right[0]}.{_part(_claims())}.{right[2]}",
        "deep header": f"{_part(deep)}.{_part(_claims())}.{_part(b'x' * 256)}",
        "deep content": f"{_part({'alg': 'RS256', 'kid': 'k1'})}.{_part(deep_claims)}.{_part(b'x' * 256)}",
        "60 KB": f"{_part({'alg': 'RS256', 'kid': 'k1'})}.{_part(b'x' * 44_000)}.{_part(b'x' * 256)}",
        "key id of 40 KB": f"{_part({'alg': 'RS256', 'kid': 'k' * 20_000})}.{_part(_claims())}.{_part(b'x' * 256)}",
    }
    makers: dict[str, Callable[[], str]] = {name: lambda text=text: text for name, text in made.items()}  # type: ignore[misc]
    makers["a new key id each time"] = lambda: f"{_part({'alg': 'RS256', 'kid': secrets.token_hex(8)})}.{_part(_claims())}.{_part(b'x' * 256)}"
    return makers
