"""
IncrementalAlterConfigs (key 44), versions 0-1.

Behaviour:
- Sets, deletes, appends to and subtracts from single settings (KIP-339); of one resource all changes are made or none.
- Topics: values are checked as Kafka checks them. Brokers: only settings that can change while running; they apply at once and
  are kept. The broker's logger: its level, until the broker stops (KIP-412). Groups, and client metrics subscriptions (KIP-714).
- Needs ALTER_CONFIGS on each topic and group, and on the cluster for everything else.
- ``validate_only`` checks everything and changes nothing.

Versions:
- v1: flexible.
"""

from broker.admin.config_administrator import Altered
from broker.admin.config_rules import Operation
from broker.handlers.base import Handler, RequestContext
from broker.handlers.configs.resources import change_each
from broker.wire.api import ApiKey
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterConfigsResource,
    IncrementalAlterConfigsResponse,
    IncrementalAlterConfigsResponseAlterConfigsResourceResponse,
)


async def handle(request: IncrementalAlterConfigsRequest, context: RequestContext) -> IncrementalAlterConfigsResponse:
    async def change(resource: IncrementalAlterConfigsRequestAlterConfigsResource) -> Altered | None:
        return await context.services.configs.alter(
            resource.resource_type,
            resource.resource_name,
            [Operation(config.name, config.config_operation, config.value) for config in resource.configs],
            validate_only=request.validate_only,
        )

    results = await change_each(request.resources, change, context)
    return IncrementalAlterConfigsResponse(responses=[_response(*result) for result in results])


def _response(
    resource: IncrementalAlterConfigsRequestAlterConfigsResource, code: int, message: str | None
) -> IncrementalAlterConfigsResponseAlterConfigsResourceResponse:
    return IncrementalAlterConfigsResponseAlterConfigsResourceResponse(
        error_code=code,
        error_message=message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )


def refuse(
    request: IncrementalAlterConfigsRequest, context: RequestContext, code: int, message: str | None
) -> IncrementalAlterConfigsResponse:
    return IncrementalAlterConfigsResponse(
        responses=[_response(resource, code, message) for resource in request.resources]
    )


HANDLER = Handler(
    key=ApiKey.INCREMENTAL_ALTER_CONFIGS,
    name="incremental_alter_configs",
    versions=range(2),
    handle=handle,
    refuse=refuse,
)
