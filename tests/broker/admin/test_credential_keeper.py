"""Passwords of SCRAM users, and word of those that hold no longer."""

import pytest

from broker.admin.access_register import AccessRegister
from broker.admin.credential_keeper import CredentialKeeper
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog
from security.sasl.scram_credentials import ScramCredential, ScramMechanism

KEY = (ScramMechanism.SCRAM_SHA_256, "ann")
ONE, TWO = ScramCredential(b"salt", b"stored", b"server", 4096), ScramCredential(b"salt2", b"stored", b"server", 4096)


def made(catalog: MemoryCatalog | None = None) -> tuple[CredentialKeeper, AccessRegister, list[str]]:
    register = AccessRegister(catalog or MemoryCatalog())
    keeper = CredentialKeeper(register)
    revoked: list[str] = []
    keeper.on_revoked(revoked.append)
    return keeper, register, revoked


async def test_a_password_is_found_by_mechanism_and_user() -> None:
    """Once it is stored, and after a restart."""
    catalog = MemoryCatalog()
    keeper, _, revoked = made(catalog)
    assert keeper.find("SCRAM-SHA-256", "ann") is None
    await keeper.change({KEY: ONE}, [])
    again, register, revoked_again = made(catalog)
    await register.load()

    for each in (keeper, again):
        assert each.find("SCRAM-SHA-256", "ann") == ONE
        assert each.find("SCRAM-SHA-512", "ann") is None
        assert each.find("PLAIN", "ann") is None
        assert each.find("SCRAM-SHA-256", "bob") is None
        assert (list(each), each.of("ann")) == (["ann"], {KEY[0]: ONE})
    assert (revoked, revoked_again) == ([], [])


async def test_one_that_is_removed_or_replaced_is_revoked() -> None:
    """One that is stored again as it was is not."""
    keeper, register, revoked = made()
    await keeper.change({KEY: ONE}, [])
    await keeper.change({KEY: ONE}, [])
    assert revoked == []
    await keeper.change({KEY: TWO}, [])
    assert revoked == ["SCRAM-SHA-256:ann"]
    await keeper.change({}, [KEY])
    assert revoked == ["SCRAM-SHA-256:ann"] * 2
    assert list(keeper) == []
    assert register.names(AccessKind.SCRAM) == []


@pytest.mark.parametrize("value", ["{", '{"v":2}'])
async def test_one_that_cannot_be_read_lets_nobody_in(value: str) -> None:
    """And whoever logged in by the one before is let go."""
    keeper, register, revoked = made()
    await keeper.change({KEY: ONE}, [])
    register.hear([AccessEntry(AccessKind.SCRAM, "SCRAM-SHA-256:ann", value), AccessEntry(AccessKind.SCRAM, "SCRAM-X:ann", value)])

    assert keeper.find("SCRAM-SHA-256", "ann") is None
    assert revoked == ["SCRAM-SHA-256:ann"]


async def test_all_that_another_broker_removed_is_revoked() -> None:
    """When everything is read anew."""
    keeper, register, revoked = made()
    await keeper.change({KEY: ONE, (ScramMechanism.SCRAM_SHA_512, "ann"): ONE}, [])
    register.replace([AccessEntry(AccessKind.SCRAM, "SCRAM-SHA-512:ann", register.find(AccessKind.SCRAM, "SCRAM-SHA-512:ann"))])

    assert revoked == ["SCRAM-SHA-256:ann"]
    assert list(keeper.of("ann")) == [ScramMechanism.SCRAM_SHA_512]
