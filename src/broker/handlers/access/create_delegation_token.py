"""
CreateDelegationToken (key 38), versions 1-3 (KIP-48).

Behaviour:
- Makes a token that its bearer can log in with by SCRAM and act as its owner, until it ends. Its HMAC is the password.
- The owner's groups go with it, where the owner makes it: rules for them hold for its bearer too (Apache Kafka has no groups).
- Only for clients that logged in, and not by a token. For another owner CREATE_TOKENS is needed on that user (KIP-373).
- An owner has a bounded number of tokens (``delegation_tokens_per_owner``), a token a bounded number of renewers; Apache Kafka has no such bounds.

Versions:
- v2: flexible. v3: an owner other than who asks (KIP-373).
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.access.token_requests import enabled_tokens, parts_of, principal_of, require_login
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_delegation_token import CreateDelegationTokenRequest, CreateDelegationTokenResponse
from security.acls.kinds import Operation, ResourceType

RENEWERS_MAX: Final = 100
NAME_MAX: Final = 1024
_NEVER: Final = -1


async def handle(request: CreateDelegationTokenRequest, context: RequestContext) -> CreateDelegationTokenResponse:
    requester = context.connection.principal
    owner = _owner(request, context)
    require_login(context)
    if owner != requester and not context.allows(Operation.CREATE_TOKENS, ResourceType.USER, owner):
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED)
    if any(renewer.principal_type != "User" for renewer in request.renewers):
        raise BrokerError(ErrorCode.INVALID_PRINCIPAL_TYPE)
    tokens = enabled_tokens(context)
    renewers = [principal_of(each.principal_type, each.principal_name) for each in request.renewers]
    if len(renewers) > RENEWERS_MAX or any(len(name) > NAME_MAX for name in (owner, *renewers)):
        raise BrokerError(ErrorCode.INVALID_REQUEST)
    groups = context.connection.identity.groups if owner == requester else ()
    token = await tokens.make(owner, requester, renewers, request.max_lifetime_ms, groups)
    context.changed(
        f"delegation token {token.token_id}",
        None,
        {"owner": owner, "renewers": renewers, "expires_ms": token.expires_ms, "max_ms": token.max_ms},
    )
    answer = _response(owner, requester)
    answer.issue_timestamp_ms = token.issued_ms
    answer.expiry_timestamp_ms = token.expires_ms
    answer.max_timestamp_ms = token.max_ms
    answer.token_id = token.token_id
    answer.hmac = tokens.hmac_of(token)
    return answer


def _owner(request: CreateDelegationTokenRequest, context: RequestContext) -> str:
    if request.owner_principal_name:
        return principal_of(request.owner_principal_type, request.owner_principal_name)
    return context.connection.principal


def _response(owner: str, requester: str) -> CreateDelegationTokenResponse:
    (owner_type, owner_name), (requester_type, requester_name) = parts_of(owner), parts_of(requester)
    return CreateDelegationTokenResponse(
        principal_type=owner_type,
        principal_name=owner_name,
        token_requester_principal_type=requester_type,
        token_requester_principal_name=requester_name,
        issue_timestamp_ms=_NEVER,
        expiry_timestamp_ms=_NEVER,
        max_timestamp_ms=_NEVER,
    )


def refuse(
    request: CreateDelegationTokenRequest, context: RequestContext, code: int, message: str | None
) -> CreateDelegationTokenResponse:
    answer = _response(_owner(request, context), context.connection.principal)
    answer.error_code = code
    return answer


HANDLER = Handler(
    key=ApiKey.CREATE_DELEGATION_TOKEN,
    name="create_delegation_token",
    versions=range(1, 4),
    handle=handle,
    refuse=refuse,
)
