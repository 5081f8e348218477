"""CredentialKeeper: the passwords of SCRAM users, as far as they are kept, and word of those that hold no longer."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from broker.admin.access_register import AccessRegister
from broker.storage.catalog.access import AccessEntry, AccessKind
from observability import logs
from security.sasl.scram_credentials import (
    MECHANISMS,
    ScramCredential,
    ScramMechanism,
    UnreadableCredential,
    credential_name,
    parse_credential_name,
    read,
    write,
)

Key = tuple[ScramMechanism, str]
_BY_SASL_NAME = {mechanism.sasl_name: mechanism for mechanism in MECHANISMS}
_log = logs.get("credentials")


class CredentialKeeper:
    """Asked at every login by SCRAM. A change is in force when :meth:`change` returns, and others' changes come in by themselves."""

    def __init__(self, register: AccessRegister) -> None:
        self._register = register
        self._users: dict[str, dict[ScramMechanism, ScramCredential]] = {}
        self._revoked: list[Callable[[str], None]] = []
        register.subscribe(AccessKind.SCRAM, self._hear)

    def find(self, mechanism: str, user: str) -> ScramCredential | None:
        """That of a user for one mechanism, by SASL's name of it."""
        known = _BY_SASL_NAME.get(mechanism)
        return None if known is None else self._users.get(user, {}).get(known)

    def of(self, user: str) -> Mapping[ScramMechanism, ScramCredential]:
        """All that a user has."""
        return self._users.get(user, {})

    def __iter__(self) -> Iterator[str]:
        """The users."""
        return iter(self._users)

    def on_revoked(self, callback: Callable[[str], None]) -> None:
        """Call ``callback(name)`` with the name of each credential (``MECHANISM:user``) that holds no longer: it was removed, or another put in its place."""
        self._revoked.append(callback)

    async def change(self, upserted: Mapping[Key, ScramCredential], deleted: Sequence[Key]) -> None:
        """Store and put in force, all or none. Raises StorageUnavailable."""
        entries = [AccessEntry(AccessKind.SCRAM, credential_name(*key), None) for key in deleted]
        entries += [
            AccessEntry(AccessKind.SCRAM, credential_name(*key), write(credential)) for key, credential in upserted.items()
        ]
        if entries:
            await self._register.change(entries)

    def _hear(self, entries: Sequence[AccessEntry]) -> None:
        for entry in entries:
            try:
                mechanism, user = parse_credential_name(entry.name)
            except UnreadableCredential as problem:
                _log.error("a stored credential is of a mechanism that is not known here", credential=entry.name, reason=str(problem))
                continue
            credential = self._read(entry)
            before = self._users.get(user, {}).get(mechanism)
            if credential is not None:
                self._users.setdefault(user, {})[mechanism] = credential
            elif before is not None:
                del self._users[user][mechanism]
                if not self._users[user]:
                    del self._users[user]
            if before is not None and before != credential:
                for callback in self._revoked:
                    callback(entry.name)

    def _read(self, entry: AccessEntry) -> ScramCredential | None:
        try:
            return None if entry.value is None else read(entry.value)
        except UnreadableCredential as problem:
            # Nobody logs in by it; whoever did by the one before is let go.
            _log.error("a stored credential cannot be read", credential=entry.name, reason=str(problem))
            return None
