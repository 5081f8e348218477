"""
DescribeAcls (key 29), versions 1-3.

Behaviour:
- Lists the access rules that a filter means, by resource and in order.
- Needs DESCRIBE on the cluster. SECURITY_DISABLED where rules are not in force.
- A filter with codes that are unknown here is refused; Apache Kafka closes the connection.

Versions:
- v1: pattern types (KIP-290). v2: flexible. v3: users as resources (KIP-373).
"""

from itertools import groupby

from broker.handlers.access.acl_messages import filter_of
from broker.handlers.access.permission import require_authorization
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.messages.describe_acls import (
    DescribeAclsRequest,
    DescribeAclsResource,
    DescribeAclsResponse,
    DescribeAclsResponseAclDescription,
)
from security.acls.kinds import Operation


def handle(request: DescribeAclsRequest, context: RequestContext) -> DescribeAclsResponse:
    require_on_cluster(context, Operation.DESCRIBE)
    require_authorization(context, "No Authorizer is configured on the broker")
    found = filter_of(request).among(context.services.access)
    return DescribeAclsResponse(
        resources=[
            DescribeAclsResource(
                resource_type=resource_type,
                resource_name=name,
                pattern_type=pattern_type,
                acls=[
                    DescribeAclsResponseAclDescription(
                        principal=acl.principal, host=acl.host, operation=acl.operation, permission_type=acl.permission
                    )
                    for acl in acls
                ],
            )
            for (resource_type, pattern_type, name), acls in groupby(
                found, lambda acl: (acl.resource_type, acl.pattern_type, acl.name)
            )
        ],
    )


def refuse(
    request: DescribeAclsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeAclsResponse:
    return DescribeAclsResponse(error_code=code, error_message=message)


HANDLER = Handler(key=ApiKey.DESCRIBE_ACLS, name="describe_acls", versions=range(1, 4), handle=handle, refuse=refuse)
