"""
CreatePartitions (key 37), versions 0-3.

Behaviour:
- Partitions are added at the end and can be written to when the answer is sent; a topic never gets fewer.
- Needs ALTER on each topic.
- A topic that is named twice is not changed. ``validate_only`` checks everything and changes nothing.
- New partitions count against ``controller_mutation_rate``, with ``validate_only`` too; strictly from version 3 on, see CreateTopics.
- A manual assignment may name each broker once, so it is checked against the brokers there are, not the replication factor.

Versions:
- v2: flexible. v3: throttling by quota is told (KIP-599).
"""

from collections import Counter

from broker.admin.partitions import check_request_size
from broker.admin.topic_administrator import KnownTopic
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
    CreatePartitionsTopicResult,
)
from security.acls.kinds import Operation, ResourceType

FIRST_STRICT_VERSION = 3


async def handle(request: CreatePartitionsRequest, context: RequestContext) -> CreatePartitionsResponse:
    times = Counter(topic.name for topic in request.topics)
    results = [
        CreatePartitionsTopicResult(
            name=name, error_code=ErrorCode.INVALID_REQUEST, error_message="Duplicate topic name."
        )
        for name, count in times.items()
        if count > 1
    ]
    mutations = context.mutations(FIRST_STRICT_VERSION)
    planned: list[tuple[KnownTopic, int]] = []
    sizes: list[tuple[int, int]] = []
    for topic in request.topics:
        if times[topic.name] > 1:
            continue
        try:
            if not context.allows(Operation.ALTER, ResourceType.TOPIC, topic.name):
                raise BrokerError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
            state, additional = _planned(topic, context)
            mutations.take(additional)
        except BrokerError as error:
            results.append(_result(topic.name, error))
        else:
            planned.append((state, topic.count))
            sizes.append((additional, state.topic.replication_factor))
    check_request_size(sizes)
    for state, total in planned:
        results.append(await _widened(state, total, request.validate_only, context))
    return CreatePartitionsResponse(results=results, throttle_time_ms=mutations.throttle_ms())


def _planned(
    topic: CreatePartitionsTopic, context: RequestContext
) -> tuple[KnownTopic, int]:
    assignments = None if topic.assignments is None else [assignment.broker_ids for assignment in topic.assignments]
    return context.services.topics.plan_partitions(
        topic.name, topic.count, assignments, context.services.identity.node_ids
    )


async def _widened(
    state: KnownTopic, total: int, validate_only: bool, context: RequestContext
) -> CreatePartitionsTopicResult:
    try:
        if not validate_only:
            await context.services.topics.add_partitions(state.topic_id, total)
            context.changed(f"topic:{state.name}:partitions", len(state.pids), total)
    except BrokerError as error:
        return _result(state.name, error)
    return _result(state.name, None)


def _result(name: str, error: BrokerError | None) -> CreatePartitionsTopicResult:
    return CreatePartitionsTopicResult(
        name=name,
        error_code=ErrorCode.NONE if error is None else error.code,
        error_message=None if error is None else error.message,
    )


def refuse(
    request: CreatePartitionsRequest, context: RequestContext, code: int, message: str | None
) -> CreatePartitionsResponse:
    return CreatePartitionsResponse(
        results=[
            CreatePartitionsTopicResult(
                name=topic.name, error_code=code, error_message=message
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(
    key=ApiKey.CREATE_PARTITIONS, name="create_partitions", versions=range(4), handle=handle, refuse=refuse
)
