"""Which sessions end with which credential."""

from hypothesis import given
from hypothesis import strategies as st

from broker.admin.session_keeper import REVOKED, SessionKeeper


class Scene:
    def __init__(self) -> None:
        self.sessions = SessionKeeper()
        self.ended: list[tuple[int, str]] = []

    def enter(self, number: int, credential: str) -> None:
        self.sessions.enter(number, credential, lambda reason: self.end(number, reason))

    def end(self, number: int, reason: str) -> None:
        # As a connection does that is closed.
        self.ended.append((number, reason))
        self.sessions.leave(number)


def test_all_of_a_credential_end_and_no_other() -> None:
    """However many there are; afterwards nothing is kept of them."""
    scene = Scene()
    for number in range(4):
        scene.enter(number, "a" if number % 2 else "b")
    scene.sessions.revoke("a")
    scene.sessions.revoke("a")
    scene.sessions.revoke("unknown")

    assert scene.ended == [(1, REVOKED), (3, REVOKED)]
    assert len(scene.sessions) == 2


def test_who_logs_in_again_by_another_credential_rests_on_that() -> None:
    """A token in the place of another."""
    scene = Scene()
    scene.enter(1, "old")
    scene.enter(1, "new")
    scene.sessions.revoke("old")
    assert scene.ended == []
    scene.sessions.revoke("new")

    assert scene.ended == [(1, REVOKED)]


@given(st.lists(st.tuples(st.sampled_from(["enter", "leave", "revoke"]), st.integers(0, 3), st.sampled_from("ab"))))
def test_nothing_is_left_behind(steps: list[tuple[str, int, str]]) -> None:
    """The index holds exactly the sessions that there are."""
    scene = Scene()
    there: dict[int, str] = {}
    for step, number, credential in steps:
        if step == "enter":
            scene.enter(number, credential)
            there[number] = credential
        elif step == "leave":
            scene.sessions.leave(number)
            there.pop(number, None)
        else:
            scene.sessions.revoke(credential)
            there = {each: other for each, other in there.items() if other != credential}
    assert len(scene.sessions) == len(there)
    assert {each for connections in scene.sessions._by_credential.values() for each in connections} == set(there)
    assert all(scene.sessions._by_credential.values())
