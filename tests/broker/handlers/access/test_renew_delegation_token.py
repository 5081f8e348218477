"""RenewDelegationToken."""

import pytest

from broker.handlers.access.renew_delegation_token import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.renew_delegation_token import RenewDelegationTokenRequest
from security.identity import NOBODY, Identity
from tests.broker.handlers.access.world import ANN, BOB, NOW_MS, ROOT, AccessWorld

DAY = 86_400_000


async def asked(world: AccessWorld, identity: Identity, hmac: bytes, period: int = -1, version: int = 2) -> tuple[int, int]:
    response = await world.ask(HANDLER, RenewDelegationTokenRequest(hmac=hmac, renew_period_ms=period), version, identity)
    return response.error_code, response.expiry_timestamp_ms


@pytest.mark.parametrize("version", HANDLER.versions)
@pytest.mark.parametrize("identity", [ANN, BOB], ids=["its owner", "a renewer"])
async def test_a_token_holds_for_longer(version: int, identity: Identity) -> None:
    """From now on; what was stored says so, and the audit."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:ann", ["User:bob"], -1)
    world.now_ms += 1_000

    assert await asked(world, identity, world.tokens.hmac_of(token), version=version) == (0, NOW_MS + 1_000 + DAY)
    assert next(iter(world.tokens)).expires_ms == NOW_MS + 1_000 + DAY
    assert world.audit.changes() == [
        (f"delegation token {token.token_id}", {"expires_ms": NOW_MS + DAY}, {"expires_ms": NOW_MS + 1_000 + DAY})
    ]


async def test_what_cannot_be_is_refused() -> None:
    """An unknown one, another's, one that has ended; super users are no exception, as in Kafka."""
    world = AccessWorld(delegation_tokens=True)
    token = await world.tokens.make("User:ann", "User:ann", [], 10)
    hmac = world.tokens.hmac_of(token)

    assert await asked(world, ANN, b"x" * 64) == (ErrorCode.DELEGATION_TOKEN_NOT_FOUND, -1)
    for identity in (BOB, ROOT):
        assert await asked(world, identity, hmac) == (ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH, -1)
    assert await asked(world, NOBODY, hmac) == (ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, -1)
    world.now_ms += 11
    assert await asked(world, ANN, hmac) == (ErrorCode.DELEGATION_TOKEN_EXPIRED, -1)
    assert await asked(AccessWorld(), ANN, hmac) == (ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED, -1)
