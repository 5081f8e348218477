"""The states of a login: what may be asked when, until when a session holds, and how a client logs in again."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.identity import Identity
from security.sasl.exchange import Exchange, LoginRefused, Step
from security.sasl.login import (
    API_VERSIONS,
    SASL_AUTHENTICATE,
    SASL_HANDSHAKE,
    CannotChange,
    Chosen,
    Login,
    OutOfPlace,
    State,
)

METADATA = 3
SESSION_MS = 60_000


class NameExchange:
    """Believes whoever says a name, and asks once more for those of two words."""

    def __init__(self, expires_ms: int | None) -> None:
        self._expires_ms = expires_ms

    def take(self, token: bytes) -> Step:
        name = token.decode()
        if name == "bad":
            raise LoginRefused("bad", name)
        if name.endswith(" "):
            return Step(b"more")
        return Step(b"", Identity(f"User:{name}", mechanism="ONE", credential=f"ONE:{name}", expires_ms=self._expires_ms))


class Scene:
    """A login and its clocks."""

    def __init__(self, max_session_ms: int = 0, expires_ms: int | None = None) -> None:
        self.now_s = 100.0
        self.changes: list[State] = []
        begin: Callable[[], Exchange] = lambda: NameExchange(expires_ms)  # noqa: E731
        self.login = Login(
            {"ONE": begin, "TWO": begin},
            max_session_ms=lambda mechanism: max_session_ms if mechanism == "ONE" else 0,
            monotonic_s=lambda: self.now_s,
            now_ms=lambda: int(self.now_s * 1000),
            patience_s=10,
        )
        self.login.on_change = lambda: self.changes.append(self.login.state)

    def log_in(self, name: bytes = b"alice", mechanism: str = "ONE") -> int:
        assert self.login.choose(mechanism, raw=False) is Chosen.ACCEPTED
        step, lifetime_ms = self.login.take(name)
        assert step.identity is not None
        return lifetime_ms

    def allowed(self) -> set[int]:
        keys = (METADATA, API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE)
        return {key for key in keys if self.login.objection(key) is None}


def test_what_may_be_asked_at_each_step() -> None:
    """Before a mechanism is chosen the versions, once; then its tokens; then everything."""
    scene = Scene()
    assert scene.allowed() == {API_VERSIONS, SASL_HANDSHAKE}
    assert scene.login.versions_told()
    assert scene.allowed() == {SASL_HANDSHAKE}
    scene.login.choose("ONE", raw=False)
    assert METADATA not in scene.allowed()
    assert scene.login.take(b"alice ")[0].identity is None
    assert METADATA not in scene.allowed()
    scene.login.take(b"alice")
    assert len(scene.allowed()) == 4
    assert scene.login.identity is not None
    assert scene.changes == [State.TOKENS, State.DONE]


def test_raw_tokens_leave_no_room_for_requests() -> None:
    """What comes has no header to tell what it is."""
    scene = Scene()
    scene.login.choose("ONE", raw=True)

    assert scene.login.takes_raw_tokens
    assert scene.allowed() == set()
    scene.login.take(b"alice")
    assert not scene.login.takes_raw_tokens


@pytest.mark.parametrize("what", ["versions", "handshake", "token", "mechanism", "bad"])
def test_a_step_at_the_wrong_time_is_the_last(what: str) -> None:
    """Nothing is allowed any more, whatever comes after it."""
    scene = Scene()
    login = scene.login
    if what == "versions":
        login.choose("ONE", raw=False)
        assert not login.versions_told()
    elif what == "handshake":
        login.choose("ONE", raw=False)
        assert login.choose("ONE", raw=False) is Chosen.NOT_NOW
    elif what == "token":
        with pytest.raises(OutOfPlace):
            login.take(b"alice")
    elif what == "mechanism":
        assert login.choose("GSSAPI", raw=False) is Chosen.NOT_OFFERED
    else:
        login.choose("ONE", raw=False)
        with pytest.raises(LoginRefused):
            login.take(b"bad")

    assert login.state is State.FAILED
    assert scene.allowed() == set()
    assert login.choose("ONE", raw=False) is Chosen.NOT_NOW
    with pytest.raises(OutOfPlace):
        login.take(b"alice")
    assert login.identity is None


@pytest.mark.parametrize(
    ("max_session_ms", "expires_ms", "lifetime_ms"),
    [(0, None, 0), (5000, None, 5000), (0, 107_000, 7000), (5000, 107_000, 5000), (9000, 107_000, 7000), (0, 90_000, 0)],
)
def test_how_long_a_session_holds(max_session_ms: int, expires_ms: int | None, lifetime_ms: int) -> None:
    """The shorter of what the settings and what the token say; the latter counts even when the former say nothing."""
    scene = Scene(max_session_ms, expires_ms)

    assert scene.log_in() == lifetime_ms
    if max_session_ms == 0 and expires_ms is None:
        scene.now_s += 10**6
        assert not scene.login.expired
        return
    scene.now_s += lifetime_ms / 1000 - 0.001
    assert not scene.login.expired
    scene.now_s += 0.002
    assert scene.login.expired
    assert scene.login.overdue() is not None
    # Only to log in again.
    assert scene.allowed() == {SASL_HANDSHAKE}


def test_a_client_logs_in_again() -> None:
    """It stays who it is meanwhile, asks for nothing else, and has a new session then."""
    scene = Scene(SESSION_MS)
    scene.log_in()
    scene.now_s += 50

    assert scene.login.choose("ONE", raw=False) is Chosen.ACCEPTED
    assert METADATA not in scene.allowed()
    assert scene.login.identity is not None
    assert scene.login.take(b"alice")[1] == SESSION_MS
    scene.now_s += 50
    assert not scene.login.expired
    assert scene.changes == [State.TOKENS, State.DONE] * 2


def test_it_may_do_so_when_its_session_has_just_ended() -> None:
    """A clock that is a little off must not cost the connection."""
    scene = Scene(SESSION_MS)
    scene.log_in()
    scene.now_s += 60

    assert scene.log_in() == SESSION_MS


def test_nobody_becomes_another_by_logging_in_again() -> None:
    """And the connection ends."""
    scene = Scene(SESSION_MS)
    scene.log_in()
    scene.now_s += 5
    scene.login.choose("ONE", raw=False)

    with pytest.raises(CannotChange, match="from User:alice to User:bob"):
        scene.login.take(b"bob")
    assert scene.login.identity is not None
    assert scene.login.identity.principal == "User:alice"
    assert scene.allowed() == set()


def test_nobody_changes_the_mechanism() -> None:
    """Told with the first token, as Apache Kafka does."""
    scene = Scene(SESSION_MS)
    scene.log_in()
    scene.now_s += 5

    assert scene.login.choose("TWO", raw=False) is Chosen.ACCEPTED
    with pytest.raises(CannotChange, match=r"'TWO' .* 'ONE'"):
        scene.login.take(b"alice")
    assert scene.login.state is State.FAILED


def test_not_more_often_than_once_a_second() -> None:
    """Refused as an ordinary request, and the session goes on."""
    scene = Scene(SESSION_MS)
    scene.log_in()
    assert scene.log_in() == SESSION_MS
    scene.now_s += 0.999
    assert scene.login.choose("ONE", raw=False) is Chosen.REFUSED
    assert scene.login.state is State.DONE
    scene.now_s += 0.001
    assert scene.login.choose("ONE", raw=False) is Chosen.ACCEPTED


def test_a_session_without_end_needs_no_other() -> None:
    """Refused as an ordinary request, as Apache Kafka does."""
    scene = Scene()
    scene.log_in()

    assert scene.login.choose("ONE", raw=False) is Chosen.REFUSED
    assert len(scene.allowed()) == 4


def test_logging_in_must_not_take_for_ever() -> None:
    """Neither at first nor again: a client that is in the middle of it is no more in than before."""
    scene = Scene(SESSION_MS)
    scene.now_s += 9.9
    assert scene.login.overdue() is None
    scene.now_s += 0.1
    assert scene.login.overdue() == "it did not log in within 10 s"

    scene = Scene(SESSION_MS)
    scene.log_in()
    scene.now_s += 30
    assert scene.login.overdue() is None
    scene.login.choose("ONE", raw=False)
    scene.now_s += 10
    assert scene.login.overdue() is not None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["versions", "choose", "raw", "token", "wait"]), st.sampled_from(["ONE", "TWO", "X", "alice", "bob", "bad", "alice "])
    ),
    max_size=12,
)


@given(STEPS)
def test_whatever_a_client_does_it_is_who_it_showed(steps: list[tuple[str, str]]) -> None:
    """Everything is allowed exactly while a login is done and holds; the name never changes."""
    scene = Scene(3000)
    login = scene.login
    shown: Any = None
    for step, word in steps:
        if step == "versions":
            login.versions_told()
        elif step in ("choose", "raw"):
            login.choose(word, raw=step == "raw")
        elif step == "wait":
            scene.now_s += 1.5
        elif login.state is not State.DONE:
            try:
                identity = login.take(word.encode())[0].identity
            except LoginRefused:
                assert login.state is State.FAILED
                continue
            if identity is not None:
                shown = shown or identity.principal
        assert (login.identity.principal if login.identity else None) == shown
        assert (login.objection(METADATA) is None) == (login.state is State.DONE and not login.expired)
