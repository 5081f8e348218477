"""What a rule that somebody wants to create must be."""

from typing import Final

from security.acls.acl import Acl
from security.acls.hosts import HostProblem, parse_pattern
from security.acls.kinds import CLUSTER_NAME, Operation, PatternType, Permission, ResourceType

TEXT_MAX: Final = 4096
"""The longest name, principal or host of a rule."""


def problem_with(acl: Acl) -> str | None:
    """Why a rule cannot be, in words for whoever wants it; None when it can."""
    if acl.resource_type is ResourceType.CLUSTER and acl.name != CLUSTER_NAME:
        return f"The only valid name for the CLUSTER resource is {CLUSTER_NAME}"
    if not acl.name:
        return "Invalid empty resource name"
    if acl.resource_type in (ResourceType.UNKNOWN, ResourceType.ANY):
        return f"Invalid resourceType {acl.resource_type.name}"
    if acl.pattern_type not in (PatternType.LITERAL, PatternType.PREFIXED):
        return f"Invalid patternType {acl.pattern_type.name}"
    if acl.operation in (Operation.UNKNOWN, Operation.ANY):
        return f"Invalid operation {acl.operation.name}"
    if acl.permission in (Permission.UNKNOWN, Permission.ANY):
        return f"Invalid permissionType {acl.permission.name}"
    if ":" not in acl.principal:
        return (
            f"Could not parse principal from `{acl.principal}` "
            "(no colon is present separating the principal type from the principal name)"
        )
    if max(len(acl.name), len(acl.principal), len(acl.host)) > TEXT_MAX:
        return f"A name, a principal or a host has more than {TEXT_MAX} characters"
    try:
        parse_pattern(acl.host)
    except HostProblem as problem:
        return str(problem)
    return None
