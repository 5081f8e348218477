"""The delegation tokens there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from broker.admin.access_register import AccessRegister
from broker.admin.token_keeper import TokenKeeper, TokenSecretUnusable, _new_id, find_token_secret
from broker.config.settings import Settings
from broker.errors import BrokerError, StorageUnavailable
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog
from broker.wire.error_codes import ErrorCode
from security.identity import Identity
from security.sasl.scram_credentials import ScramMechanism


class World:
    def __init__(self, catalog: MemoryCatalog | None = None, secret: bytes | None = b"secret", **settings: Any) -> None:
        self.catalog = catalog or MemoryCatalog()
        self.now_ms = 1_000_000
        self.register = AccessRegister(self.catalog)
        self.keeper = TokenKeeper(self.register, Settings(data_dir="unused", **settings), secret, lambda: self.now_ms)
        self.revoked: list[str] = []
        self.keeper.on_revoked(self.revoked.append)


async def test_a_token_is_found_and_logs_in() -> None:
    """By its HMAC and by its id; who logs in by it is its owner, until it ends."""
    world = World()
    token = await world.keeper.make("User:ann", "User:root", ["User:bob", "User:bob"], -1)

    assert world.keeper.by_hmac(world.keeper.hmac_of(token)) == token
    assert token.renewers == ("User:bob",)
    login = world.keeper.find_login("SCRAM-SHA-256", token.token_id)
    assert login == (
        token.credentials[ScramMechanism.SCRAM_SHA_256],
        Identity(
            "User:ann", mechanism="SCRAM-SHA-256", credential=f"TOKEN:{token.token_id}", expires_ms=token.expires_ms, by_token=True
        ),
    )
    assert world.keeper.find_login("SCRAM-SHA-512", token.token_id) is not None
    assert world.keeper.find_login("PLAIN", token.token_id) is None
    world.now_ms = token.expires_ms + 1
    assert world.keeper.find_login("SCRAM-SHA-256", token.token_id) is None


async def test_the_owners_groups_go_with_it() -> None:
    """Through the catalog too: who is denied something by a group is denied it with the token as well."""
    world = World()
    token = await world.keeper.make("User:ann", "User:ann", [], -1, ("Group:contractors",))
    again = World(world.catalog)
    await again.register.load()

    for each in (world, again):
        login = each.keeper.find_login("SCRAM-SHA-256", token.token_id)
        assert login is not None
        assert login[1].groups == ("Group:contractors",)


@pytest.mark.parametrize("shown", [b"", b"x" * 64])
async def test_another_hmac_finds_nothing(shown: bytes) -> None:
    """Nor another id."""
    world = World()
    await world.keeper.make("User:ann", "User:ann", [], -1)

    assert world.keeper.by_hmac(shown) is None
    assert world.keeper.find_login("SCRAM-SHA-256", "x") is None


async def test_a_token_is_there_after_a_restart_with_the_same_secret() -> None:
    """With another one it holds no longer."""
    catalog = MemoryCatalog()
    token = await World(catalog).keeper.make("User:ann", "User:ann", [], -1)
    again, other = World(catalog), World(catalog, b"other")
    for world in (again, other):
        await world.register.load()

    assert list(again.keeper) == [token]
    assert list(other.keeper) == []


async def test_one_that_is_removed_is_revoked() -> None:
    """So is one that is to end earlier than it was, because sessions were told their end when they began; one that is renewed is not."""
    world = World()
    token = await world.keeper.make("User:ann", "User:ann", [], -1)
    await world.keeper.store(token.renewed(world.now_ms + 5, -1, 10**9))
    assert world.revoked == []
    await world.keeper.store(token.expiring(world.now_ms, 5))
    assert world.revoked == [f"TOKEN:{token.token_id}"]
    await world.keeper.remove([token])

    assert world.revoked == 2 * [f"TOKEN:{token.token_id}"]
    assert (list(world.keeper), world.keeper.by_hmac(world.keeper.hmac_of(token))) == ([], None)
    assert await world.catalog.load_access() == []


async def test_an_owner_has_so_many_and_no_more() -> None:
    """Others have theirs; one that is removed makes room."""
    world = World(delegation_tokens_per_owner=2)
    first = await world.keeper.make("User:ann", "User:ann", [], -1)
    await world.keeper.make("User:ann", "User:root", [], -1)
    with pytest.raises(BrokerError, match="2 tokens") as caught:
        await world.keeper.make("User:ann", "User:ann", [], -1)
    assert caught.value.code is ErrorCode.POLICY_VIOLATION

    await world.keeper.make("User:bob", "User:bob", [], -1)
    await world.keeper.remove([first])
    await world.keeper.make("User:ann", "User:ann", [], -1)
    assert len(list(world.keeper)) == 3


async def test_ended_ones_are_removed_regularly() -> None:
    """What storage refuses is tried again."""
    world = World(delegation_token_expiry_check_interval_ms=1)
    short = await world.keeper.make("User:ann", "User:ann", [], 10)
    long = await world.keeper.make("User:ann", "User:ann", [], -1)
    world.now_ms += 11
    change, refusals = world.catalog.change_access, 0
    removed = anyio.Event()
    world.keeper.on_revoked(lambda credential: removed.set())

    async def flaky(entries: Sequence[AccessEntry]) -> None:
        nonlocal refusals
        refusals += 1
        if refusals == 1:
            raise StorageUnavailable("busy")
        await change(entries)

    world.catalog.change_access = flaky  # type: ignore[method-assign]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.keeper.run)
        with anyio.fail_after(10):
            await removed.wait()
        tasks.cancel_scope.cancel()

    assert list(world.keeper) == [long]
    assert world.revoked == [short.credential]
    assert refusals == 2


async def test_one_that_cannot_be_read_is_none() -> None:
    """Whoever stored it."""
    world = World()
    token = await world.keeper.make("User:ann", "User:ann", [], -1)
    world.register.hear([AccessEntry(AccessKind.TOKEN, token.token_id, "{"), AccessEntry(AccessKind.TOKEN, "x", '{"v":2}')])

    assert list(world.keeper) == []
    assert world.revoked == [token.credential]


async def test_without_a_secret_there_are_none() -> None:
    """Not even those that were stored."""
    catalog = MemoryCatalog()
    token = await World(catalog).keeper.make("User:ann", "User:ann", [], -1)
    world = World(catalog, None)
    await world.register.load()

    assert not world.keeper.is_enabled
    assert world.keeper.find_login("SCRAM-SHA-256", token.token_id) is None


async def test_the_secret_is_the_one_that_is_set_or_the_clusters_own(tmp_path: Path) -> None:
    """In a file rather than in the settings; made once, when none is set."""
    catalog = MemoryCatalog()
    file = tmp_path / "secret"
    file.write_text(" hush\n")

    assert await find_token_secret(Settings(), catalog) is None
    assert await find_token_secret(Settings(delegation_token_secret_key="hush"), catalog) == b"hush"
    assert await find_token_secret(Settings(delegation_token_secret_file=str(file)), catalog) == b"hush"
    own = await find_token_secret(Settings(delegation_tokens=True), catalog)
    assert own is not None
    assert len(own) == 32
    assert await find_token_secret(Settings(delegation_tokens=True), catalog) == own
    file.write_text("\n")
    with pytest.raises(TokenSecretUnusable, match="empty"):
        await find_token_secret(Settings(delegation_token_secret_file=str(file)), catalog)
    with pytest.raises(TokenSecretUnusable, match="No such file"):
        await find_token_secret(Settings(delegation_token_secret_file=str(tmp_path / "none")), catalog)


def test_ids_are_not_taken_for_options() -> None:
    """They are 22 letters, and never twice the same."""
    ids = {_new_id() for _ in range(500)}

    assert len(ids) == 500
    assert {len(token_id) for token_id in ids} == {22}
    assert not any(token_id.startswith("-") for token_id in ids)
