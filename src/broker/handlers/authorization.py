"""What handlers have in common when they ask whether a client may do something. What each API needs is listed in ``authorization_table.py``.

Order is the same everywhere: first whether the client may know of a thing, then whether the thing is there. So what a client must not know of
looks the same whether it exists or not.
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

NOT_ASKED: Final = -(2**31)
"""What a bit field of operations holds when the client did not ask for it."""

TOPIC_DENIED: Final = "Topic authorization failed."
GROUP_DENIED: Final = "Group authorization failed."
CLUSTER_DENIED: Final = "Cluster authorization failed."
TRANSACTIONAL_ID_DENIED: Final = "Transactional Id authorization failed."

SUPPORTED: Final = {
    ResourceType.TOPIC: (
        Operation.READ,
        Operation.WRITE,
        Operation.CREATE,
        Operation.DELETE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.GROUP: (
        Operation.READ,
        Operation.DELETE,
        Operation.DESCRIBE,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
    ),
    ResourceType.CLUSTER: (
        Operation.CREATE,
        Operation.ALTER,
        Operation.DESCRIBE,
        Operation.CLUSTER_ACTION,
        Operation.DESCRIBE_CONFIGS,
        Operation.ALTER_CONFIGS,
        Operation.IDEMPOTENT_WRITE,
    ),
}
"""The operations that clients are told of (KIP-430)."""


def bit_field(*operations: int) -> int:
    """The operations' codes as bits of one number."""
    return sum(1 << operation for operation in operations)


EVERYTHING: Final = {kind: bit_field(*operations) for kind, operations in SUPPORTED.items()}


def operations_on(context: RequestContext, kind: ResourceType, name: str) -> int:
    """What the client may do with a resource, as the bit field of KIP-430: bit *n* stands for the operation of code *n*."""
    if not context.services.access.is_enabled:
        return EVERYTHING[kind]
    return bit_field(*(operation for operation in SUPPORTED[kind] if context.sees(operation, kind, name)))


def operations_on_cluster(context: RequestContext) -> int:
    """The same for the cluster; 0 for who may not describe it."""
    if not context.allows(Operation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME):
        return 0
    return operations_on(context, ResourceType.CLUSTER, CLUSTER_NAME)


def require_on_cluster(context: RequestContext, operation: Operation) -> None:
    """Refuse the whole request unless the client may do this with the cluster. Raises CLUSTER_AUTHORIZATION_FAILED."""
    if not context.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME):
        raise BrokerError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, CLUSTER_DENIED)

