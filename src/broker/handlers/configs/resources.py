"""What the configuration requests share: naming a resource once, who may, and carrying out changes one resource after the other."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from broker.admin.config_administrator import Altered
from broker.admin.config_rules import ResourceType as ConfigResource
from broker.errors import BrokerError
from broker.handlers.authorization import CLUSTER_DENIED, GROUP_DENIED, TOPIC_DENIED
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType


class Resource(Protocol):
    """A resource as each of the requests names it."""

    resource_type: int
    resource_name: str


R = TypeVar("R", bound=Resource)

_MESSAGE_MAX = 1_000
"""Reasons may name what a client has sent, which has no bound of its own."""

TWICE = "Each resource must appear at most once."


def named_twice(resources: Iterable[Resource]) -> set[tuple[int, str]]:
    """The resources that a request names more than once."""
    counts = Counter((resource.resource_type, resource.resource_name) for resource in resources)
    return {key for key, count in counts.items() if count > 1}


def bounded(message: str | None) -> str | None:
    """The reason, short enough for any answer."""
    return message if message is None or len(message) <= _MESSAGE_MAX else message[:_MESSAGE_MAX] + "..."


def require(operation: Operation, resource: Resource, context: RequestContext) -> None:
    """Refuse a resource whose configuration the client must not see or change: topics and groups are judged by their names, everything else is the
    cluster's. Raises the error of a denial."""
    if resource.resource_type == ConfigResource.TOPIC:
        kind, name, code, message = (
            ResourceType.TOPIC,
            resource.resource_name,
            ErrorCode.TOPIC_AUTHORIZATION_FAILED,
            TOPIC_DENIED,
        )
    elif resource.resource_type == ConfigResource.GROUP:
        kind, name, code, message = (
            ResourceType.GROUP,
            resource.resource_name,
            ErrorCode.GROUP_AUTHORIZATION_FAILED,
            GROUP_DENIED,
        )
    else:
        kind, name, code, message = (
            ResourceType.CLUSTER,
            CLUSTER_NAME,
            ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
            CLUSTER_DENIED,
        )
    if not context.allows(operation, kind, name):
        raise BrokerError(code, message)


async def change_each(
    resources: Sequence[R], change: Callable[[R], Awaitable[Altered | None]], context: RequestContext
) -> list[tuple[R, int, str | None]]:
    """Carry out ``change`` for each resource that the client may change; those that are refused come with the code and the reason, the others with 0."""
    twice = named_twice(resources)
    results: list[tuple[R, int, str | None]] = []
    for resource in resources:
        try:
            if (resource.resource_type, resource.resource_name) in twice:
                raise BrokerError(ErrorCode.INVALID_REQUEST, TWICE)
            require(Operation.ALTER_CONFIGS, resource, context)
            altered = await change(resource)
        except BrokerError as error:
            results.append((resource, error.code, bounded(error.message)))
        else:
            results.append((resource, ErrorCode.NONE, None))
            if altered is not None:
                context.changed(f"{ConfigResource(resource.resource_type).name.lower()}:{resource.resource_name}:config", *altered)
    return results
