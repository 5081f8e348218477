"""
DescribeClientQuotas (key 48), versions 0-1.

Behaviour:
- Gives the entities that fit a filter, each with what is set on itself: not what holds for a client in the end.
- Needs DESCRIBE_CONFIGS on the cluster.
- An entity type that nobody knows is UNSUPPORTED_VERSION, every other question without meaning INVALID_REQUEST.

Versions:
- v1: flexible.
"""

from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_client_quotas import (
    DescribeClientQuotasRequest,
    DescribeClientQuotasResponse,
    DescribeClientQuotasResponseEntityData,
    DescribeClientQuotasResponseEntryData,
    DescribeClientQuotasResponseValueData,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from security.quotas.quota_filter import FilterProblem, QuotaFilter


def handle(request: DescribeClientQuotasRequest, context: RequestContext) -> DescribeClientQuotasResponse:
    if not context.allows(Operation.DESCRIBE_CONFIGS, ResourceType.CLUSTER, CLUSTER_NAME):
        return refuse(request, context, ErrorCode.CLUSTER_AUTHORIZATION_FAILED, None)
    components = [(each.entity_type, each.match_type, each.match) for each in request.components]
    try:
        wanted = QuotaFilter.of(components, is_strict=request.strict)
    except FilterProblem as problem:
        code = ErrorCode.UNSUPPORTED_VERSION if problem.is_unknown_type else ErrorCode.INVALID_REQUEST
        return refuse(request, context, code, str(problem))
    return DescribeClientQuotasResponse(
        entries=[
            DescribeClientQuotasResponseEntryData(
                entity=[
                    DescribeClientQuotasResponseEntityData(entity_type=kind, entity_name=name)
                    for kind, name in entity.parts
                ],
                values=[
                    DescribeClientQuotasResponseValueData(key=key, value=value) for key, value in sorted(values.items())
                ],
            )
            for entity, values in context.services.quotas.select(wanted)
        ]
    )


def refuse(
    request: DescribeClientQuotasRequest, context: RequestContext, code: int, message: str | None
) -> DescribeClientQuotasResponse:
    return DescribeClientQuotasResponse(error_code=code, error_message=message, entries=None)


HANDLER = Handler(
    key=ApiKey.DESCRIBE_CLIENT_QUOTAS, name="describe_client_quotas", versions=range(2), handle=handle, refuse=refuse
)
