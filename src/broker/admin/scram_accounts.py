"""ScramAccounts: what a login by SCRAM is checked against: users in the catalog, delegation tokens, and a stand-in for whoever is neither."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.storage.catalog.access import AccessEntry, AccessKind
from security.identity import Identity
from security.principal import user_of
from security.sasl.scram import Account, Find
from security.sasl.scram_stand_in import USUAL, Shape, shape_of, stand_in


class Credential(Protocol):
    """What is stored of a password."""

    @property
    def salt(self) -> bytes: ...
    @property
    def stored_key(self) -> bytes: ...
    @property
    def server_key(self) -> bytes: ...
    @property
    def iterations(self) -> int: ...


FindUser = Callable[[str, str], Credential | None]
"""A user's credential, by mechanism and name."""
FindToken = Callable[[str, str], tuple[Credential, Identity] | None]
"""A delegation token that holds, by mechanism and id, and whom its bearer acts as."""


def credential_of(mechanism: str, user: str) -> str:
    """What an identity that such a credential showed rests on."""
    return f"{mechanism}:{user}"


class Shapes:
    """What users' credentials look like, by mechanism, for the stand-ins. Gathered anew when they have changed."""

    def __init__(self, credentials: CredentialKeeper, register: AccessRegister) -> None:
        self._credentials = credentials
        self._known: dict[str, tuple[Shape, ...]] | None = None
        register.subscribe(AccessKind.SCRAM, self._forget)

    def of(self, mechanism: str) -> tuple[Shape, ...]:
        """In an order that is the same on every broker; empty when nobody has one."""
        if self._known is None:
            found: defaultdict[str, set[Shape]] = defaultdict(set)
            for user in self._credentials:
                for kind, credential in self._credentials.of(user).items():
                    found[kind.sasl_name].add(shape_of(credential.salt, credential.iterations))
            self._known = {name: tuple(sorted(shapes)) for name, shapes in found.items()}
        return self._known.get(mechanism, ())

    def _forget(self, entries: Sequence[AccessEntry]) -> None:
        self._known = None


class ScramAccounts:
    """``secret`` is the cluster's, for the stand-ins; they look like what ``shapes`` says."""

    def __init__(
        self, find_user: FindUser, find_token: FindToken, secret: bytes, shapes: Callable[[str], tuple[Shape, ...]] = lambda mechanism: (USUAL,)
    ) -> None:
        self._find_user = find_user
        self._find_token = find_token
        self._secret = secret
        self._shapes = shapes

    def of(self, mechanism: str) -> Find:
        """The accounts that one mechanism looks up."""
        return lambda name, by_token: self._find(mechanism, name, by_token)

    def _find(self, mechanism: str, name: str, by_token: bool) -> Account:
        credential: Credential | None
        if by_token:
            token = self._find_token(mechanism, name)
            credential, identity = token if token is not None else (None, None)
        else:
            credential = self._find_user(mechanism, name)
            identity = Identity(user_of(name), mechanism=mechanism, credential=credential_of(mechanism, name))
        if credential is None or identity is None:
            return stand_in(self._secret, mechanism, name, (USUAL,) if by_token else self._shapes(mechanism) or (USUAL,))
        return Account(credential.salt, credential.stored_key, credential.server_key, credential.iterations, identity)
