"""DescribeDelegationToken."""

import pytest

from broker.handlers.access.describe_delegation_token import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_delegation_token import DescribeDelegationTokenOwner, DescribeDelegationTokenRequest
from security.acls.kinds import Operation, ResourceType
from security.identity import NOBODY, Identity
from tests.broker.handlers.access.world import ANN, BOB, ROOT, AccessWorld

ALL = DescribeDelegationTokenRequest(owners=None)


def of(*names: str) -> DescribeDelegationTokenRequest:
    return DescribeDelegationTokenRequest(owners=[DescribeDelegationTokenOwner(principal_type="User", principal_name=name) for name in names])


async def owners(world: AccessWorld, request: DescribeDelegationTokenRequest, identity: Identity) -> list[str]:
    response = await world.ask(HANDLER, request, 3, identity)
    assert response.error_code == 0
    return [token.principal_name for token in response.tokens]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_token_is_described_with_all_there_is_to_it(version: int) -> None:
    """Its HMAC too, which its owner may have lost."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:root", ["User:bob"], -1)
    [found] = (await world.ask(HANDLER, ALL, version, ANN)).tokens

    assert (found.principal_type, found.principal_name, found.token_id) == ("User", "ann", token.token_id)
    assert (found.issue_timestamp, found.expiry_timestamp, found.max_timestamp) == (token.issued_ms, token.expires_ms, token.max_ms)
    assert bytes(found.hmac) == world.tokens.hmac_of(token)
    assert [(each.principal_type, each.principal_name) for each in found.renewers] == [("User", "bob")]
    if version >= 3:
        assert (found.token_requester_principal_type, found.token_requester_principal_name) == ("User", "root")


async def test_of_others_tokens_nothing_is_seen_without_permission() -> None:
    """Neither by asking for all nor by asking for theirs; DESCRIBE on one or DESCRIBE_TOKENS on its owner shows them."""
    world = AccessWorld(delegation_tokens=True)
    anns = await world.tokens.make("User:ann", "User:ann", [], -1)
    await world.tokens.make("User:carl", "User:ann", ["User:dora"], -1)
    bob, dora = BOB, Identity("User:dora", mechanism="PLAIN")

    assert sorted(await owners(world, ALL, ANN)) == ["ann", "carl"]
    assert await owners(world, of("carl"), ANN) == ["carl"]
    assert await owners(world, ALL, dora) == ["carl"]
    assert await owners(world, ALL, bob) == []
    assert await owners(world, of("ann", "carl"), bob) == []
    assert sorted(await owners(world, ALL, ROOT)) == ["ann", "carl"]
    await world.allow(bob, Operation.DESCRIBE, ResourceType.DELEGATION_TOKEN, anns.token_id)
    assert await owners(world, ALL, bob) == ["ann"]
    await world.allow(bob, Operation.DESCRIBE_TOKENS, ResourceType.USER, "User:carl")
    assert sorted(await owners(world, ALL, bob)) == ["ann", "carl"]


async def test_nobodys_tokens_are_none() -> None:
    """An empty list of owners is not everybody."""
    world = AccessWorld(delegation_tokens=True)
    await world.tokens.make("User:ann", "User:ann", [], -1)

    assert await owners(world, of(), ANN) == []


@pytest.mark.parametrize(
    ("identity", "enabled", "code"),
    [(NOBODY, True, ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED), (ANN, False, ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED)],
)
async def test_what_cannot_be_is_refused(identity: Identity, enabled: bool, code: ErrorCode) -> None:
    """Who did not log in; where there are no tokens."""
    response = await AccessWorld(delegation_tokens=enabled).ask(HANDLER, ALL, 3, identity)

    assert (response.error_code, response.tokens) == (code, [])
