"""PlainUserKeeper: the users of PLAIN as their file has them now."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio

from observability import logs
from observability.metrics import LOGIN_SOURCE_READ_AT, LOGIN_SOURCE_READS
from security.sasl.plain import credential_of
from security.sasl.plain_users import PlainUsers, UsersUnreadable, read_users

LOOK_S: Final = 2.0
"""How often the file is looked at."""
FILE_MAX_BYTES: Final = 8 << 20
_log = logs.get("logins")


class UsersFileUnusable(ValueError):
    """The file cannot be read; the text names it, and nothing that stands in it."""


class PlainUserKeeper:
    """``read`` gives the file's bytes, or raises OSError; ``key`` is for this process only. ``on_revoked`` is told of each credential that is gone."""

    def __init__(
        self, path: Path, read: Callable[[], bytes], key: bytes, on_revoked: Callable[[str], None], now_ms: Callable[[], int]
    ) -> None:
        self._path = path
        self._read = read
        self._key = key
        self._on_revoked = on_revoked
        self._now_ms = now_ms
        self._text: bytes | None = None
        self._complaint = ""
        self._users = PlainUsers({}, key)

    def check(self, user: str, password: str) -> bool:
        """Whether it is the user's password."""
        return self._users.check(user, password)

    async def load(self) -> None:
        """Read the file for the first time. Raises UsersFileUnusable."""
        self._take(await self._read_file())

    async def run(self) -> None:
        """Read it anew when it has changed. Runs until cancelled; while it cannot be read, what was read before holds."""
        while True:
            await anyio.sleep(LOOK_S)
            try:
                self._take(await self._read_file())
                self._complaint = ""
            except UsersFileUnusable as problem:
                LOGIN_SOURCE_READS.labels("users", "failure").inc()
                if str(problem) != self._complaint:
                    self._complaint = str(problem)
                    _log.error("the users of PLAIN stay as they were", reason=self._complaint)

    async def _read_file(self) -> bytes:
        try:
            text = await anyio.to_thread.run_sync(self._read)
        except OSError as error:
            raise UsersFileUnusable(f"{self._path}: {error.strerror}") from None
        if len(text) > FILE_MAX_BYTES:
            raise UsersFileUnusable(f"{self._path}: it is larger than {FILE_MAX_BYTES} bytes")
        return text

    def _take(self, text: bytes) -> None:
        if text == self._text:
            return
        try:
            users = PlainUsers(read_users(text.decode()), self._key)
        except UnicodeDecodeError:
            raise UsersFileUnusable(f"{self._path}: it is not UTF-8") from None
        except UsersUnreadable as problem:
            raise UsersFileUnusable(f"{self._path}: {problem}") from None
        before, self._users, self._text = self._users, users, text
        LOGIN_SOURCE_READS.labels("users", "success").inc()
        LOGIN_SOURCE_READ_AT.labels("users").set(self._now_ms() / 1000)
        withdrawn = users.withdrawn_since(before)
        _log.info("users of PLAIN", count=len(users), withdrawn=len(withdrawn))
        for user in withdrawn:
            self._on_revoked(credential_of(user))
