"""Rules and filters as messages say them."""

import pytest

from broker.errors import BrokerError
from broker.handlers.access.acl_messages import facts_of, filter_of, kind_of
from broker.wire.messages.describe_acls import DescribeAclsRequest
from security.acls.acl import Acl
from security.acls.acl_filter import AclFilter
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

ANY = {"resource_name_filter": None, "principal_filter": None, "host_filter": None, "resource_type_filter": 1, "pattern_type_filter": 1, "operation": 1, "permission_type": 1}


def test_numbers_without_a_meaning_are_unknown() -> None:
    """Below and above those that have one."""
    assert kind_of(Operation, 15) is Operation.TWO_PHASE_COMMIT
    assert kind_of(Operation, 16) is kind_of(Operation, -1) is Operation.UNKNOWN


def test_a_filter_is_read() -> None:
    """None and ANY stay what they are."""
    assert filter_of(DescribeAclsRequest(**ANY)) == AclFilter()
    assert filter_of(
        DescribeAclsRequest(
            resource_type_filter=2, resource_name_filter="t", pattern_type_filter=2, principal_filter="User:a", host_filter="*",
            operation=3, permission_type=3,
        )
    ) == AclFilter(ResourceType.TOPIC, PatternType.MATCH, "t", "User:a", "*", Operation.READ, Permission.ALLOW)


@pytest.mark.parametrize(
    ("field", "why"),
    [("resource_type_filter", "pattern"), ("pattern_type_filter", "pattern"), ("operation", "entry"), ("permission_type", "entry")],
)
@pytest.mark.parametrize("code", [0, 99, -1])
def test_a_filter_with_something_unknown_is_refused(field: str, why: str, code: int) -> None:
    """Rather than matching nothing, or everything."""
    with pytest.raises(BrokerError, match=f"Unknown {why}Filter"):
        filter_of(DescribeAclsRequest(**{**ANY, field: code}))


def test_facts_name_everything() -> None:
    """By Kafka's words."""
    acl = Acl(ResourceType.TOPIC, PatternType.PREFIXED, "t", "User:a", "*", Operation.READ, Permission.DENY)

    assert facts_of(acl) == {
        "resource_type": "TOPIC", "pattern_type": "PREFIXED", "name": "t", "principal": "User:a", "host": "*", "operation": "READ",
        "permission": "DENY",
    }
