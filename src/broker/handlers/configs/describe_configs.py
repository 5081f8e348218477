"""
DescribeConfigs (key 32), versions 1-4.

Behaviour:
- Topics show every topic setting of Kafka; brokers (asked by their own id) the settings that both brokers have, the empty broker
  name what was set for all brokers; the broker's logger its level. Groups show those of the consumer protocol, client metrics
  subscriptions their three, whether they exist or not.
- Each value says where it comes from and, when asked, what else would give it (KIP-226), its type and what it means (KIP-569).
- The value of a sensitive setting is never sent.
- No list of settings, or an empty one, asks for all of them. Names that do not exist are left out.
- Needs DESCRIBE_CONFIGS on each topic and group, and on the cluster for everything else.
- A resource that is named twice in one request is refused: nobody asks so, and the answer must not grow beyond what there is.

Versions:
- v1: sources and synonyms. v3: types and documentation (KIP-569). v4: flexible.
"""

import anyio.lowlevel

from broker.admin.config_rules import ResourceType
from broker.config.entry import Entry
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.handlers.configs.resources import TWICE, bounded, named_twice, require
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)
from security.acls.kinds import Operation

_RESOURCES_AT_A_TIME = 50
"""So many resources are described (about 5 ms) before other connections get their turn."""


async def handle(request: DescribeConfigsRequest, context: RequestContext) -> DescribeConfigsResponse:
    resources = request.resources
    for resource in resources:
        if resource.resource_type not in tuple(ResourceType):
            message = f"Unexpected resource type {resource.resource_type}"
            return refuse(request, context, ErrorCode.INVALID_REQUEST, message)
    twice = named_twice(resources)
    results = []
    for number, resource in enumerate(resources, 1):
        try:
            require(Operation.DESCRIBE_CONFIGS, resource, context)
            if (resource.resource_type, resource.resource_name) in twice:
                raise BrokerError(ErrorCode.INVALID_REQUEST, TWICE)
            results.append(_described(resource, request, context))
        except BrokerError as error:
            results.append(_refused(resource, error.code, error.message))
        if number % _RESOURCES_AT_A_TIME == 0:
            await anyio.lowlevel.checkpoint()
    return DescribeConfigsResponse(results=results)


def _described(
    resource: DescribeConfigsResource, request: DescribeConfigsRequest, context: RequestContext
) -> DescribeConfigsResult:
    entries = context.services.configs.describe(resource.resource_type, resource.resource_name)
    if resource.configuration_keys:
        wanted = set(resource.configuration_keys)
        entries = [entry for entry in entries if entry.name in wanted]
    return DescribeConfigsResult(
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
        configs=[_config(entry, request) for entry in entries],
    )


def _config(entry: Entry, request: DescribeConfigsRequest) -> DescribeConfigsResourceResult:
    return DescribeConfigsResourceResult(
        name=entry.name,
        value=None if entry.sensitive else entry.value,
        read_only=entry.read_only,
        config_source=entry.source,
        is_sensitive=entry.sensitive,
        synonyms=[
            DescribeConfigsSynonym(name=synonym.name, value=None if entry.sensitive else synonym.value, source=synonym.source)
            for synonym in (entry.synonyms if request.include_synonyms else ())
        ],
        config_type=entry.kind or 0,
        documentation=entry.what if request.include_documentation else None,
    )


def _refused(resource: DescribeConfigsResource, code: int, message: str | None) -> DescribeConfigsResult:
    return DescribeConfigsResult(
        error_code=code,
        error_message=bounded(message) or "",
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
        configs=[],
    )


def refuse(
    request: DescribeConfigsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeConfigsResponse:
    return DescribeConfigsResponse(results=[_refused(resource, code, message) for resource in request.resources])


HANDLER = Handler(
    key=ApiKey.DESCRIBE_CONFIGS, name="describe_configs", versions=range(1, 5), handle=handle, refuse=refuse
)
