"""What is kept of a password for SCRAM (RFC 5802): enough to check a proof, not enough to log in with. And the rules for new ones (KIP-554)."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

VERSION: Final = 1
ITERATIONS_MIN: Final = 4096
ITERATIONS_MAX: Final = 16384
NAME_MAX: Final = 512
"""The longest name of a user, in characters."""
SALT_MAX: Final = 1024


class ScramMechanism(IntEnum):
    """By the codes of Kafka's protocol."""

    UNKNOWN = 0
    SCRAM_SHA_256 = 1
    SCRAM_SHA_512 = 2

    @property
    def sasl_name(self) -> str:
        """As clients name it when they log in."""
        return self.name.replace("_", "-")

    @property
    def hash_name(self) -> str:
        """As Python's library names its hash."""
        return {self.SCRAM_SHA_256: "sha256", self.SCRAM_SHA_512: "sha512"}[self]


MECHANISMS: Final = (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)


class UnacceptableCredential(ValueError):
    """A credential that must not be stored; the text says why."""


class UnreadableCredential(ValueError):
    """A stored one has a form that is not known here."""


@dataclass(frozen=True, slots=True)
class ScramCredential:
    """Shown by nothing: who has the keys can act as the server, and try passwords at leisure."""

    salt: bytes = field(repr=False)
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)
    iterations: int


def from_password(mechanism: ScramMechanism, password: str, salt: bytes, iterations: int) -> ScramCredential:
    """What is to be kept of a password. Takes milliseconds of CPU."""
    salted = hashlib.pbkdf2_hmac(mechanism.hash_name, password.encode(), salt, iterations)
    return from_salted_password(mechanism, salted, salt, iterations)


def from_salted_password(
    mechanism: ScramMechanism, salted_password: bytes, salt: bytes, iterations: int
) -> ScramCredential:
    """The same from what clients send, who keep the password to themselves. Raises UnacceptableCredential."""
    if iterations < ITERATIONS_MIN:
        raise UnacceptableCredential("Too few iterations")
    if iterations > ITERATIONS_MAX:
        raise UnacceptableCredential("Too many iterations")
    if not salt:
        raise UnacceptableCredential("Empty salt")
    if len(salt) > SALT_MAX:
        raise UnacceptableCredential("The salt is too long")
    name = mechanism.hash_name
    if len(salted_password) != hashlib.new(name).digest_size:
        raise UnacceptableCredential("The salted password is not as long as the mechanism makes it")
    client_key = hmac.digest(salted_password, b"Client Key", name)
    return ScramCredential(
        salt=salt,
        stored_key=hashlib.new(name, client_key).digest(),
        server_key=hmac.digest(salted_password, b"Server Key", name),
        iterations=iterations,
    )


def name_problem(user: str) -> str | None:
    """Why nobody can have this name; None when somebody can."""
    if not user:
        return "Username must not be empty"
    if len(user) > NAME_MAX:
        return f"Username must not have more than {NAME_MAX} characters"
    if "\0" in user:
        return "Username must not contain NUL"
    return None


def credential_name(mechanism: ScramMechanism, user: str) -> str:
    """What a credential is called where it is stored, and by what rests on it."""
    return f"{mechanism.sasl_name}:{user}"


def parse_credential_name(text: str) -> tuple[ScramMechanism, str]:
    """The other way round. Raises UnreadableCredential."""
    sasl_name, _, user = text.partition(":")
    for mechanism in MECHANISMS:
        if mechanism.sasl_name == sasl_name and user:
            return mechanism, user
    raise UnreadableCredential(f"{sasl_name!r} is no mechanism")


def write(credential: ScramCredential) -> str:
    """As it is stored."""
    return json.dumps(
        {
            "v": VERSION,
            "salt": b64encode(credential.salt).decode(),
            "stored_key": b64encode(credential.stored_key).decode(),
            "server_key": b64encode(credential.server_key).decode(),
            "iterations": credential.iterations,
        },
        separators=(",", ":"),
    )


def read(text: str) -> ScramCredential:
    """From what is stored. Raises UnreadableCredential, which shows nothing of it."""
    try:
        fields: dict[str, Any] = json.loads(text)
        if fields["v"] != VERSION:
            raise UnreadableCredential(f"it is of version {int(fields['v'])}")
        return ScramCredential(
            b64decode(fields["salt"], validate=True),
            b64decode(fields["stored_key"], validate=True),
            b64decode(fields["server_key"], validate=True),
            int(fields["iterations"]),
        )
    except UnreadableCredential:
        raise
    except (ValueError, KeyError, TypeError):
        raise UnreadableCredential("it is damaged") from None
