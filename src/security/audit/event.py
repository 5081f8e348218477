"""One thing that happened, as an auditor wants to know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class EventKind(StrEnum):
    AUTHENTICATION = "authentication"
    AUTHORIZATION = "authorization"
    ADMIN = "admin"
    CONNECTION = "connection"
    AUDIT = "audit"
    """What happened to the audit log itself; always kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """``action`` is what was tried (``login``, an API's name, ``connect``), ``outcome`` what came of it (``success``, ``failure``, an error's name).
    ``details`` are JSON values without secrets: resource, rule, before and after."""

    kind: EventKind
    action: str
    outcome: str
    principal: str
    peer: str
    listener: str
    connection_id: int = 0
    correlation_id: int | None = None
    client_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Recorder(Protocol):
    """Where events go. Never waits."""

    def wants(self, kind: EventKind, principal: str) -> bool:
        """Whether such an event would be kept: asked before one is made, where making it costs something."""
        ...

    def record(self, event: AuditEvent) -> None: ...

    @property
    def refuses_changes(self) -> bool:
        """Whether nothing may be administered now, because it could not be recorded."""
        ...

    def keep_room(self, events: int, letters: int) -> int | None:
        """Keep room for so many changes that are about to be made, whose texts have so many letters. To be given back (:meth:`free_room`) right before they are
        recorded; None when there is none, and they must not be made."""
        ...

    def free_room(self, kept: int) -> None:
        """What :meth:`keep_room` has returned."""
        ...

    def samples_allowed(self) -> bool:
        """Whether of the next request that changes nothing it is kept what it was allowed, too."""
        ...


class NoRecorder:
    """Keeps nothing."""

    refuses_changes = False

    def wants(self, kind: EventKind, principal: str) -> bool:
        return False

    def record(self, event: AuditEvent) -> None:
        pass

    def keep_room(self, events: int, letters: int) -> int | None:
        return 0

    def free_room(self, kept: int) -> None:
        pass

    def samples_allowed(self) -> bool:
        return False
