"""
ExpireDelegationToken (key 40), versions 1-2 (KIP-48).

Behaviour:
- Sets when a token ends, never beyond its end; with a negative period at once: it is removed. Sessions of who logged in by it end when it is removed or is to
  end earlier than it was; whose token holds for a while yet logs in again. (Apache Kafka has sessions go on.)
- Its owner may do so and its renewers. Only for clients that logged in, and not by a token.

Versions:
- v2: flexible.
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.access.token_requests import enabled_tokens, require_login
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.expire_delegation_token import ExpireDelegationTokenRequest, ExpireDelegationTokenResponse

_NEVER: Final = -1


async def handle(request: ExpireDelegationTokenRequest, context: RequestContext) -> ExpireDelegationTokenResponse:
    require_login(context)
    tokens = enabled_tokens(context)
    now_ms = context.services.now_ms()
    token = tokens.by_hmac(bytes(request.hmac))
    if token is None:
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND)
    if not token.may_be_renewed_by(context.connection.principal):
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH)
    what, before = f"delegation token {token.token_id}", {"expires_ms": token.expires_ms}
    if request.expiry_time_period_ms < 0:
        await tokens.remove([token])
        context.changed(what, before, None)
        return ExpireDelegationTokenResponse(expiry_timestamp_ms=now_ms)
    if not token.holds(now_ms):
        raise BrokerError(ErrorCode.DELEGATION_TOKEN_EXPIRED)
    expiring = token.expiring(now_ms, request.expiry_time_period_ms)
    await tokens.store(expiring)
    context.changed(what, before, {"expires_ms": expiring.expires_ms})
    return ExpireDelegationTokenResponse(expiry_timestamp_ms=expiring.expires_ms)


def refuse(
    request: ExpireDelegationTokenRequest, context: RequestContext, code: int, message: str | None
) -> ExpireDelegationTokenResponse:
    return ExpireDelegationTokenResponse(error_code=code, expiry_timestamp_ms=_NEVER)


HANDLER = Handler(
    key=ApiKey.EXPIRE_DELEGATION_TOKEN,
    name="expire_delegation_token",
    versions=range(1, 3),
    handle=handle,
    refuse=refuse,
)
