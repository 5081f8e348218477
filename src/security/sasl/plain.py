"""PLAIN (RFC 4616): the client sends its name and its password. To be used where the connection is encrypted."""

from collections.abc import Callable
from typing import Final

from security.identity import Identity
from security.principal import user_of
from security.sasl.exchange import LoginRefused, Step

NAME: Final = "PLAIN"


def credential_of(user: str) -> str:
    """What an identity that a password showed rests on."""
    return f"{NAME}:{user}"


class PlainExchange:
    """``check`` says whether a password is a user's, in a time that does not tell whether there is such a user."""

    def __init__(self, check: Callable[[str, str], bool]) -> None:
        self._check = check

    def take(self, token: bytes) -> Step:
        try:
            parts = token.decode().split("\0", 3)
        except UnicodeDecodeError:
            raise LoginRefused("the message is not UTF-8") from None
        if len(parts) != 3:
            raise LoginRefused(f"the message has {'more than 3' if len(parts) > 3 else len(parts)} parts, not 3")
        act_as, user, password = parts
        if not user or not password:
            raise LoginRefused("no user or no password was given", user)
        if not self._check(user, password):
            raise LoginRefused("no such user, or not its password", user)
        if act_as not in ("", user):
            raise LoginRefused("it asked to act as another user", user)
        return Step(b"", Identity(user_of(user), mechanism=NAME, credential=credential_of(user)))
