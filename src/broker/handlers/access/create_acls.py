"""
CreateAcls (key 30), versions 1-3.

Behaviour:
- Each rule is judged by itself; those that can be are stored in one transaction and in force when the answer is sent. One that is there already
  is a success.
- A rule's host may be a network in CIDR form (KIP-1276).
- Needs ALTER on the cluster. SECURITY_DISABLED where rules are not in force.
- A rule with codes that are unknown here is refused by itself; Apache Kafka closes the connection.

Versions:
- v1: pattern types (KIP-290). v2: flexible. v3: users as resources (KIP-373).
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.access.acl_messages import facts_of, kind_of
from broker.handlers.access.permission import require_authorization
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_acls import (
    CreateAclsRequest,
    CreateAclsRequestAclCreation,
    CreateAclsResponse,
    CreateAclsResponseAclCreationResult,
)
from security.acls.acl import Acl
from security.acls.checks import problem_with
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

CHANGES_MAX: Final = 10_000
"""Kafka's bound on what one request changes."""


async def handle(request: CreateAclsRequest, context: RequestContext) -> CreateAclsResponse:
    require_on_cluster(context, Operation.ALTER)
    require_authorization(context, "No Authorizer is configured.")
    if len(request.creations) > CHANGES_MAX:
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"Cannot create more than {CHANGES_MAX} acls in a single operation.")
    access = context.services.access
    new: dict[Acl, None] = {}
    results = []
    for creation in request.creations:
        acl = _rule(creation)
        problem = problem_with(acl)
        results.append(_result(ErrorCode.INVALID_REQUEST, problem) if problem is not None else _result(ErrorCode.NONE, ""))
        if problem is None and acl not in access:
            new[acl] = None
    with context.room_to_record((acl.name, acl.principal, acl.host) for acl in new):
        await access.change(list(new), [])
    for acl in new:
        context.changed("acl", None, facts_of(acl))
    return CreateAclsResponse(results=results)


def _rule(creation: CreateAclsRequestAclCreation) -> Acl:
    return Acl(
        kind_of(ResourceType, creation.resource_type),
        kind_of(PatternType, creation.resource_pattern_type),
        creation.resource_name,
        creation.principal,
        creation.host,
        kind_of(Operation, creation.operation),
        kind_of(Permission, creation.permission_type),
    )


def _result(code: int, message: str | None) -> CreateAclsResponseAclCreationResult:
    return CreateAclsResponseAclCreationResult(error_code=code, error_message=message)


def refuse(request: CreateAclsRequest, context: RequestContext, code: int, message: str | None) -> CreateAclsResponse:
    return CreateAclsResponse(results=[_result(code, message) for _ in request.creations])


HANDLER = Handler(key=ApiKey.CREATE_ACLS, name="create_acls", versions=range(1, 4), handle=handle, refuse=refuse)
