"""What a mechanism is to the rest: the client's tokens in, tokens for the client out, and at the end an identity or a refusal."""

from dataclasses import dataclass
from typing import Protocol

from security.identity import Identity


@dataclass(frozen=True, slots=True)
class Step:
    """``token`` is for the client. The exchange is over, and the client who it says, when there is an ``identity``; in no other way."""

    token: bytes
    identity: Identity | None = None


class LoginRefused(Exception):
    """The text says why, for the audit; the client is told the same whatever it was. ``user`` is who the client said it is, "" where it did not."""

    def __init__(self, why: str, user: str = "") -> None:
        super().__init__(why)
        self.user = user


class Exchange(Protocol):
    """One client's login by one mechanism."""

    def take(self, token: bytes) -> Step:
        """What the client sent. Raises LoginRefused, and is of no use after that."""
        ...
