"""What operations allow besides themselves."""

import pytest

from security.acls.acl import Acl
from security.acls.implied import operations_of
from security.acls.kinds import Operation, PatternType, Permission, ResourceType


def bits(operation: Operation, permission: Permission) -> set[Operation]:
    number = operations_of(Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:a", "*", operation, permission))
    return {each for each in Operation if number >> each & 1}


@pytest.mark.parametrize("operation", [Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER])
def test_who_may_use_something_may_describe_it(operation: Operation) -> None:
    """When it is allowed; denied, it denies nothing else."""
    assert bits(operation, Permission.ALLOW) == {operation, Operation.DESCRIBE}
    assert bits(operation, Permission.DENY) == {operation}


def test_altering_configurations_shows_them() -> None:
    """ALTER alone does not."""
    assert bits(Operation.ALTER_CONFIGS, Permission.ALLOW) == {Operation.ALTER_CONFIGS, Operation.DESCRIBE_CONFIGS}
    assert bits(Operation.ALTER_CONFIGS, Permission.DENY) == {Operation.ALTER_CONFIGS}


@pytest.mark.parametrize("permission", [Permission.ALLOW, Permission.DENY])
def test_all_is_every_operation(permission: Permission) -> None:
    """Allowed or denied."""
    assert bits(Operation.ALL, permission) == set(Operation) - {Operation.UNKNOWN, Operation.ANY}


@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.DESCRIBE, Operation.CLUSTER_ACTION, Operation.IDEMPOTENT_WRITE])
def test_others_allow_nothing_else(operation: Operation) -> None:
    """Only themselves."""
    assert bits(operation, Permission.ALLOW) == {operation}
