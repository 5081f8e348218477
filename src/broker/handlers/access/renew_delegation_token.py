"""
RenewDelegationToken (key 39), versions 1-2 (KIP-48).

Behaviour:
- A token that still holds does so for longer, never beyond its end. Its owner may do so and its renewers.
- Only for clients that logged in, and not by a token.

Versions:
- v2: flexible.
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.access.token_requests import enabled_tokens, require_login
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.renew_delegation_token import RenewDelegationTokenRequest, RenewDelegationTokenResponse

_NEVER: Final = -1


async def handle(request: RenewDelegationTokenRequest, context: RequestContext) -> RenewDelegationTokenResponse:
    require_login(context)
    tokens = enabled_tokens(context)
    services = context.services
    now_ms = services.now_ms()
    token = tokens.by_hmac(bytes(request.hmac))
    if token is None:
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
    if not token.holds(now_ms):
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
    if not token.may_be_renewed_by(context.connection.principal):
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH)
    usual_ms = services.settings.current.delegation_token_expiry_time_ms
    renewed = token.renewed(now_ms, request.renew_period_ms, usual_ms)
    await tokens.store(renewed)
    context.changed(
        f"delegation token {token.token_id}", {"expires_ms": token.expires_ms}, {"expires_ms": renewed.expires_ms}
    )
    return RenewDelegationTokenResponse(expiry_timestamp_ms=renewed.expires_ms)


def refuse(
    request: RenewDelegationTokenRequest, context: RequestContext, code: int, message: str | None
) -> RenewDelegationTokenResponse:
    return RenewDelegationTokenResponse(error_code=code, expiry_timestamp_ms=_NEVER)


HANDLER = Handler(
    key=ApiKey.RENEW_DELEGATION_TOKEN,
    name="renew_delegation_token",
    versions=range(1, 3),
    handle=handle,
    refuse=refuse,
)
