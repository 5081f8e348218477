"""What the configuration requests share: naming a resource once, and carrying out changes one resource after the other."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from broker.admin.config_administrator import Altered
from broker.admin.config_rules import ResourceType
from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode


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


async def change_each(
    resources: Sequence[R], context: RequestContext, change: Callable[[R], Awaitable[Altered | None]]
) -> list[tuple[R, int, str | None]]:
    """Carry out ``change`` for each resource; those that are refused come with the code and the reason, the others with 0."""
    twice = named_twice(resources)
    results: list[tuple[R, int, str | None]] = []
    for resource in resources:
        try:
            if (resource.resource_type, resource.resource_name) in twice:
                raise BrokerError(ErrorCode.INVALID_REQUEST, TWICE)
            altered = await change(resource)
        except BrokerError as error:
            results.append((resource, error.code, bounded(error.message)))
        else:
            results.append((resource, ErrorCode.NONE, None))
            if altered is not None:
                context.changed(f"{ResourceType(resource.resource_type).name.lower()}:{resource.resource_name}:config", *altered)
    return results
