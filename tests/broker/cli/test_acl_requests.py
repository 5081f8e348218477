"""Rules of access as people write and read them."""

import pytest

from broker.cli.acl_requests import OPERATIONS, RESOURCES, acl_of, operation_of, principal_of, resource_of, worded
from broker.cli.failure import CommandFailed
from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType


def test_a_rule_as_it_is_written() -> None:
    """Every word in the form that people are used to."""
    assert acl_of("User:alice", "describe-configs", "Topic:orders") == Acl(
        ResourceType.TOPIC, PatternType.LITERAL, "orders", "User:alice", "*", Operation.DESCRIBE_CONFIGS, Permission.ALLOW
    )
    assert acl_of("Group:a", "ALL", "transactional_id:x:y", host="10.0.0.0/8", deny=True, prefixed=True) == Acl(
        ResourceType.TRANSACTIONAL_ID, PatternType.PREFIXED, "x:y", "Group:a", "10.0.0.0/8", Operation.ALL, Permission.DENY
    )
    assert resource_of("cluster") == (ResourceType.CLUSTER, "kafka-cluster")


def test_all_operations_and_resources_can_be_written() -> None:
    """Those that a rule can have."""
    assert [operation_of(each.name.lower().replace("_", "-")) for each in OPERATIONS] == list(OPERATIONS)
    assert [resource_of(f"{each.name}:kafka-cluster")[0] for each in RESOURCES] == list(RESOURCES)


@pytest.mark.parametrize("text", ["", "topic", "topic:", "colour:red", "any:x", "unknown:x"])
def test_what_is_no_resource(text: str) -> None:
    """Is said with what would be one."""
    with pytest.raises(CommandFailed, match="TYPE:NAME"):
        resource_of(text)


@pytest.mark.parametrize("text", ["", "any", "unknown", "look"])
def test_what_is_no_operation(text: str) -> None:
    """Is said with those there are."""
    with pytest.raises(CommandFailed, match="alter-configs"):
        operation_of(text)


@pytest.mark.parametrize("text", ["alice", ":alice", "User:", ""])
def test_what_is_no_principal(text: str) -> None:
    """A rule for nobody would be worse than none."""
    with pytest.raises(CommandFailed, match="User:alice"):
        principal_of(text)


def test_rules_in_words() -> None:
    """So that a person sees at once what a rule does."""
    assert worded(acl_of("User:a", "read", "topic:t")) == "allow User:a read on topic:t"
    assert worded(acl_of("User:a", "alter-configs", "cluster", deny=True)) == "deny User:a alter-configs on cluster"
    assert worded(acl_of("User:a", "all", "group:g", prefixed=True, host="::1")) == "allow User:a all on group:g* (prefix) from ::1"
