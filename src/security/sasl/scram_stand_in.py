"""What a name that is not known is answered with, so that asking does not tell whether there is such a user.

The answer is the same for a name on every broker, and of a kind that users have here: salts and iterations differ by the tool that made them. It changes only
as that of a user who has set another password does: when the first user of a kind comes, some names begin to be of that kind, when the last one goes, those
that were become of another.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from security.sasl.scram import HASHES, Account

_LETTERS: Final = b"0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """What can be seen of a credential without knowing it. ``letters``: its salt consists of digits and small letters, as that of Java's tools."""

    salt_bytes: int
    letters: bool
    iterations: int


USUAL: Final = Shape(salt_bytes=32, letters=False, iterations=4096)


def shape_of(salt: bytes, iterations: int) -> Shape:
    """That of a real one."""
    return Shape(len(salt), bool(salt) and not salt.strip(_LETTERS), iterations)


def stand_in(secret: bytes, mechanism: str, name: str, shapes: Sequence[Shape] = (USUAL,)) -> Account:
    """The account of nobody. ``secret`` is the cluster's; ``shapes`` are those that there are, and must come in the same order everywhere."""
    seed = hmac.digest(secret, f"{mechanism}\0{name}".encode(errors="replace"), "sha512")
    # By rendezvous: of another shape, when there is one, only some names become, and these of that one, as by a new password.
    shape = max(shapes, key=lambda each: hmac.digest(seed, f"{each.salt_bytes} {each.letters} {each.iterations}".encode(), "sha512"))
    salt = b""
    while len(salt) < shape.salt_bytes:
        salt += hmac.digest(seed, len(salt).to_bytes(4, "big"), "sha512")
    salt = salt[: shape.salt_bytes]
    if shape.letters:
        salt = bytes(_LETTERS[byte % len(_LETTERS)] for byte in salt)
    # Nobody knows what these are made of: no proof is ever right.
    keys = [hmac.digest(seed, part, HASHES[mechanism]) for part in (b"stored", b"server")]
    return Account(salt, keys[0], keys[1], shape.iterations, None)
