"""SCRAM-SHA-256 and -512 (RFC 5802, RFC 7677) on the server's side, without channel binding.

A name that is not known is answered as one that is, and fails as late: see :mod:`security.sasl.scram_stand_in`.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from security.identity import Identity
from security.sasl.exchange import LoginRefused, Step

HASHES: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
"""The mechanisms, and their hash."""

_NAME: Final = r"(?:[\x01-\x2b\x2d-\x3c\x3e-\x7f]|=2C|=3D)+"
_EXTENSIONS: Final = r"(?:,[A-Za-z]+=[\x01-\x2b\x2d-\x7f]+)*"
_FIRST: Final = re.compile(
    rf"(?P<gs2>[ny],(?:a=(?P<act_as>{_NAME}))?,)"
    rf"(?P<bare>n=(?P<user>{_NAME}),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+)(?P<extensions>{_EXTENSIONS}))"
)
_FINAL: Final = re.compile(
    rf"(?P<bare>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+){_EXTENSIONS}),p=(?P<proof>[A-Za-z0-9+/=]+)"
)
_DELEGATED: Final = "tokenauth=true"


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a user: what its password was made into, and who it is. ``identity`` is None for one that only looks like a user."""

    salt: bytes = field(repr=False)
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    iterations: int
    identity: Identity | None


Find = Callable[[str, bool], Account]
"""The account by name; True: by the id of a delegation token. There is always one: see :attr:`Account.identity`."""


class ScramExchange:
    """``nonce`` is the server's part, never used before."""

    def __init__(self, mechanism: str, find: Find, nonce: str) -> None:
        self._hash = HASHES[mechanism]
        self._find = find
        self._own_nonce = nonce
        self._user = ""
        self._by_token = False
        self._account: Account | None = None
        self._binding = b""
        self._nonce = ""
        self._said = ""
        self._over = False

    def take(self, token: bytes) -> Step:
        if self._over:
            raise LoginRefused("the exchange is over", self._user)
        try:
            text = token.decode("ascii")
        except UnicodeDecodeError:
            raise LoginRefused("the message is not ASCII", self._user) from None
        if self._account is None:
            return self._first(text)
        self._over = True
        return self._final(text, self._account)

    def _first(self, text: str) -> Step:
        match = _FIRST.fullmatch(text)
        if match is None:
            raise LoginRefused("the first message is malformed")
        user = self._user = _name(match["user"])
        extensions = match["extensions"].split(",")[1:]
        if any(extension.startswith("m=") for extension in extensions):
            raise LoginRefused("it needs an extension that is not known here", user)
        if match["act_as"] is not None and _name(match["act_as"]) != user:
            raise LoginRefused("it asked to act as another user", user)
        self._by_token = _DELEGATED in extensions
        account = self._account = self._find(user, self._by_token)
        self._binding = match["gs2"].encode()
        self._nonce = match["nonce"] + self._own_nonce
        answer = f"r={self._nonce},s={b64encode(account.salt).decode()},i={account.iterations}"
        self._said = f"{match['bare']},{answer}"
        return Step(answer.encode())

    def _final(self, text: str, account: Account) -> Step:
        match = _FINAL.fullmatch(text)
        if match is None:
            raise LoginRefused("the last message is malformed", self._user)
        try:
            binding, proof = b64decode(match["binding"], validate=True), b64decode(match["proof"], validate=True)
        except binascii.Error:
            raise LoginRefused("the last message is not BASE64 where it must be", self._user) from None
        if not hmac.compare_digest(match["nonce"].encode(), self._nonce.encode()):
            raise LoginRefused("the nonce is not the one of this exchange", self._user)
        if binding != self._binding:
            raise LoginRefused("the last message does not repeat how the first began", self._user)
        said = f"{self._said},{match['bare']}".encode()
        signature = hmac.digest(account.stored_key, said, self._hash)
        if len(proof) != len(signature):
            raise LoginRefused("the proof is not as long as it must be", self._user)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        is_right = hmac.compare_digest(hashlib.new(self._hash, client_key).digest(), account.stored_key)
        if not is_right or account.identity is None:
            raise LoginRefused("no such user, or not its password", self._user)
        if self._find(self._user, self._by_token) != account:
            raise LoginRefused("the credential was changed meanwhile", self._user)
        verifier = b64encode(hmac.digest(account.server_key, said, self._hash))
        return Step(b"v=" + verifier, account.identity)


def _name(escaped: str) -> str:
    return escaped.replace("=2C", ",").replace("=3D", "=")
