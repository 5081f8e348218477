"""What a client may do with a resource, as the bit field of KIP-430: bit *n* stands for the ACL operation of code *n*."""

from typing import Final

NOT_ASKED: Final = -(2**31)
"""What the field holds when the client did not ask."""

READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE = range(3, 13)


def bit_field(*operations: int) -> int:
    """The operations' codes as bits of one number."""
    return sum(1 << operation for operation in operations)


ON_TOPIC: Final = bit_field(READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)
ON_CLUSTER: Final = bit_field(CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE)
"""All there is to do with a topic, and with the cluster: what Kafka answers too when nothing restricts its clients."""
