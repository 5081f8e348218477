"""The first administrator: once, whole, with a password that nobody else can read."""

import stat
from pathlib import Path
from typing import Any

import pytest

from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.admin.initial_admin_maker import FILE, InitialAdminImpossible, make_initial_admin
from broker.admin.scram_accounts import ScramAccounts
from broker.config.settings import Settings
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog
from security.acls import stored
from security.acls.kinds import Operation, Permission, ResourceType
from security.sasl.exchange import LoginRefused
from security.sasl.scram import ScramExchange
from tests.security.sasl.scram_client import ScramClient

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")


class Scene:
    def __init__(self, tmp_path: Path) -> None:
        self.data_dir = tmp_path
        self.register = AccessRegister(MemoryCatalog())
        self.credentials = CredentialKeeper(self.register)

    async def make(self, name: str | None = "root", **given: Any) -> None:
        await make_initial_admin(Settings(data_dir=self.data_dir, initial_admin=name, **given), self.register)

    def logs_in(self, password: str, mechanism: str = MECHANISMS[0]) -> bool:
        find = ScramAccounts(self.credentials.find, lambda m, i: None, b"s").of(mechanism)
        server, client = ScramExchange(mechanism, find, "n"), ScramClient(mechanism, "root", password)
        try:
            last = server.take(client.final(server.take(client.first()).token))
        except LoginRefused:
            return False
        return last.identity is not None and client.verified(last.token)

    @property
    def made(self) -> Path:
        return self.data_dir / FILE


async def test_a_password_is_made_and_kept_where_only_its_owner_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log says where it is, and never what."""
    scene = Scene(tmp_path)
    await scene.make()
    password = scene.made.read_text().strip()

    assert stat.S_IMODE(scene.made.stat().st_mode) == 0o600
    assert len(password) >= 24
    assert all(scene.logs_in(password, mechanism) for mechanism in MECHANISMS)
    assert not scene.logs_in(password + "x")
    shown = capsys.readouterr()
    assert str(scene.made) in shown.out + shown.err
    assert password not in shown.out + shown.err


async def test_it_may_do_everything_by_ordinary_rules(tmp_path: Path) -> None:
    """One for each type of resource, which can be seen and removed."""
    scene = Scene(tmp_path)
    await scene.make()
    rules = [stored.read(scene.register.find(AccessKind.ACL, name) or "") for name in scene.register.names(AccessKind.ACL)]

    assert {rule.resource_type for rule in rules} == {each for each in ResourceType if each > ResourceType.ANY}
    assert {(rule.principal, rule.operation, rule.permission, rule.host) for rule in rules} == {
        ("User:root", Operation.ALL, Permission.ALLOW, "*")
    }


async def test_a_password_may_be_given(tmp_path: Path) -> None:
    """In a file, which is needed once."""
    scene = Scene(tmp_path)
    path = tmp_path / "given"
    path.write_text("wonder\n")
    await scene.make(initial_admin_password_file=path)
    path.unlink()
    await scene.make(initial_admin_password_file=path)

    assert scene.logs_in("wonder")
    assert not scene.made.exists()


async def test_it_is_made_once(tmp_path: Path) -> None:
    """Who was removed stays removed, whatever the settings still say."""
    scene = Scene(tmp_path)
    await scene.make()
    password = scene.made.read_text().strip()
    for kind in (AccessKind.SCRAM, AccessKind.ACL):
        await scene.register.change([AccessEntry(kind, name, None) for name in scene.register.names(kind)])
    await scene.make()

    assert not scene.logs_in(password)
    assert scene.register.names(AccessKind.ACL) == []


async def test_where_there_are_users_none_is_made(tmp_path: Path) -> None:
    """The setting came later; an administrator there is can make another."""
    scene = Scene(tmp_path)
    await scene.register.change([AccessEntry(AccessKind.SCRAM, "SCRAM-SHA-256:bob", "{}")])
    await scene.make()

    assert scene.register.names(AccessKind.SCRAM) == ["SCRAM-SHA-256:bob"]
    assert not scene.made.exists()


async def test_without_the_setting_nothing_is_made(tmp_path: Path) -> None:
    """No user that nobody asked for."""
    scene = Scene(tmp_path)
    await scene.make(None)

    assert not scene.made.exists()
    assert scene.register.names(AccessKind.SCRAM) == []


async def test_a_password_of_a_start_that_failed_is_taken(tmp_path: Path) -> None:
    """The process died after it wrote the file; nobody would know another one."""
    scene = Scene(tmp_path)
    scene.made.write_text("from before\n")
    await scene.make()

    assert scene.logs_in("from before")


@pytest.mark.parametrize("text", [b"", b"\n", b"two\nlines\n", b"\xff\n", b"x" * 2000, None], ids=str)
async def test_a_file_that_holds_no_password(tmp_path: Path, text: bytes | None) -> None:
    """The broker does not start with a guess."""
    scene = Scene(tmp_path)
    path = tmp_path / "given"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(InitialAdminImpossible, match="given"):
        await scene.make(initial_admin_password_file=path)

    assert scene.register.names(AccessKind.SCRAM) == []


@pytest.mark.parametrize("name", ["", "a\nb", "\u00e4", "x" * 600])
async def test_a_name_that_nobody_can_log_in_by(tmp_path: Path, name: str) -> None:
    """Is refused before anything is made."""
    with pytest.raises(InitialAdminImpossible):
        await Scene(tmp_path).make(name)
