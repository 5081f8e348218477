"""
AlterConfigs (key 33), versions 0-2.

Behaviour:
- Replaces everything that is set on a resource: what the request does not name goes back to its default. Tools have used
  IncrementalAlterConfigs instead since KIP-339.
- Topics, brokers, groups and client metrics subscriptions; the checks are those of IncrementalAlterConfigs.
- Needs ALTER_CONFIGS on each topic and group, and on the cluster for everything else.
- ``validate_only`` checks everything and changes nothing.

Versions:
- v2: flexible.
"""

from broker.admin.config_administrator import Altered
from broker.handlers.base import Handler, RequestContext
from broker.handlers.configs.resources import change_each
from broker.wire.api import ApiKey
from broker.wire.messages.alter_configs import (
    AlterConfigsRequest,
    AlterConfigsResource,
    AlterConfigsResourceResponse,
    AlterConfigsResponse,
)


async def handle(request: AlterConfigsRequest, context: RequestContext) -> AlterConfigsResponse:
    async def change(resource: AlterConfigsResource) -> Altered | None:
        return await context.services.configs.replace(
            resource.resource_type,
            resource.resource_name,
            [(config.name, config.value) for config in resource.configs],
            validate_only=request.validate_only,
        )

    results = await change_each(request.resources, change, context)
    return AlterConfigsResponse(responses=[_response(*result) for result in results])


def _response(resource: AlterConfigsResource, code: int, message: str | None) -> AlterConfigsResourceResponse:
    return AlterConfigsResourceResponse(
        error_code=code,
        error_message=message,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )


def refuse(
    request: AlterConfigsRequest, context: RequestContext, code: int, message: str | None
) -> AlterConfigsResponse:
    return AlterConfigsResponse(responses=[_response(resource, code, message) for resource in request.resources])


HANDLER = Handler(key=ApiKey.ALTER_CONFIGS, name="alter_configs", versions=range(3), handle=handle, refuse=refuse)
