"""What is recorded of connections for auditors: who came in, who was turned away, and how each ended."""

from broker.handlers.base import ConnectionInfo
from security.audit.event import AuditEvent, EventKind, NoRecorder, Recorder
from security.principal import ANONYMOUS


class ConnectionEvents:
    """Of one listener."""

    def __init__(self, listener: str, recorder: Recorder | None = None) -> None:
        self._listener = listener
        self._recorder = recorder or NoRecorder()

    def opened(self, info: ConnectionInfo) -> None:
        """A connection was taken in. Nobody has logged in yet, unless by certificate."""
        self._record("connect", "success", info.principal, info.peer, info.connection_id)

    def refused(self, peer: str, reason: str) -> None:
        """A connection was not."""
        self._record("connect", "refused", ANONYMOUS, peer, 0, reason)

    def ended(self, info: ConnectionInfo, why: str) -> None:
        """A connection that was taken in is gone. ``why`` as in the metric of closed connections."""
        self._record("disconnect", why, info.principal, info.peer, info.connection_id)

    def _record(self, action: str, outcome: str, principal: str, peer: str, connection_id: int, reason: str | None = None) -> None:
        recorder = self._recorder
        if recorder.wants(EventKind.CONNECTION, principal):
            recorder.record(
                AuditEvent(
                    kind=EventKind.CONNECTION,
                    action=action,
                    outcome=outcome,
                    principal=principal,
                    peer=peer,
                    listener=self._listener,
                    connection_id=connection_id,
                    details={} if reason is None else {"reason": reason},
                )
            )
