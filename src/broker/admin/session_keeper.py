"""SessionKeeper: which connections rest on which credential, so that they end when it does."""

from collections.abc import Callable
from typing import Final

from observability import logs
from observability.metrics import SESSIONS

End = Callable[[str], None]
"""Closes a connection, for the reason that is given."""

REVOKED: Final = "what it logged in by was revoked"
_log = logs.get("logins")


class SessionKeeper:
    """Owns the sessions of this broker. Each step takes as long however many there are of others."""

    def __init__(self) -> None:
        self._credential_of: dict[int, str] = {}
        self._by_credential: dict[str, dict[int, End]] = {}

    def enter(self, connection_id: int, credential: str, end: End) -> None:
        """A connection rests on a credential from now on, and on no other."""
        self.leave(connection_id)
        self._credential_of[connection_id] = credential
        self._by_credential.setdefault(credential, {})[connection_id] = end
        SESSIONS.set(len(self._credential_of))

    def leave(self, connection_id: int) -> None:
        """It is gone, or was never there."""
        credential = self._credential_of.pop(connection_id, None)
        if credential is None:
            return
        connections = self._by_credential[credential]
        del connections[connection_id]
        if not connections:
            del self._by_credential[credential]
        SESSIONS.set(len(self._credential_of))

    def revoke(self, credential: str) -> None:
        """A credential holds no longer: neither do the sessions that rest on it."""
        ends = list(self._by_credential.get(credential, {}).values())
        if ends:
            _log.info("sessions end, what they rest on was revoked", credential=credential, sessions=len(ends))
        for end in ends:
            end(REVOKED)

    def __len__(self) -> int:
        return len(self._credential_of)
