"""Passwords that come as they are."""

from unittest.mock import patch

import pytest

from broker.admin import password_checker
from broker.admin.password_checker import PASSWORD_MAX, REMEMBERED, PasswordChecker
from broker.admin.scram_accounts import ScramAccounts
from security.sasl.scram_credentials import ScramCredential, ScramMechanism, from_password

SHA256, SHA512 = ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512


class Scene:
    def __init__(self) -> None:
        self.users: dict[tuple[str, str], ScramCredential] = {
            ("SCRAM-SHA-256", "alice"): from_password(SHA256, "wonder", b"salt", 4096),
            ("SCRAM-SHA-512", "bob"): from_password(SHA512, "builder", b"salt", 4096),
        }
        find = ScramAccounts(lambda mechanism, user: self.users.get((mechanism, user)), lambda m, i: None, b"s")
        self.checker = PasswordChecker(find, b"key")

    async def who(self, user: str, password: str) -> str | None:
        identity = await self.checker.check(user, password)
        return identity.principal if identity else None


@pytest.mark.parametrize(
    ("user", "password", "who"),
    [
        ("alice", "wonder", "User:alice"),
        ("bob", "builder", "User:bob"),
        ("alice", "builder", None),
        ("alice", "", None),
        ("eve", "wonder", None),
        ("", "", None),
        ("alice", "wonder" + "x" * PASSWORD_MAX, None),
        ("\ud800", "\ud800", None),
    ],
)
async def test_whose_password_it_is(user: str, password: str, who: str | None) -> None:
    """By whatever mechanism the user has a credential for."""
    assert await Scene().who(user, password) == who


async def test_what_was_right_need_not_be_worked_out_again() -> None:
    """As long as it is right: a password that was changed is no longer."""
    scene = Scene()
    with patch.object(password_checker, "_matches", side_effect=password_checker._matches) as matches:
        for _ in range(3):
            assert await scene.who("alice", "wonder") == "User:alice"
        assert matches.call_count == 1
        scene.users[("SCRAM-SHA-256", "alice")] = from_password(SHA256, "changed", b"salt", 4096)
        assert await scene.who("alice", "wonder") is None
        assert await scene.who("alice", "changed") == "User:alice"
        del scene.users[("SCRAM-SHA-256", "alice")]
        assert await scene.who("alice", "changed") is None


async def test_what_is_remembered_is_bounded_and_shows_nothing() -> None:
    """Wrong passwords are not among it."""
    scene = Scene()
    with patch.object(password_checker, "_matches", return_value=True):
        for number in range(REMEMBERED + 10):
            await scene.who("alice", f"right {number}")
    await scene.who("alice", "wrong")

    assert len(scene.checker._right) == REMEMBERED
    assert b"right" not in repr(scene.checker._right).encode()
