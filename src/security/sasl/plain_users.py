"""The users of PLAIN, as a file lists them, and whether a password is a user's."""

import hmac
from collections.abc import Mapping
from typing import Final

USERS_MAX: Final = 10_000


class UsersUnreadable(ValueError):
    """What is wrong with the text, by the number of the line; never what stands there."""


def read_users(text: str) -> dict[str, str]:
    """Passwords by user from lines of ``NAME:PASSWORD``. Empty lines, and those that begin with #, are left out. Raises UsersUnreadable."""
    users: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.partition(":")
        if not colon or not user or not password:
            raise UsersUnreadable(f"line {number} is not NAME:PASSWORD")
        if user != user.strip() or "\0" in line:
            raise UsersUnreadable(f"line {number}: the name begins or ends with a space, or there is a zero byte")
        if user in users:
            raise UsersUnreadable(f"line {number}: the user was named before")
        users[user] = password
        if len(users) > USERS_MAX:
            raise UsersUnreadable(f"there are more than {USERS_MAX} users")
    return users


class PlainUsers:
    """Keeps no passwords, but their digests under ``key``, which nobody outside the process knows."""

    __slots__ = ("_digests", "_key", "_nobody")

    def __init__(self, passwords: Mapping[str, str], key: bytes) -> None:
        self._key = key
        self._digests = {user: self._digest(password) for user, password in passwords.items()}
        self._nobody = bytes(32)

    def check(self, user: str, password: str) -> bool:
        """Whether it is the password of the user."""
        expected = self._digests.get(user)
        same = hmac.compare_digest(self._nobody if expected is None else expected, self._digest(password))
        return same and expected is not None

    def withdrawn_since(self, earlier: "PlainUsers") -> list[str]:
        """The users who were there ``earlier``, under the same key, and are not, or have another password."""
        return [user for user, digest in earlier._digests.items() if self._digests.get(user) != digest]

    def __len__(self) -> int:
        return len(self._digests)

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode(), "sha256")
