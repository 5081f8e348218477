"""What tests of quotas need besides a world of topics."""

from typing import Any

from security.acls.decision import Decision
from security.acls.kinds import Operation
from security.audit.event import AuditEvent, EventKind
from tests.support.topic_world import TopicWorld


class _Denial:
    """Allows nothing, and remembers what it was asked."""

    is_enabled = True

    def __init__(self) -> None:
        self.asked: list[tuple[Operation, str]] = []

    def allows(self, identity: Any, host: str, operation: Operation, resource_type: Any, name: str) -> bool:
        self.asked.append((operation, name))
        return False

    def explain(self, *question: Any) -> Decision:
        return Decision(False, "nothing is allowed here")


def deny(world: TopicWorld) -> list[tuple[Operation, str]]:
    """Nothing is allowed any more; what is asked for comes into the list."""
    denial = _Denial()
    world.services.access = denial  # type: ignore[assignment]
    return denial.asked


class RecordingAudit:
    """Keeps all events of a world."""

    def __init__(self, world: TopicWorld) -> None:
        self.details: list[Any] = []
        world.services.audit = self

    def wants(self, kind: EventKind, principal: str) -> bool:
        return True

    def record(self, event: AuditEvent) -> None:
        self.details.append(event.details)
