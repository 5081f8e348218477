"""What handlers of access rules ask before anything else: whether rules are in force."""

from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode


def require_authorization(context: RequestContext, message: str) -> None:
    """Refuse the whole request where rules are not in force. Raises BrokerError with SECURITY_DISABLED."""
    if not context.services.access.is_enabled:
        raise BrokerError(ErrorCode.SECURITY_DISABLED, message)
