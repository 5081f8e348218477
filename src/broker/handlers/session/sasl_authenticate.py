"""
SaslAuthenticate (key 36), versions 0-2.

Behaviour:
- Carries one token of the mechanism that SaslHandshake chose, and the token that answers it.
- A login that fails is answered a little later, with SASL_AUTHENTICATION_FAILED and a text that is the same whatever was wrong; then the connection
  is closed. Only a client that wants to become another while it logs in again is told so.
- After logging in, and where nobody does, it is answered with ILLEGAL_SASL_STATE.

Versions:
- v1: the last answer says for how long the session holds (KIP-368); 0 is for ever.
- v2: flexible.
"""

from typing import Any, Final

from broker.handlers.base import Handler, Outcome, RequestContext
from broker.handlers.session.logging_in import fail, take_token, why
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sasl_authenticate import SaslAuthenticateRequest, SaslAuthenticateResponse
from security.sasl.exchange import LoginRefused
from security.sasl.login import CannotChange, OutOfPlace, State

_TOO_LATE: Final = "SaslAuthenticate request received after successful authentication"


def handle(request: SaslAuthenticateRequest, context: RequestContext) -> Outcome:
    connection = context.connection
    login = connection.login
    if login is None or login.state is State.DONE:
        return refuse(request, context, ErrorCode.ILLEGAL_SASL_STATE, _TOO_LATE)
    again = login.again
    try:
        step, lifetime_ms = take_token(bytes(request.auth_bytes), login, connection, context.services)
    except LoginRefused as refusal:
        code = ErrorCode.ILLEGAL_SASL_STATE if isinstance(refusal, OutOfPlace) else ErrorCode.SASL_AUTHENTICATION_FAILED
        message = str(refusal) if isinstance(refusal, CannotChange) else _told(login.mechanism, again)
        return fail(why(login, refusal), refuse(request, context, code, message), context.services)
    return SaslAuthenticateResponse(error_code=0, error_message=None, auth_bytes=step.token, session_lifetime_ms=lifetime_ms)


def _told(mechanism: str, again: bool) -> str:
    """What every client is told: whether the user exists must not show."""
    return f"Authentication failed during {'re-' if again else ''}authentication due to invalid credentials with SASL mechanism {mechanism}"


def refuse(request: Any, context: RequestContext, code: int, message: str | None) -> SaslAuthenticateResponse:
    return SaslAuthenticateResponse(error_code=code, error_message=message, auth_bytes=b"", session_lifetime_ms=0)


HANDLER = Handler(key=ApiKey.SASL_AUTHENTICATE, name="sasl_authenticate", versions=range(3), handle=handle, refuse=refuse)
