"""
DescribeTopicPartitions (key 75), version 0 (KIP-966).

Behaviour:
- Like Metadata, but page by page: topics by name, at most as many partitions as the request and ``max.request.partition.size.limit``
  allow, and a cursor that says where the next page begins.
- No topics means all of them. A page costs what it holds, not what comes before it.
- Nothing is ever created.
- Needs DESCRIBE on each topic: others are TOPIC_AUTHORIZATION_FAILED, whether they exist or not, and left out of all topics.
"""

from collections.abc import Iterable, Iterator

from broker.admin.topic_names import is_internal, is_valid
from broker.cluster.directory import TopicDirectory, TopicState
from broker.errors import BrokerError
from broker.handlers.authorization import operations_on
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestCursor,
    DescribeTopicPartitionsResponse,
    DescribeTopicPartitionsResponseCursor,
    DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
)
from security.acls.kinds import Operation, ResourceType

Topic = DescribeTopicPartitionsResponseTopic
Partition = DescribeTopicPartitionsResponsePartition


def handle(request: DescribeTopicPartitionsRequest, context: RequestContext) -> DescribeTopicPartitionsResponse:
    directory = context.services.directory
    cursor = request.cursor
    if cursor is not None and cursor.partition_index < 0:
        raise BrokerError(
            ErrorCode.INVALID_REQUEST,
            "DescribeTopicPartitionsRequest cursor partition must be valid: "
            f"Cursor(topicName='{cursor.topic_name}', partitionIndex={cursor.partition_index})",
        )
    if request.topics:
        wanted: Iterable[tuple[str, TopicState | None]] = _named(request, directory)
    else:
        start = cursor.topic_name if cursor is not None else ""
        wanted = ((state.name, state) for state in directory.starting_at(start))
    page_max = context.services.settings.current.max_request_partition_size_limit
    remaining = max(min(request.response_partition_limit, page_max), 1)
    return _page(wanted, cursor, remaining, context, are_named=bool(request.topics))


def _named(
    request: DescribeTopicPartitionsRequest, directory: TopicDirectory
) -> Iterator[tuple[str, TopicState | None]]:
    names = {topic.name for topic in request.topics}
    cursor = request.cursor
    if cursor is not None:
        if cursor.topic_name not in names:
            raise BrokerError(
                ErrorCode.INVALID_REQUEST,
                f"DescribeTopicPartitionsRequest topic list should contain the cursor topic: {cursor.topic_name}",
            )
        names = {name for name in names if name >= cursor.topic_name}
    return ((name, directory.by_name(name)) for name in sorted(names))


def _page(
    wanted: Iterable[tuple[str, TopicState | None]],
    cursor: DescribeTopicPartitionsRequestCursor | None,
    remaining: int,
    context: RequestContext,
    *,
    are_named: bool,
) -> DescribeTopicPartitionsResponse:
    topics: list[Topic] = []
    is_restricted = context.services.access.is_enabled
    # A topic that is not named by the request is left out, and that is no denial for anybody to be told of.
    may_describe = context.allows if are_named else context.sees
    for name, state in wanted:
        if is_restricted and not may_describe(Operation.DESCRIBE, ResourceType.TOPIC, name):
            if are_named:
                topics.append(Topic(error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED, name=name))
            continue
        if remaining == 0:
            return _ended(topics, name, 0)
        if state is None:
            topics.append(_unknown(name, context))
            continue
        first = cursor.partition_index if cursor is not None and cursor.topic_name == name else 0
        end = min(len(state.pids), first + remaining)
        topics.append(_known(state, range(first, end), context))
        if end < len(state.pids):
            return _ended(topics, name, end)
        remaining -= max(end - first, 0)
    return DescribeTopicPartitionsResponse(topics=topics)


def _ended(topics: list[Topic], name: str, partition_index: int) -> DescribeTopicPartitionsResponse:
    return DescribeTopicPartitionsResponse(
        topics=topics,
        next_cursor=DescribeTopicPartitionsResponseCursor(topic_name=name, partition_index=partition_index),
    )


def _known(state: TopicState, indexes: range, context: RequestContext) -> Topic:
    identity = context.services.identity
    partitions = []
    zone = identity.zone_of(context.client_id)
    leaders, replicas = identity.leaders_of(state, zone), identity.replicas_of(state, zone)
    for index in indexes:
        nodes = replicas[index]
        partitions.append(
            Partition(
                partition_index=index,
                leader_id=leaders[index],
                leader_epoch=context.services.catalog.leader_epoch(state.pids[index]),
                replica_nodes=nodes,
                isr_nodes=nodes,
                eligible_leader_replicas=[],
                last_known_elr=[],
            )
        )
    return Topic(
        name=state.name,
        topic_id=state.topic_id,
        is_internal=is_internal(state.name),
        partitions=partitions,
        topic_authorized_operations=operations_on(context, ResourceType.TOPIC, state.name),
    )


def _unknown(name: str, context: RequestContext) -> Topic:
    return Topic(
        error_code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if is_valid(name) else ErrorCode.INVALID_TOPIC_EXCEPTION,
        name=name,
        is_internal=is_internal(name),
        topic_authorized_operations=operations_on(context, ResourceType.TOPIC, name),
    )


def refuse(
    request: DescribeTopicPartitionsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeTopicPartitionsResponse:
    return DescribeTopicPartitionsResponse(
        topics=[Topic(error_code=code, name=topic.name) for topic in request.topics]
    )


HANDLER = Handler(
    key=ApiKey.DESCRIBE_TOPIC_PARTITIONS,
    name="describe_topic_partitions",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
