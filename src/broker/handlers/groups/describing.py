"""What requests about groups of the newer protocols have in common: which groups and topics a client may know of, and what is said of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from broker.errors import BrokerError
from broker.handlers.base import RequestContext
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import Operation, ResourceType

Kind = TypeVar("Kind")
HIDDEN_TOPICS: Final = "The group has described topic(s) that the client is not authorized to describe."


def group_to_describe(group_id: str, kind: type[Kind], named: str, context: RequestContext) -> Kind:
    """The group; ``named`` is what its kind is called. Raises INVALID_GROUP_ID, or GROUP_ID_NOT_FOUND for what is no
    group or one of another kind; what stands in the way of asking for it here; and GROUP_AUTHORIZATION_FAILED first of all."""
    if not context.allows(Operation.DESCRIBE, ResourceType.GROUP, group_id):
        raise BrokerError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
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


def may_describe(names: Iterable[str], context: RequestContext) -> bool:
    """Whether the client may know of all these topics."""
    if not context.services.access.is_enabled:
        return True
    # All are asked for, so that whoever reads the log of denials learns of all.
    judged = [context.allows(Operation.DESCRIBE, ResourceType.TOPIC, name) for name in dict.fromkeys(names)]
    return all(judged)


def known_topics(context: RequestContext) -> Callable[[str], bool] | None:
    """Which topics the client may know of, to be asked later and without a word to anybody; None when it may know of all."""
    if not context.services.access.is_enabled:
        return None
    return lambda name: context.sees(Operation.DESCRIBE, ResourceType.TOPIC, name)


def check_topics(partitions: Iterable[Iterable[bytes]], context: RequestContext) -> None:
    """Refuse to describe a group whose members have topics (``partitions``, by id) that the client must not know of. Raises
    TOPIC_AUTHORIZATION_FAILED."""
    if not context.services.access.is_enabled:
        return
    directory = context.services.directory
    found = (directory.by_id(topic_id) for topic_id in {topic_id for each in partitions for topic_id in each})
    if not may_describe((topic.name for topic in found if topic is not None), context):
        raise BrokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, HIDDEN_TOPICS)
