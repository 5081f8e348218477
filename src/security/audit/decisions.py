"""What one request asked of access control, for the event that tells what came of it. Bounded: a request may name thousands of resources."""

from typing import Any, Final

from security.acls.decision import Decision
from security.acls.kinds import Operation, ResourceType

KEPT_MAX: Final = 32
NAME_LENGTH_MAX: Final = 256


class Decisions:
    """Denials come before what was allowed; of both the first are kept, and all are counted."""

    __slots__ = ("_allowed", "_denied", "allowed_count", "denied_count")

    def __init__(self) -> None:
        self._allowed: list[dict[str, Any]] = []
        self._denied: list[dict[str, Any]] = []
        self.allowed_count = 0
        self.denied_count = 0

    def has_room(self, allowed: bool) -> bool:
        """Whether one more would be kept, and not only counted."""
        return len(self._allowed if allowed else self._denied) < KEPT_MAX

    def add(self, operation: Operation, resource_type: ResourceType, name: str, decision: Decision) -> None:
        """One more."""
        self.count(decision.allowed)
        kept = self._allowed if decision.allowed else self._denied
        if len(kept) < KEPT_MAX:
            entry: dict[str, Any] = {
                "allowed": decision.allowed,
                "operation": operation.name,
                "resource_type": resource_type.name,
                "resource": clipped(name),
                "reason": decision.reason,
            }
            if decision.rule is not None:
                entry["rule"] = str(decision.rule)
            kept.append(entry)

    def count(self, allowed: bool) -> None:
        """One more of which nothing else is kept."""
        if allowed:
            self.allowed_count += 1
        else:
            self.denied_count += 1

    def details(self) -> dict[str, Any]:
        """As an event has them."""
        shown = (*self._denied, *self._allowed)[:KEPT_MAX]
        details: dict[str, Any] = {"decisions": list(shown)}
        if left_out := self.allowed_count + self.denied_count - len(shown):
            details["decisions_left_out"] = left_out
        return details


def clipped(text: str) -> str:
    """A name that a client sent, no longer than any real one."""
    return text if len(text) <= NAME_LENGTH_MAX else text[:NAME_LENGTH_MAX] + "..."
