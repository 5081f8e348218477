"""What ConsumerGroupDescribe and ShareGroupDescribe have in common: which groups they describe, with which topics."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode

Kind = TypeVar("Kind")


def group_to_describe(group_id: str, kind: type[Kind], named: str, context: RequestContext) -> Kind:
    """The group; ``named`` is what its kind is called. Raises INVALID_GROUP_ID, or GROUP_ID_NOT_FOUND for what is no
    group or one of another kind; and what stands in the way of asking for it here."""
    if not group_id:
        raise BrokerError(ErrorCode.INVALID_GROUP_ID)
    if error := context.services.groups.error_of(group_id):
        raise BrokerError(error)
    group = context.services.groups.group(group_id)
    if group is None:
        raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} not found.")
    if not isinstance(group, kind):
        raise BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, f"Group {group_id} is not a {named}.")
    return group


def topics_there(
    partitions: Mapping[bytes, Iterable[int]], context: RequestContext
) -> list[tuple[bytes, str, list[int]]]:
    """Id, name and partitions of each topic, in order; topics that are gone are left out."""
    directory = context.services.directory
    found = ((topic_id, directory.by_id(topic_id), indexes) for topic_id, indexes in partitions.items())
    return [(topic_id, topic.name, sorted(indexes)) for topic_id, topic, indexes in found if topic is not None]
