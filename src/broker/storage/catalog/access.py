"""The contract of the catalog for what says who may do what: rules, credentials, tokens, quotas."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

from broker.model import value


class AccessKind(IntEnum):
    """What an entry is. The numbers are stored and never change."""

    ACL = 1
    SCRAM = 2
    TOKEN = 3
    QUOTA = 4
    MADE = 5
    """That something which is made once was made."""


@value
class AccessEntry:
    """``name`` identifies it among its kind, ``value`` is text of a form that its owner versions (JSON); None: it is to be, or was, removed."""

    kind: AccessKind
    name: str
    value: str | None


class AccessCatalog(Protocol):
    """Small sets that are read whole at start; a broker hears of others' changes with other metadata (:class:`MetadataChanges`)."""

    async def load_access(self) -> list[AccessEntry]:
        """All there are, none removed."""
        ...

    async def change_access(self, entries: Sequence[AccessEntry]) -> None:
        """Put these in place of what has their kind and name, all in one transaction. Raises StorageUnavailable."""
        ...
