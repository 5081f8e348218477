"""The file of PLAIN's users."""

import pytest

from security.sasl.plain_users import PlainUsers, UsersUnreadable, read_users


def test_a_line_for_each_user() -> None:
    """Only the first colon parts; a password may hold anything else that fits on a line."""
    text = "# who may come in\n\nalice:wonder\r\nbob: pass:word \n"

    assert read_users(text) == {"alice": "wonder", "bob": " pass:word "}


@pytest.mark.parametrize("line", ["alice", "alice:", ":wonder", " alice:wonder", "alice :wonder", "al\0ice:wonder"])
def test_what_is_wrong_is_told_by_its_line_and_not_shown(line: str) -> None:
    """It may be a password in the wrong place."""
    with pytest.raises(UsersUnreadable, match="line 2") as problem:
        read_users(f"bob:builder\n{line}\n")

    assert "alice" not in str(problem.value)
    assert "wonder" not in str(problem.value)


def test_a_user_who_is_named_twice_is_a_mistake() -> None:
    """Which password holds would be a guess."""
    with pytest.raises(UsersUnreadable, match="line 2"):
        read_users("bob:1\nbob:2")


def test_nobody_has_no_password() -> None:
    """What stands for users that are not there fits no password."""
    users = PlainUsers({}, b"key")

    assert not users.check("", "")
    assert not users.check("eve", "")


def test_who_was_taken_out_or_has_another_password() -> None:
    """They are to log in again; others are not disturbed."""
    before = PlainUsers({"gone": "1", "changed": "2", "same": "3"}, b"key")
    now = PlainUsers({"changed": "4", "same": "3", "new": "5"}, b"key")

    assert now.withdrawn_since(before) == ["gone", "changed"]


def test_passwords_are_not_kept() -> None:
    """What the process holds of them cannot be used to log in elsewhere."""
    users = PlainUsers({"alice": "wonder"}, b"key")

    assert b"wonder" not in repr([users._digests, users]).encode()
