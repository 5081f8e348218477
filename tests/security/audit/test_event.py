"""Events and who takes them."""

from security.audit.event import AuditEvent, EventKind, NoRecorder


def test_nothing_is_kept_where_nobody_listens() -> None:
    """And nothing is refused for it."""
    recorder = NoRecorder()
    recorder.record(AuditEvent(kind=EventKind.ADMIN, action="a", outcome="success", principal="User:a", peer="p", listener="L"))

    assert not recorder.wants(EventKind.AUTHENTICATION, "User:a")
    assert not recorder.refuses_changes
    assert not recorder.samples_allowed()
