"""OAUTHBEARER (RFC 7628, KIP-255): the client sends a token that an identity provider gave it.

What else the client sends (KIP-342's extensions) is its own word; nothing is decided by it, and nothing of it is kept.
"""

import re
from collections.abc import Callable
from typing import Final

from security.identity import Identity
from security.principal import user_of
from security.sasl.exchange import LoginRefused, Step

NAME: Final = "OAUTHBEARER"

_NAME: Final = rb"(?:[\x01-\x2b\x2d-\x3c\x3e-\x7f]|=2C|=3D)+"
_FIRST: Final = re.compile(rb"n,(?:a=(?P<act_as>" + _NAME + rb"))?,\x01(?P<pairs>(?:[A-Za-z]+=[\x21-\x7e \t\r\n]+\x01)*)\x01")
_BEARER: Final = re.compile(rb"(?P<scheme>\w+) +(?P<token>[-_.A-Za-z0-9]+)")
_REFUSAL: Final = b'{"status":"invalid_token"}'


class TokenRefused(Exception):
    """A token does not show who its bearer is; the text says why, for the audit."""


class BearerExchange:
    """``read`` gives the identity that a token shows, or raises TokenRefused."""

    def __init__(self, read: Callable[[str], Identity]) -> None:
        self._read = read
        self._refused: str | None = None

    def take(self, token: bytes) -> Step:
        if self._refused is not None:
            # The client was told in the form of RFC 7628, and has said that it heard it.
            raise LoginRefused(self._refused)
        match = _FIRST.fullmatch(token)
        if match is None:
            raise LoginRefused("the message is malformed")
        pairs = [pair.partition(b"=") for pair in match["pairs"].split(b"\x01")[:-1]]
        values = [value for key, _, value in pairs if key == b"auth"]
        if len(values) != 1:
            raise LoginRefused("the message has no token, or several")
        bearer = _BEARER.fullmatch(values[0])
        if bearer is None or bearer["scheme"].lower() != b"bearer":
            raise LoginRefused("what it sent is not a bearer token")
        try:
            identity = self._read(bearer["token"].decode())
        except TokenRefused as refusal:
            self._refused = str(refusal)
            return Step(_REFUSAL)
        act_as = match["act_as"]
        if act_as is not None and user_of(act_as.decode().replace("=2C", ",").replace("=3D", "=")) != identity.principal:
            raise LoginRefused("it asked to act as another user", identity.principal.partition(":")[2])
        return Step(b"", identity)
