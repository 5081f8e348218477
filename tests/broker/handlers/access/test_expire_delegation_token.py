"""ExpireDelegationToken."""

import pytest

from broker.handlers.access.expire_delegation_token import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.expire_delegation_token import ExpireDelegationTokenRequest
from security.identity import NOBODY, Identity
from tests.broker.handlers.access.world import ANN, BOB, NOW_MS, AccessWorld


async def asked(world: AccessWorld, identity: Identity, hmac: bytes, period: int, version: int = 2) -> tuple[int, int]:
    response = await world.ask(HANDLER, ExpireDelegationTokenRequest(hmac=hmac, expiry_time_period_ms=period), version, identity)
    return response.error_code, response.expiry_timestamp_ms


@pytest.mark.parametrize("version", HANDLER.versions)
@pytest.mark.parametrize("identity", [ANN, BOB], ids=["its owner", "a renewer"])
async def test_a_token_can_be_ended_at_once(version: int, identity: Identity) -> None:
    """Who logged in by it is let go."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:ann", ["User:bob"], -1)
    revoked: list[str] = []
    world.tokens.on_revoked(revoked.append)

    assert await asked(world, identity, world.tokens.hmac_of(token), -1, version) == (0, NOW_MS)
    assert list(world.tokens) == []
    assert revoked == [token.credential]
    assert [after for _, _, after in world.audit.changes()] == [None]


async def test_its_end_can_be_set() -> None:
    """Then it ends by itself, and not before."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:ann", [], -1)

    assert await asked(world, ANN, world.tokens.hmac_of(token), 5_000) == (0, NOW_MS + 5_000)
    assert world.tokens.find_login("SCRAM-SHA-256", token.token_id) is not None
    world.now_ms += 5_001
    assert world.tokens.find_login("SCRAM-SHA-256", token.token_id) is None


async def test_what_cannot_be_is_refused() -> None:
    """An unknown one, another's, one that has ended; that one can still be removed."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:ann", [], 10)
    hmac = world.tokens.hmac_of(token)

    assert await asked(world, ANN, b"", -1) == (ErrorCode.DELEGATION_TOKEN_NOT_FOUND, -1)
    assert await asked(world, BOB, hmac, -1) == (ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH, -1)
    assert await asked(world, NOBODY, hmac, -1) == (ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, -1)
    assert await asked(AccessWorld(), ANN, hmac, -1) == (ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED, -1)
    world.now_ms += 11
    assert await asked(world, ANN, hmac, 5) == (ErrorCode.DELEGATION_TOKEN_EXPIRED, -1)
    assert await asked(world, ANN, hmac, -1) == (0, NOW_MS + 11)
