"""The quotas there are, and which one holds for a client: the most specific, by Kafka's precedence.

    1  this user with this client id          5  any user with any client id
    2  this user with any client id           6  any user
    3  this user                              7  this client id
    4  any user with this client id           8  any client id

"Any" are the defaults. A quota on a user is shared by all of that user's clients; a default gives everybody as much, not all together.
What a look-up costs does not depend on how many quotas there are.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from security.quotas.entity import CLIENT_ID, IP, USER, QuotaEntity
from security.quotas.kinds import QuotaKind

Bucket = tuple[str, ...]
"""Who shares what a quota allows."""

_BOTH: Final = "user-client"
_ONE_USER: Final = "user"
_ONE_CLIENT: Final = "client"

_ID_MAX: Final = 256
"""Letters of a client id that is kept as it is."""

ANY: Final = None
"""A default, beside names."""


@dataclass(frozen=True, slots=True)
class Limit:
    """``rate`` a second for all who share ``bucket``; ``rule`` is the level of the quota (a label of metrics)."""

    rate: float
    bucket: Bucket
    rule: str


class QuotaTable:
    """Values by entity, and by kind and level for look-ups."""

    def __init__(self) -> None:
        self._entries: dict[QuotaEntity, dict[QuotaKind, float]] = {}
        self._both: dict[QuotaKind, dict[tuple[str | None, str | None], float]] = {}
        self._users: dict[QuotaKind, dict[str | None, float]] = {}
        self._clients: dict[QuotaKind, dict[str | None, float]] = {}
        self._addresses: dict[str | None, float] = {}
        self.kinds: frozenset[QuotaKind] = frozenset()
        """Those that there is any quota of: all others cost nothing."""

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[QuotaEntity, Mapping[QuotaKind, float]]]:
        return iter(self._entries.items())

    def get(self, entity: QuotaEntity) -> Mapping[QuotaKind, float]:
        """What is set on this entity itself."""
        return self._entries.get(entity, {})

    def set(self, entity: QuotaEntity, kind: QuotaKind, value: float | None) -> None:
        """Set one quota, or take it away."""
        values = self._entries.setdefault(entity, {})
        level, name = self._place(entity, kind)
        if value is None:
            values.pop(kind, None)
            level.pop(name, None)
        else:
            values[kind] = level[name] = value
        if not values:
            del self._entries[entity]
        levels = (self._both, self._users, self._clients)
        kinds = {each for level in levels for each, found in level.items() if found}
        self.kinds = frozenset(kinds | {QuotaKind.CONNECTION_CREATION_RATE} if self._addresses else kinds)

    def find(self, kind: QuotaKind, user: str, client_id: str) -> Limit | None:
        """What bounds a client; a client without an id has ""."""
        both, users, clients = self._both.get(kind), self._users.get(kind), self._clients.get(kind)
        own = client_id if len(client_id) <= _ID_MAX else _digest(client_id)
        if both:
            if (rate := both.get((user, client_id))) is not None:
                return Limit(rate, (_BOTH, user, own), "user and client id")
            if (rate := both.get((user, ANY))) is not None:
                return Limit(rate, (_BOTH, user, own), "user and default client id")
        if users and (rate := users.get(user)) is not None:
            return Limit(rate, (_ONE_USER, user), "user")
        if both:
            if (rate := both.get((ANY, client_id))) is not None:
                return Limit(rate, (_BOTH, user, own), "default user and client id")
            if (rate := both.get((ANY, ANY))) is not None:
                return Limit(rate, (_BOTH, user, own), "default user and default client id")
        if users and (rate := users.get(ANY)) is not None:
            return Limit(rate, (_ONE_USER, user), "default user")
        if clients:
            if (rate := clients.get(client_id)) is not None:
                return Limit(rate, (_ONE_CLIENT, own), "client id")
            if (rate := clients.get(ANY)) is not None:
                return Limit(rate, (_ONE_CLIENT, own), "default client id")
        return None

    def find_address(self, address: str) -> Limit | None:
        """What bounds new connections from an address (in its canonical form)."""
        if (rate := self._addresses.get(address)) is not None:
            return Limit(rate, (IP, address), "ip")
        if (rate := self._addresses.get(ANY)) is not None:
            return Limit(rate, (IP, address), "default ip")
        return None

    def _place(self, entity: QuotaEntity, kind: QuotaKind) -> tuple[dict[Any, float], Any]:
        """Where it is looked up, and by what."""
        parts = dict(entity.parts)
        if IP in parts:
            return self._addresses, parts[IP]
        if USER in parts and CLIENT_ID in parts:
            return self._both.setdefault(kind, {}), (parts[USER], parts[CLIENT_ID])
        if USER in parts:
            return self._users.setdefault(kind, {}), parts[USER]
        return self._clients.setdefault(kind, {}), parts[CLIENT_ID]


def _digest(client_id: str) -> str:
    """Who shares a bucket is kept for every bucket, and clients choose their ids: 32 KiB long, if they like."""
    return hashlib.sha256(client_id.encode(errors="surrogatepass")).hexdigest()
