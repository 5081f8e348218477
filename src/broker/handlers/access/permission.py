"""What handlers of access ask before anything else: whether the client may do this with the cluster."""

from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType


def require_on_cluster(context: RequestContext, operation: Operation) -> None:
    """Refuse the whole request unless the client may. Raises BrokerError with CLUSTER_AUTHORIZATION_FAILED."""
    if not context.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME):
        raise BrokerError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, "Cluster authorization failed.")


def require_authorization(context: RequestContext, message: str) -> None:
    """Refuse the whole request where rules are not in force. Raises BrokerError with SECURITY_DISABLED."""
    if not context.services.access.is_enabled:
        raise BrokerError(ErrorCode.SECURITY_DISABLED, message)
