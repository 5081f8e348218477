"""CreateDelegationToken."""

from dataclasses import replace
from typing import Any

import pytest

from broker.handlers.access.create_delegation_token import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_delegation_token import (
    CreateDelegationTokenRequest,
    CreateDelegationTokenRequestCreatableRenewers,
)
from security.acls.kinds import Operation, ResourceType
from security.identity import NOBODY, Identity
from tests.broker.handlers.access.world import ANN, NOW_MS, ROOT, AccessWorld


def asking(*renewers: str, **fields: Any) -> CreateDelegationTokenRequest:
    given = [CreateDelegationTokenRequestCreatableRenewers(principal_type=each.partition(":")[0], principal_name=each.partition(":")[2]) for each in renewers]
    return CreateDelegationTokenRequest(
        **{"owner_principal_type": None, "owner_principal_name": None, "max_lifetime_ms": -1, "renewers": given, **fields}
    )


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_client_gets_a_token_for_itself(version: int) -> None:
    """With the HMAC to log in by; it is audited without."""
    world = AccessWorld(delegation_tokens=True)
    response = await world.ask(HANDLER, asking("User:bob"), version, ANN)

    assert (response.error_code, response.principal_type, response.principal_name) == (0, "User", "ann")
    assert (response.issue_timestamp_ms, response.expiry_timestamp_ms) == (NOW_MS, NOW_MS + 86_400_000)
    assert response.max_timestamp_ms == NOW_MS + 7 * 86_400_000
    [token] = world.tokens
    assert world.tokens.by_hmac(bytes(response.hmac)) is token
    assert (token.token_id, token.owner, token.requester, token.renewers) == (response.token_id, "User:ann", "User:ann", ("User:bob",))
    if version >= 3:
        assert (response.token_requester_principal_type, response.token_requester_principal_name) == ("User", "ann")
    [(what, before, after)] = world.audit.changes()
    assert (what, before, after["owner"]) == (f"delegation token {token.token_id}", None, "User:ann")
    assert bytes(response.hmac).hex() not in repr(world.audit.events)


async def test_the_makers_groups_go_with_its_own_token_only() -> None:
    """Nobody here knows those of another."""
    world = AccessWorld(delegation_tokens=True)
    member = replace(ANN, groups=("Group:contractors",))
    await world.allow(ANN, Operation.CREATE_TOKENS, ResourceType.USER, "User:bob")
    for request in (asking(), asking(owner_principal_type="User", owner_principal_name="bob")):
        assert (await world.ask(HANDLER, request, 3, member)).error_code == 0

    assert {token.owner: token.groups for token in world.tokens} == {"User:ann": ("Group:contractors",), "User:bob": ()}


async def test_a_token_for_another_needs_permission_on_that_user() -> None:
    """CREATE_TOKENS, by the user's whole name."""
    world = AccessWorld(delegation_tokens=True)
    request = asking(owner_principal_type="User", owner_principal_name="bob")
    response = await world.ask(HANDLER, request, 3, ANN)
    assert (response.error_code, response.principal_name, response.token_requester_principal_name) == (
        ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED, "bob", "ann",
    )
    assert (response.expiry_timestamp_ms, response.token_id, bytes(response.hmac)) == (-1, "", b"")

    await world.allow(ANN, Operation.CREATE_TOKENS, ResourceType.USER, "User:bob")
    response = await world.ask(HANDLER, request, 3, ANN)
    [token] = world.tokens
    assert (response.error_code, token.owner, token.requester) == (0, "User:bob", "User:ann")
    assert world.tokens.find_login("SCRAM-SHA-256", token.token_id)[1].principal == "User:bob"  # type: ignore[index]


@pytest.mark.parametrize(
    ("identity", "settings", "request_", "code"),
    [
        (NOBODY, {}, asking(), ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED),
        (Identity("User:ann", mechanism="SCRAM-SHA-256", by_token=True), {}, asking(), ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED),
        (ANN, {}, asking("Group:g"), ErrorCode.INVALID_PRINCIPAL_TYPE),
        (ANN, {"delegation_tokens": False}, asking(), ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED),
        (ANN, {}, asking(*(f"User:{number}" for number in range(101))), ErrorCode.INVALID_REQUEST),
        (ANN, {}, asking("User:" + "x" * 1_100), ErrorCode.INVALID_REQUEST),
    ],
)
async def test_what_cannot_be_is_refused(identity: Identity, settings: dict[str, Any], request_: Any, code: ErrorCode) -> None:
    """With Kafka's own errors, and no token is made."""
    world = AccessWorld(**{"delegation_tokens": True, **settings})
    response = await world.ask(HANDLER, request_, 3, identity)

    assert response.error_code == code
    assert list(world.tokens) == []


async def test_an_owner_cannot_fill_the_brokers_memory() -> None:
    """One token too many is refused."""
    world = AccessWorld(delegation_tokens=True, delegation_tokens_per_owner=1)
    codes = [(await world.ask(HANDLER, asking(), 3, identity)).error_code for identity in (ANN, ANN, ROOT)]

    assert codes == [0, ErrorCode.POLICY_VIOLATION, 0]
