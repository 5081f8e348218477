"""
DescribeDelegationToken (key 41), versions 1-3 (KIP-48).

Behaviour:
- Lists tokens with their HMACs: those that the client owns, made or may renew, and those of others that it may describe (DESCRIBE on the token, or
  DESCRIBE_TOKENS on its owner, KIP-373). What it may not know of is left out.
- Only for clients that logged in, and not by a token. No owners given means everybody's, an empty list nobody's.

Versions:
- v2: flexible. v3: who made a token, where that is not its owner.
"""

from broker.admin.token_keeper import TokenKeeper
from broker.handlers.access.token_requests import enabled_tokens, parts_of, principal_of, require_login
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.messages.describe_delegation_token import (
    DescribeDelegationTokenRequest,
    DescribeDelegationTokenResponse,
    DescribeDelegationTokenResponseDescribedDelegationToken,
    DescribeDelegationTokenResponseDescribedDelegationTokenRenewer,
)
from security.acls.kinds import Operation, ResourceType
from security.sasl.delegation_token import DelegationToken

Described = DescribeDelegationTokenResponseDescribedDelegationToken
Renewer = DescribeDelegationTokenResponseDescribedDelegationTokenRenewer


def handle(request: DescribeDelegationTokenRequest, context: RequestContext) -> DescribeDelegationTokenResponse:
    require_login(context)
    tokens = enabled_tokens(context)
    owners = None
    if request.owners is not None:
        owners = {principal_of(owner.principal_type, owner.principal_name) for owner in request.owners}
    return DescribeDelegationTokenResponse(
        tokens=[
            _described(token, tokens)
            for token in sorted(tokens, key=lambda token: (token.issued_ms, token.token_id))
            if (owners is None or token.owner in owners) and _may_be_known(token, context)
        ]
    )


def _may_be_known(token: DelegationToken, context: RequestContext) -> bool:
    return (
        token.concerns(context.connection.principal)
        or context.sees(Operation.DESCRIBE, ResourceType.DELEGATION_TOKEN, token.token_id)
        or context.sees(Operation.DESCRIBE_TOKENS, ResourceType.USER, token.owner)
    )


def _described(token: DelegationToken, tokens: TokenKeeper) -> Described:
    (owner_type, owner_name), (requester_type, requester_name) = parts_of(token.owner), parts_of(token.requester)
    return Described(
        principal_type=owner_type,
        principal_name=owner_name,
        token_requester_principal_type=requester_type,
        token_requester_principal_name=requester_name,
        issue_timestamp=token.issued_ms,
        expiry_timestamp=token.expires_ms,
        max_timestamp=token.max_ms,
        token_id=token.token_id,
        hmac=tokens.hmac_of(token),
        renewers=[
            Renewer(principal_type=kind, principal_name=name) for kind, name in map(parts_of, token.renewers)
        ],
    )


def refuse(
    request: DescribeDelegationTokenRequest, context: RequestContext, code: int, message: str | None
) -> DescribeDelegationTokenResponse:
    return DescribeDelegationTokenResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.DESCRIBE_DELEGATION_TOKEN,
    name="describe_delegation_token",
    versions=range(1, 4),
    handle=handle,
    refuse=refuse,
)
