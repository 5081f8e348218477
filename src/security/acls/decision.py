"""What came of a question about access, and why."""

from dataclasses import dataclass

from security.acls.acl import Acl


@dataclass(frozen=True, slots=True)
class Decision:
    """``rule`` is the rule that decided, None when none did; ``reason`` says it in words for people, with no secret in it."""

    allowed: bool
    reason: str
    rule: Acl | None = None
