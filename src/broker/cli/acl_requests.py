"""What the commands ask of a broker about rules of access, and how people write them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from broker.cli.failure import USAGE, CommandFailed
from broker.cli.plain_client import ask, brokers, check
from broker.cli.rights import on_cluster
from security.acls.acl import Acl
from security.acls.kinds import CLUSTER_NAME, WILDCARD, Operation, PatternType, Permission, ResourceType

DESCRIBE_ACLS: Final = 29
CREATE_ACLS: Final = 30
DELETE_ACLS: Final = 31
_VERSION: Final = 3

RESOURCES: Final = tuple(kind for kind in ResourceType if kind > ResourceType.ANY)
OPERATIONS: Final = tuple(operation for operation in Operation if operation > Operation.ANY)


def described(
    bootstrap: str,
    client_config: Path | None,
    *,
    principal: str | None = None,
    resource: tuple[ResourceType, str] | None = None,
) -> list[Acl]:
    """Rules: all of them, those of a principal, those that hold for a resource."""
    from broker.wire.messages.describe_acls import DescribeAclsRequest

    kind, name = resource or (ResourceType.ANY, None)
    request = DescribeAclsRequest(
        resource_type_filter=kind,
        resource_name_filter=name,
        pattern_type_filter=PatternType.ANY if name is None else PatternType.MATCH,
        principal_filter=principal,
        host_filter=None,
        operation=Operation.ANY,
        permission_type=Permission.ANY,
    )
    answer = ask(brokers(bootstrap, client_config)[0], DESCRIBE_ACLS, _VERSION, request)
    check(answer.error_code, "rules were not shown", answer.error_message, on_cluster("describe"))
    return sorted(
        Acl(
            ResourceType(found.resource_type),
            PatternType(found.pattern_type),
            found.resource_name,
            acl.principal,
            acl.host,
            Operation(acl.operation),
            Permission(acl.permission_type),
        )
        for found in answer.resources
        for acl in found.acls
    )


def created(bootstrap: str, client_config: Path | None, acls: Sequence[Acl]) -> list[str]:
    """Create rules; what was refused, in words."""
    from broker.wire.messages.create_acls import CreateAclsRequest, CreateAclsRequestAclCreation

    request = CreateAclsRequest(
        creations=[
            CreateAclsRequestAclCreation(
                resource_type=acl.resource_type,
                resource_name=acl.name,
                resource_pattern_type=acl.pattern_type,
                principal=acl.principal,
                host=acl.host,
                operation=acl.operation,
                permission_type=acl.permission,
            )
            for acl in acls
        ]
    )
    answer = ask(brokers(bootstrap, client_config)[0], CREATE_ACLS, _VERSION, request)
    return _failures("was not created", acls, answer.results)


def deleted(bootstrap: str, client_config: Path | None, acls: Sequence[Acl]) -> list[str]:
    """Delete exactly these; what was refused, in words."""
    from broker.wire.messages.delete_acls import DeleteAclsFilter, DeleteAclsRequest

    request = DeleteAclsRequest(
        filters=[
            DeleteAclsFilter(
                resource_type_filter=acl.resource_type,
                resource_name_filter=acl.name,
                pattern_type_filter=acl.pattern_type,
                principal_filter=acl.principal,
                host_filter=acl.host,
                operation=acl.operation,
                permission_type=acl.permission,
            )
            for acl in acls
        ]
    )
    answer = ask(brokers(bootstrap, client_config)[0], DELETE_ACLS, _VERSION, request)
    return _failures("was not removed", acls, answer.filter_results)


def _failures(what: str, acls: Sequence[Acl], results: Sequence[Any]) -> list[str]:
    failures = []
    for acl, result in zip(acls, results, strict=True):
        try:
            check(result.error_code, f"the rule ({worded(acl)}) {what}", result.error_message, on_cluster("alter"))
        except CommandFailed as failure:
            failures.append(str(failure))
    return failures


# --- how people write them --------------------------------------------------------------------------------------------


def resource_of(text: str) -> tuple[ResourceType, str]:
    """``topic:orders``, ``cluster``. Raises CommandFailed."""
    kind, _, name = text.partition(":")
    known = {each.name.lower().replace("_", "-"): each for each in RESOURCES}
    resource_type = known.get(kind.strip().lower().replace("_", "-"))
    if resource_type is None:
        raise CommandFailed(f"a resource is TYPE:NAME with a type of {', '.join(known)}, not {text!r}", USAGE)
    if resource_type is ResourceType.CLUSTER:
        return resource_type, name or CLUSTER_NAME
    if not name:
        raise CommandFailed(f"a resource is TYPE:NAME, as in {kind}:orders; for all of them {kind}:*", USAGE)
    return resource_type, name


def operation_of(text: str) -> Operation:
    """``read``, ``describe-configs``, ``all``. Raises CommandFailed."""
    known = {each.name.lower().replace("_", "-"): each for each in OPERATIONS}
    operation = known.get(text.strip().lower().replace("_", "-"))
    if operation is None:
        raise CommandFailed(f"an operation is one of {', '.join(known)}, not {text!r}", USAGE)
    return operation


def principal_of(text: str) -> str:
    """``User:alice``. Raises CommandFailed."""
    kind, colon, name = text.partition(":")
    if not (kind and colon and name):
        raise CommandFailed(f"a principal is TYPE:NAME, as in User:alice, not {text!r}", USAGE)
    return text


def acl_of(
    principal: str, operation: str, resource: str, *, host: str = WILDCARD, deny: bool = False, prefixed: bool = False
) -> Acl:
    """A rule as it was written. Raises CommandFailed."""
    resource_type, name = resource_of(resource)
    return Acl(
        resource_type,
        PatternType.PREFIXED if prefixed else PatternType.LITERAL,
        name,
        principal_of(principal),
        host,
        operation_of(operation),
        Permission.DENY if deny else Permission.ALLOW,
    )


def worded(acl: Acl) -> str:
    """For people: ``allow User:alice read on topic:orders``."""
    star = "*" if acl.pattern_type is PatternType.PREFIXED else ""
    kind = acl.resource_type.name.lower().replace("_", "-")
    name = "" if acl.resource_type is ResourceType.CLUSTER else f":{acl.name}{star}"
    host = "" if acl.host == WILDCARD else f" from {acl.host}"
    operation = acl.operation.name.lower().replace("_", "-")
    prefix = " (prefix)" if star else ""
    return f"{acl.permission.name.lower()} {acl.principal} {operation} on {kind}{name}{prefix}{host}"


def rule_of(shown: Mapping[str, str]) -> Acl:
    """A rule as the broker's HTTP surface has it. Raises CommandFailed."""
    try:
        return Acl(
            ResourceType[shown["resource_type"]],
            PatternType[shown["pattern_type"]],
            shown["name"],
            shown["principal"],
            shown["host"],
            Operation[shown["operation"]],
            Permission[shown["permission"]],
        )
    except (KeyError, TypeError) as error:
        raise CommandFailed(f"the broker names a rule that this command does not know: {dict(shown)}") from error
