"""Which rules a filter means: Kafka's four ways of naming patterns."""

from dataclasses import replace

import pytest

from security.acls.acl import Acl
from security.acls.acl_filter import AclFilter
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

LITERAL = Acl(ResourceType.TOPIC, PatternType.LITERAL, "orders", "User:ann", "*", Operation.READ, Permission.ALLOW)
PREFIXED = replace(LITERAL, pattern_type=PatternType.PREFIXED, name="ord")
WILDCARD = replace(LITERAL, name="*")
OTHER = replace(LITERAL, resource_type=ResourceType.GROUP, principal="User:bob", host="10.0.0.1", operation=Operation.ALL, permission=Permission.DENY)
ALL = [LITERAL, PREFIXED, WILDCARD, OTHER]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AclFilter(), ALL),
        (AclFilter(resource_type=ResourceType.TOPIC), [LITERAL, PREFIXED, WILDCARD]),
        (AclFilter(name="orders"), [LITERAL, OTHER]),
        (AclFilter(name="orders", pattern_type=PatternType.MATCH), ALL),
        (AclFilter(name="order", pattern_type=PatternType.MATCH), [PREFIXED, WILDCARD]),
        (AclFilter(name="*", pattern_type=PatternType.MATCH), [WILDCARD]),
        (AclFilter(name="ord", pattern_type=PatternType.PREFIXED), [PREFIXED]),
        (AclFilter(name="ord", pattern_type=PatternType.LITERAL), []),
        (AclFilter(pattern_type=PatternType.LITERAL), [LITERAL, WILDCARD, OTHER]),
        (AclFilter(pattern_type=PatternType.MATCH), ALL),
        (AclFilter(principal="User:bob"), [OTHER]),
        (AclFilter(principal="User:*"), []),
        (AclFilter(host="10.0.0.1"), [OTHER]),
        (AclFilter(operation=Operation.ALL), [OTHER]),
        (AclFilter(operation=Operation.READ), [LITERAL, PREFIXED, WILDCARD]),
        (AclFilter(permission=Permission.DENY), [OTHER]),
    ],
)
def test_a_filter_means_these(wanted: AclFilter, found: list[Acl]) -> None:
    """And no others, in order."""
    assert wanted.among(ALL) == sorted(found)
