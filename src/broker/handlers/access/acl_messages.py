"""Access rules and filters as messages say them: numbers that may mean nothing, and rules as facts for the audit."""

from enum import IntEnum
from typing import Any, Protocol, TypeVar

from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from security.acls.acl import Acl
from security.acls.acl_filter import AclFilter
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

Kind = TypeVar("Kind", bound=IntEnum)


class FilterFields(Protocol):
    """What DescribeAcls and DeleteAcls name alike."""

    resource_type_filter: int
    resource_name_filter: str | None
    pattern_type_filter: int
    principal_filter: str | None
    host_filter: str | None
    operation: int
    permission_type: int


def kind_of(kinds: type[Kind], code: int) -> Kind:
    """What a number stands for; UNKNOWN when nothing here."""
    try:
        return kinds(code)
    except ValueError:
        return kinds(0)


def filter_of(fields: FilterFields) -> AclFilter:
    """The filter that a client means. Raises BrokerError with INVALID_REQUEST when it names something unknown: less would be found than it means."""
    wanted = AclFilter(
        kind_of(ResourceType, fields.resource_type_filter),
        kind_of(PatternType, fields.pattern_type_filter),
        fields.resource_name_filter,
        fields.principal_filter,
        fields.host_filter,
        kind_of(Operation, fields.operation),
        kind_of(Permission, fields.permission_type),
    )
    if wanted.resource_type is ResourceType.UNKNOWN or wanted.pattern_type is PatternType.UNKNOWN:
        raise BrokerError(ErrorCode.INVALID_REQUEST, "Unknown patternFilter.")
    if wanted.operation is Operation.UNKNOWN or wanted.permission is Permission.UNKNOWN:
        raise BrokerError(ErrorCode.INVALID_REQUEST, "Unknown entryFilter.")
    return wanted


def facts_of(acl: Acl) -> dict[str, Any]:
    """A rule for whoever reads the audit."""
    return {
        "resource_type": acl.resource_type.name,
        "pattern_type": acl.pattern_type.name,
        "name": acl.name,
        "principal": acl.principal,
        "host": acl.host,
        "operation": acl.operation.name,
        "permission": acl.permission.name,
    }
