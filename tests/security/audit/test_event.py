"""Where nothing is recorded, nothing is made."""

from security.audit.event import EventKind, NoRecorder


def test_no_recorder_wants_nothing() -> None:
    """Whatever the kind."""
    assert not any(NoRecorder().wants(kind, "User:a") for kind in EventKind)
