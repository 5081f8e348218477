"""What is recorded of connections."""

from broker.handlers.base import ConnectionInfo
from broker.model import Node
from broker.server.connection_events import ConnectionEvents
from security.audit.event import AuditEvent, EventKind, NoRecorder
from security.identity import Identity

INFO = ConnectionInfo(
    connection_id=5, peer="10.0.0.1:99", peer_host="10.0.0.1", listener="L", advertised=Node(1, "h", 1), identity=Identity("User:a")
)


class Recorded(NoRecorder):
    """Keeps events."""

    def __init__(self, *kinds: EventKind) -> None:
        self.kinds = kinds
        self.events: list[AuditEvent] = []

    def wants(self, kind: EventKind, principal: str) -> bool:
        return kind in self.kinds

    def record(self, event: AuditEvent) -> None:
        self.events.append(event)


def test_connections_are_followed_from_beginning_to_end() -> None:
    """With who it was, and why it ended."""
    recorded = Recorded(EventKind.CONNECTION)
    events = ConnectionEvents("L", recorded)
    events.opened(INFO)
    events.refused("10.0.0.2:1", "max.connections (5) is reached")
    events.ended(INFO, "idle")

    assert [(each.action, each.outcome, each.principal, each.peer, each.connection_id) for each in recorded.events] == [
        ("connect", "success", "User:a", "10.0.0.1:99", 5),
        ("connect", "refused", "User:ANONYMOUS", "10.0.0.2:1", 0),
        ("disconnect", "idle", "User:a", "10.0.0.1:99", 5),
    ]
    assert recorded.events[1].details == {"reason": "max.connections (5) is reached"}


def test_nothing_is_made_where_nobody_wants_it() -> None:
    """Nor without a recorder."""
    recorded = Recorded(EventKind.ADMIN)
    for events in (ConnectionEvents("L", recorded), ConnectionEvents("L")):
        events.opened(INFO)

    assert not recorded.events
