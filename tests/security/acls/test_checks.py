"""What a new rule must be."""

from dataclasses import replace

import pytest

from security.acls.acl import Acl
from security.acls.checks import problem_with
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

GOOD = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.READ, Permission.ALLOW)


@pytest.mark.parametrize(
    "acl",
    [
        GOOD,
        replace(GOOD, pattern_type=PatternType.PREFIXED, name="*"),
        replace(GOOD, resource_type=ResourceType.CLUSTER, name="kafka-cluster"),
        replace(GOOD, resource_type=ResourceType.USER, name="User:x", operation=Operation.CREATE_TOKENS),
        replace(GOOD, principal=":", host="2001:db8::/32"),
        replace(GOOD, host="some.where"),
    ],
)
def test_what_kafka_takes_is_taken(acl: Acl) -> None:
    """Prefixes, networks, principals of any type."""
    assert problem_with(acl) is None


@pytest.mark.parametrize(
    ("acl", "why"),
    [
        (replace(GOOD, resource_type=ResourceType.CLUSTER), "only valid name"),
        (replace(GOOD, name=""), "empty resource name"),
        (replace(GOOD, resource_type=ResourceType.ANY), "Invalid resourceType ANY"),
        (replace(GOOD, resource_type=ResourceType.UNKNOWN), "Invalid resourceType UNKNOWN"),
        (replace(GOOD, pattern_type=PatternType.MATCH), "Invalid patternType MATCH"),
        (replace(GOOD, pattern_type=PatternType.ANY), "Invalid patternType ANY"),
        (replace(GOOD, operation=Operation.ANY), "Invalid operation ANY"),
        (replace(GOOD, operation=Operation.UNKNOWN), "Invalid operation UNKNOWN"),
        (replace(GOOD, permission=Permission.ANY), "Invalid permissionType ANY"),
        (replace(GOOD, principal="ann"), "Could not parse principal from `ann`"),
        (replace(GOOD, host=""), "Host pattern cannot be null or empty"),
        (replace(GOOD, host="10.0.0.0/99"), "Invalid CIDR notation '10.0.0.0/99'"),
        (replace(GOOD, name="x" * 4097), "more than 4096 characters"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(acl: Acl, why: str) -> None:
    """In Kafka's words where it has some."""
    assert why in (problem_with(acl) or "")
