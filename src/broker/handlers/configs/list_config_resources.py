"""
ListConfigResources (key 74), versions 0-1.

Behaviour:
- Names the topics, brokers and broker loggers that have configuration, of the types asked for, or of all (KIP-1142).
- Of groups and of client metrics subscriptions those that something is set for.
- Needs DESCRIBE_CONFIGS on the cluster.
- A type that nobody knows is refused with UNSUPPORTED_VERSION, as Kafka does.

Versions:
- v0: client metrics only (KIP-714; the request was called ListClientMetricsResources). v1: any types.
"""

from broker.admin.config_rules import ResourceType
from broker.errors import BrokerError
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.messages.list_config_resources import (
    ListConfigResourcesRequest,
    ListConfigResourcesResponse,
    ListConfigResourcesResponseConfigResource,
)
from security.acls.kinds import Operation


def handle(request: ListConfigResourcesRequest, context: RequestContext) -> ListConfigResourcesResponse:
    require_on_cluster(context, Operation.DESCRIBE_CONFIGS)
    types = request.resource_types if context.api_version >= 1 else [ResourceType.CLIENT_METRICS]
    try:
        found = context.services.configs.resources(types)
    except BrokerError as error:
        return refuse(request, context, error.code, error.message)
    return ListConfigResourcesResponse(
        config_resources=[
            ListConfigResourcesResponseConfigResource(resource_name=name, resource_type=kind) for kind, name in found
        ]
    )


def refuse(
    request: ListConfigResourcesRequest, context: RequestContext, code: int, message: str | None
) -> ListConfigResourcesResponse:
    return ListConfigResourcesResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.LIST_CONFIG_RESOURCES, name="list_config_resources", versions=range(2), handle=handle, refuse=refuse
)
