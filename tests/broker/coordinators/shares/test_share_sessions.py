"""Share sessions: epochs, what is followed, bounds."""

from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.shares.share_sessions import ShareSession, ShareSessions
from broker.wire.error_codes import ErrorCode

P, Q = (b"t" * 16, 0), (b"t" * 16, 1)


def begun(sessions: ShareSessions, member: str = "ann", partitions: list[tuple[bytes, int]] | None = None) -> ShareSession:
    session = sessions.create("g", member, [P] if partitions is None else partitions, 10)
    assert isinstance(session, ShareSession)
    return session


def test_epochs_follow_each_other() -> None:
    """Any other is refused and changes nothing; the last one is followed by 1."""
    sessions = ShareSessions()
    session = begun(sessions)
    assert sessions.go_on("g", "ann", 2, [Q]) is ErrorCode.INVALID_SHARE_SESSION_EPOCH
    assert list(session.partitions) == [P]
    assert sessions.go_on("g", "ann", 1, [Q], [P]) is session
    assert (list(session.partitions), session.epoch) == ([Q], 2)
    session.epoch = 2**31 - 1
    assert sessions.go_on("g", "ann", 2**31 - 1) is session
    assert session.epoch == 1
    assert sessions.go_on("g", "bob", 1) is ErrorCode.SHARE_SESSION_NOT_FOUND
    assert sessions.go_on("h", "ann", 1) is ErrorCode.SHARE_SESSION_NOT_FOUND


def test_a_member_has_one_session() -> None:
    """A new one ends the old one, even when there is no room for it."""
    sessions = ShareSessions()
    old = begun(sessions)
    new = begun(sessions)
    assert (old.is_ended, new.is_ended, len(sessions)) == (True, False, 1)
    new.served(Q)
    assert begun(sessions).acquired_in == {Q}
    new = begun(sessions)
    assert not sessions.end(old)
    assert sessions.create("g", "ann", [P], 0) is ErrorCode.SHARE_SESSION_LIMIT_REACHED
    assert (len(sessions), sessions.partition_count) == (0, 0)


def test_partitions_are_bounded() -> None:
    """One session too large is not begun, and one that grows too large ends."""
    sessions = ShareSessions(partitions_max=2)
    session = begun(sessions, partitions=[P])
    assert sessions.create("g", "bob", [P, Q], 10) is ErrorCode.SHARE_SESSION_LIMIT_REACHED
    begun(sessions, "cid")
    assert sessions.go_on("g", "ann", 1, [Q]) is ErrorCode.SHARE_SESSION_NOT_FOUND
    assert session.is_ended
    assert sessions.partition_count == 1


def test_what_gave_records_comes_last() -> None:
    """So that every partition has its turn."""
    session = begun(ShareSessions(), partitions=[P, Q])
    session.served(P)
    session.served((b"x" * 16, 0))
    assert list(session.partitions) == [Q, P]
    assert session.acquired_in == {P, (b"x" * 16, 0)}
    for number in range(1000):
        session.served((b"y" * 16, number))
    assert P in session.acquired_in
    assert len(session.acquired_in) < 100


@given(st.lists(st.tuples(st.sampled_from(["create", "go on", "end"]), st.integers(0, 3), st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))))
def test_partitions_are_counted(steps: list[tuple[str, int, list[int], list[int]]]) -> None:
    """Whatever comes and goes."""
    sessions = ShareSessions(partitions_max=8)
    for what, member, added, forgotten in steps:
        session = sessions.find("g", str(member))
        if what == "create":
            sessions.create("g", str(member), [(b"", index) for index in added], 3)
        elif what == "go on" and session is not None:
            sessions.go_on("g", str(member), session.epoch, [(b"", index) for index in added], [(b"", index) for index in forgotten])
        elif session is not None:
            sessions.end(session)
        alive = [found for each in range(4) if (found := sessions.find("g", str(each))) is not None]
        assert sessions.partition_count == sum(len(each.partitions) for each in alive) <= 8
        assert len(sessions) == len(alive) <= 3
