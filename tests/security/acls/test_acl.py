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
