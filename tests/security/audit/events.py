"""Events for tests."""

from typing import Any

from security.audit.event import AuditEvent, EventKind


def event(kind: EventKind = EventKind.ADMIN, **fields: Any) -> AuditEvent:
    """One that has everything, with ``fields`` instead of what it has."""
    given: dict[str, Any] = {
        "action": "change",
        "outcome": "success",
        "principal": "User:alice",
        "peer": "10.0.0.1:4711",
        "listener": "CLIENTS",
        "connection_id": 7,
        "correlation_id": 12,
        "client_id": "tool",
        "details": {"resource": "topic:orders", "before": None, "after": {"partitions": 3}},
    }
    return AuditEvent(kind=kind, **(given | fields))
