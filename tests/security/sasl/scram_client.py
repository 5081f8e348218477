"""SCRAM on the client's side, as RFC 5802 has it: what the tests of the server talk with."""

import hashlib
import hmac
from base64 import b64decode, b64encode

from security.identity import Identity
from security.sasl.scram import HASHES, Account


def account_of(mechanism: str, user: str, password: str, salt: bytes = b"salt of the test", iterations: int = 4096) -> Account:
    """What a server keeps of a password."""
    name = HASHES[mechanism]
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", name)
    return Account(
        salt,
        hashlib.new(name, client_key).digest(),
        hmac.digest(salted, b"Server Key", name),
        iterations,
        Identity(f"User:{user}", mechanism=mechanism, credential=f"{mechanism}:{user}"),
    )


class ScramClient:
    """One login. The parts of its messages may be changed before they are made."""

    def __init__(self, mechanism: str, user: str, password: str, nonce: str = "clientnonce") -> None:
        self.hash = HASHES[mechanism]
        self.password = password
        self.gs2 = "n,,"
        self.bare = f"n={user},r={nonce}"
        self.binding: str | None = None
        self.server_first = ""
        self.nonce: str | None = None
        self._signature = b""

    def first(self) -> bytes:
        return (self.gs2 + self.bare).encode()

    def final(self, server_first: bytes) -> bytes:
        self.server_first = server_first.decode()
        parts = dict(part.split("=", 1) for part in self.server_first.split(","))
        salted = hashlib.pbkdf2_hmac(self.hash, self.password.encode(), b64decode(parts["s"]), int(parts["i"]))
        client_key = hmac.digest(salted, b"Client Key", self.hash)
        stored_key = hashlib.new(self.hash, client_key).digest()
        binding = self.binding if self.binding is not None else b64encode(self.gs2.encode()).decode()
        bare = f"c={binding},r={self.nonce if self.nonce is not None else parts['r']}"
        said = f"{self.bare},{self.server_first},{bare}".encode()
        proof = bytes(a ^ b for a, b in zip(client_key, hmac.digest(stored_key, said, self.hash), strict=True))
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", self.hash), said, self.hash)
        return f"{bare},p={b64encode(proof).decode()}".encode()

    def verified(self, server_final: bytes) -> bool:
        """Whether the server has shown that it knows the user as well."""
        return server_final == b"v=" + b64encode(self._signature)
