"""
SaslHandshake (key 17), versions 0-1.

Behaviour:
- Chooses the mechanism by which the client logs in. One that is not offered is answered with UNSUPPORTED_SASL_MECHANISM and those that are, then
  the connection is closed.
- A client that is logged in begins to do so again (KIP-368), when its session ends at some time, once a second at most; otherwise, and where
  nobody logs in, it is told ILLEGAL_SASL_STATE and goes on as who it is.

Versions:
- v0: the tokens follow as they are, each after its length, without headers.
- v1: they come in SaslAuthenticate. There will be no v2: clients before 2.5 would choose it wrongly (KAFKA-9577).
"""

from typing import Any

from broker.handlers.base import Handler, Outcome, RequestContext
from broker.handlers.session.logging_in import fail, shown
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sasl_handshake import SaslHandshakeRequest, SaslHandshakeResponse
from observability.metrics import LOGINS
from security.sasl.login import Chosen


def handle(request: SaslHandshakeRequest, context: RequestContext) -> Outcome:
    login = context.connection.login
    if login is None:
        return refuse(request, context, ErrorCode.ILLEGAL_SASL_STATE, None)
    offered = list(login.mechanisms)
    match login.choose(request.mechanism, raw=context.api_version == 0):
        case Chosen.ACCEPTED:
            return SaslHandshakeResponse(error_code=ErrorCode.NONE, mechanisms=offered)
        case Chosen.REFUSED:
            return refuse(request, context, ErrorCode.ILLEGAL_SASL_STATE, None)
        case Chosen.NOT_OFFERED:
            LOGINS.labels("other", "failure").inc()
            reason = f"it wanted to log in by {shown(request.mechanism)!r}, offered are {', '.join(offered)}"
            answer = SaslHandshakeResponse(error_code=ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms=offered)
            return fail(reason, answer, context.services)
        case _:
            answer = refuse(request, context, ErrorCode.ILLEGAL_SASL_STATE, None)
            return fail("it began to log in while it was at that", answer, context.services)


def refuse(request: Any, context: RequestContext, code: int, message: str | None) -> SaslHandshakeResponse:
    return SaslHandshakeResponse(error_code=code, mechanisms=[])


HANDLER = Handler(key=ApiKey.SASL_HANDSHAKE, name="sasl_handshake", versions=range(2), handle=handle, refuse=refuse)
