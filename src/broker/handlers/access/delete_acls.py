"""
DeleteAcls (key 31), versions 1-3.

Behaviour:
- Removes the access rules that any of the filters means, in one transaction, and names them under each filter that means them.
- More than 10,000 rules at once are refused, and nothing is removed then.
- Needs ALTER on the cluster. SECURITY_DISABLED where rules are not in force.
- A filter with codes that are unknown here is refused by itself; Apache Kafka closes the connection.

Versions:
- v1: pattern types (KIP-290). v2: flexible. v3: users as resources (KIP-373).
"""

from typing import Final

from anyio.lowlevel import checkpoint

from broker.errors import BrokerError
from broker.handlers.access.acl_messages import facts_of, filter_of
from broker.handlers.access.permission import require_authorization
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_acls import (
    DeleteAclsFilterResult,
    DeleteAclsMatchingAcl,
    DeleteAclsRequest,
    DeleteAclsResponse,
)
from security.acls.acl import Acl
from security.acls.kinds import Operation

CHANGES_MAX: Final = 10_000
"""Kafka's bound on what one request changes; here on how many rules the answer names, too."""


async def handle(request: DeleteAclsRequest, context: RequestContext) -> DeleteAclsResponse:
    require_on_cluster(context, Operation.ALTER)
    require_authorization(context, "No Authorizer is configured.")
    access = context.services.access
    gone: dict[Acl, None] = {}
    named = 0
    results = []
    for asked in request.filters:
        await checkpoint()  # each looks at all rules
        try:
            found = filter_of(asked).among(access)
        except BrokerError as error:
            results.append(_failed(error.code, error.message))
            continue
        named += len(found)
        if named > CHANGES_MAX:
            raise BrokerError(
                ErrorCode.INVALID_REQUEST, f"Cannot remove more than {CHANGES_MAX} acls in a single delete operation."
            )
        gone |= dict.fromkeys(found)
        results.append(DeleteAclsFilterResult(error_message=None, matching_acls=[_matching(acl) for acl in found]))
    with context.room_to_record((acl.name, acl.principal, acl.host) for acl in gone):
        await access.change([], list(gone))
    for acl in gone:
        context.changed("acl", facts_of(acl), None)
    return DeleteAclsResponse(filter_results=results)


def _matching(acl: Acl) -> DeleteAclsMatchingAcl:
    return DeleteAclsMatchingAcl(
        error_message=None,
        resource_type=acl.resource_type,
        resource_name=acl.name,
        pattern_type=acl.pattern_type,
        principal=acl.principal,
        host=acl.host,
        operation=acl.operation,
        permission_type=acl.permission,
    )


def _failed(code: int, message: str | None) -> DeleteAclsFilterResult:
    return DeleteAclsFilterResult(error_code=code, error_message=message)


def refuse(request: DeleteAclsRequest, context: RequestContext, code: int, message: str | None) -> DeleteAclsResponse:
    return DeleteAclsResponse(filter_results=[_failed(code, message) for _ in request.filters])


HANDLER = Handler(key=ApiKey.DELETE_ACLS, name="delete_acls", versions=range(1, 4), handle=handle, refuse=refuse)
