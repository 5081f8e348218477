"""
CreateTopics (key 19), versions 2-7.

Behaviour:
- Every topic is checked on its own, in Kafka's order and words; the good ones are created although others are refused, and can be
  written to when the answer is sent. ``validate_only`` checks everything and creates nothing.
- Needs CREATE on the cluster, or on each topic. Size and configuration are answered to who has DESCRIBE_CONFIGS on the topic.
- Any positive replication factor is taken, kept and reported, whatever the number of brokers (docs/decisions/0003).
- A request that asks for too many partitions altogether is refused as a whole, as Kafka does.
- Partitions count against ``controller_mutation_rate``, with ``validate_only`` too. What is too much is THROTTLING_QUOTA_EXCEEDED from version 6 on; before, all is
  created, and the client waits afterwards.
- Brokers' defaults are asked for by -1 (KIP-464).

Versions:
- v5: flexible; answers with the topic's size and its effective configuration (KIP-525). v6: throttling by quota is told (KIP-599).
- v7: topic ids (KIP-516).
"""

from collections import Counter
from collections.abc import Sequence

from broker.admin.partitions import check_request_size
from broker.admin.topic_administrator import NewTopic, TopicPlan
from broker.admin.topic_names import METADATA_LOG_NAME
from broker.config.topic_config import entries
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.model import ZERO_UUID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsResponse,
    CreateTopicsResponseCreatableTopicConfigs,
    CreateTopicsResponseCreatableTopicResult,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

FIRST_VERSION_WITH_CONFIGS = 5
FIRST_STRICT_VERSION = 6
DENIED = "Authorization failed."


async def handle(request: CreateTopicsRequest, context: RequestContext) -> CreateTopicsResponse:
    administrator = context.services.topics
    times = Counter(topic.name for topic in request.topics)
    candidates = [topic for topic in request.topics if times[topic.name] == 1 and topic.name != METADATA_LOG_NAME]
    denied = _denied([topic.name for topic in candidates], context)
    asked = [_new_topic(topic) for topic in candidates if topic.name not in denied]
    check_request_size(administrator.requested_size(topic) for topic in asked)
    mutations = context.mutations(FIRST_STRICT_VERSION)
    plans: list[TopicPlan | CreateTopicsResponseCreatableTopicResult] = []
    for topic in asked:
        try:
            plan = administrator.plan(topic, context.services.identity.node_ids)
            mutations.take(plan.partition_count)
            plans.append(plan)
        except BrokerError as error:
            plans.append(_refused(topic.name, error.code, error.message))
    results = [
        await _carried_out(plan, request.validate_only, context) if isinstance(plan, TopicPlan) else plan
        for plan in plans
    ]
    results += [
        _refused(name, ErrorCode.INVALID_REQUEST, "Duplicate topic name.") for name, count in times.items() if count > 1
    ]
    results += [_refused(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED, DENIED) for name in denied]
    if times[METADATA_LOG_NAME] == 1:
        message = f"Creation of internal topic {METADATA_LOG_NAME} is prohibited."
        results.append(_refused(METADATA_LOG_NAME, ErrorCode.INVALID_REQUEST, message))
    return CreateTopicsResponse(topics=results, throttle_time_ms=mutations.throttle_ms())


def _denied(names: Sequence[str], context: RequestContext) -> dict[str, None]:
    """The topics that the client must not create, in order."""
    if context.sees(Operation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME):
        return {}
    return {name: None for name in names if not context.allows(Operation.CREATE, ResourceType.TOPIC, name)}


def _new_topic(topic: CreateTopicsRequestCreatableTopic) -> NewTopic:
    return NewTopic(
        name=topic.name,
        partition_count=topic.num_partitions,
        replication_factor=topic.replication_factor,
        assignments=[(assignment.partition_index, assignment.broker_ids) for assignment in topic.assignments],
        config={config.name: config.value for config in topic.configs},
    )


async def _carried_out(
    plan: TopicPlan, validate_only: bool, context: RequestContext
) -> CreateTopicsResponseCreatableTopicResult:
    topic_id = ZERO_UUID
    try:
        if not validate_only:
            topic_id = (await context.services.topics.create(plan)).topic_id
            context.changed(f"topic:{plan.name}", None, {"partitions": plan.partition_count, "config": dict(plan.config)})
    except BrokerError as error:
        return _refused(plan.name, error.code, error.message)
    if not context.sees(Operation.DESCRIBE_CONFIGS, ResourceType.TOPIC, plan.name):
        return CreateTopicsResponseCreatableTopicResult(
            name=plan.name,
            topic_id=topic_id,
            error_message=None,
            topic_config_error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
        )
    return CreateTopicsResponseCreatableTopicResult(
        name=plan.name,
        topic_id=topic_id,
        error_message=None,
        num_partitions=plan.partition_count,
        replication_factor=plan.replication_factor,
        configs=_configs(plan, context),
    )


def _configs(plan: TopicPlan, context: RequestContext) -> list[CreateTopicsResponseCreatableTopicConfigs]:
    if context.api_version < FIRST_VERSION_WITH_CONFIGS:
        return []
    return [
        CreateTopicsResponseCreatableTopicConfigs(
            name=entry.name,
            value=entry.value,
            read_only=entry.read_only,
            config_source=entry.source,
            is_sensitive=entry.sensitive,
        )
        for entry in entries(plan.config, context.services.settings.current)
    ]


def _refused(name: str, code: int, message: str | None) -> CreateTopicsResponseCreatableTopicResult:
    return CreateTopicsResponseCreatableTopicResult(name=name, error_code=code, error_message=message)


def refuse(
    request: CreateTopicsRequest, context: RequestContext, code: int, message: str | None
) -> CreateTopicsResponse:
    return CreateTopicsResponse(topics=[_refused(topic.name, code, message) for topic in request.topics])


HANDLER = Handler(
    key=ApiKey.CREATE_TOPICS, name="create_topics", versions=range(2, 8), handle=handle, refuse=refuse
)
