"""Rules are values."""

from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType


def test_equal_rules_are_one() -> None:
    """A set holds each once."""
    rules = [
        Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:a", "*", Operation.READ, Permission.ALLOW)
        for _ in range(2)
    ]

    assert len(set(rules)) == 1


def test_a_rule_can_be_read_by_people() -> None:
    """In logs and explanations."""
    acl = Acl(ResourceType.TOPIC, PatternType.PREFIXED, "orders-", "User:ann", "10.0.0.0/8", Operation.READ, Permission.DENY)

    assert str(acl) == "DENY READ on TOPIC PREFIXED:orders- for User:ann from 10.0.0.0/8"
