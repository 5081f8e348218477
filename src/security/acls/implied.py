"""Which operations a rule speaks of, as bits of a number: bit *n* stands for the operation of code *n*."""

from typing import Final

from security.acls.acl import Acl
from security.acls.kinds import Operation, Permission

_EVERY: Final = sum(1 << operation for operation in Operation if operation > Operation.ANY)
_DESCRIBED_BY: Final = (Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER)
"""Who may do one of these may describe as well. A rule that denies them denies no describing."""


def operations_of(acl: Acl) -> int:
    """What a rule allows, or denies. ALL is every operation; ALTER does not allow to see configurations, ALTER_CONFIGS does."""
    if acl.operation is Operation.ALL:
        return _EVERY
    bits = 1 << acl.operation
    if acl.permission is Permission.ALLOW:
        if acl.operation in _DESCRIBED_BY:
            bits |= 1 << Operation.DESCRIBE
        elif acl.operation is Operation.ALTER_CONFIGS:
            bits |= 1 << Operation.DESCRIBE_CONFIGS
    return bits
