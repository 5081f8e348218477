"""Codes that travel in requests."""

from security.acls.kinds import Operation, PatternType, Permission, ResourceType


def test_codes_are_kafkas() -> None:
    """The ends and a few between."""
    assert (ResourceType.TOPIC, ResourceType.USER) == (2, 7)
    assert (PatternType.LITERAL, PatternType.PREFIXED) == (3, 4)
    assert (Operation.ALL, Operation.IDEMPOTENT_WRITE, Operation.TWO_PHASE_COMMIT) == (2, 12, 15)
    assert (Permission.DENY, Permission.ALLOW) == (2, 3)
