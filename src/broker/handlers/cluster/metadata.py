"""
Metadata (key 3), versions 0-13.

Behaviour:
- Names the brokers as clients of this listener reach them, and topics with their partitions, in the order asked for.
- No list of topics means all of them (in version 0, that an empty list).
- An unknown name is created when the request and ``auto.create.topics.enable`` allow it, and is answered with its partitions at
  once; Kafka lets the client ask again. Names of Kafka's internal topics are never created that way: nothing is kept in them here.
- Needs DESCRIBE on each topic: others are TOPIC_AUTHORIZATION_FAILED, whether they exist or not, and left out of all topics. Asked for by an id that
  is in use, such a topic is not named. A topic that would have to be created needs CREATE on the cluster or on its name besides.
- When any topic is asked for by id, names beside it are ignored, as Kafka does.
- A client that says in its client id which zone it is in is sent to brokers of that zone, if there are any.
- The list of replicas is as long as the replication factor asked for, although one broker serves them all (docs/decisions/0003).

Versions:
- v1: a null list means all topics, an empty one none; controller id, racks, internal topics.
- v2: cluster id. v4: automatic creation can be declined. v5: offline replicas. v7: leader epochs.
- v8-10: authorized operations of the cluster; v8: of topics (KIP-430). v9: flexible.
- v10: topic ids in answers, v12: in requests (KIP-516).
- v13: an error code for the whole answer (KIP-1102).
"""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, Final

from broker.admin.partitions import check_request_size
from broker.admin.topic_names import is_internal, is_valid
from broker.cluster.directory import TopicState
from broker.cluster.identity import ClusterIdentity
from broker.errors import BrokerError
from broker.handlers.authorization import EVERYTHING, NOT_ASKED, operations_on, operations_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.model import ZERO_UUID
from broker.storage.catalog.base import LogCatalog
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.metadata import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from observability.audit_metrics import AUDIT
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

FIRST_VERSION_WITH_IDS_IN_REQUESTS: Final = 12

Found = TopicState | ErrorCode
"""What became of a topic that was asked for."""


def handle(request: MetadataRequest, context: RequestContext) -> Any:
    directory = context.services.directory
    topics = request.topics
    if topics is None or (not topics and context.api_version == 0):
        sees_all = not context.services.access.is_enabled
        return _answer(
            request,
            context,
            [
                _known(request, context, state)
                for state in directory.all()
                if sees_all or context.sees(Operation.DESCRIBE, ResourceType.TOPIC, state.name)
            ],
        )
    _check_names_and_ids(topics, context.api_version)
    ids = list(dict.fromkeys(topic.topic_id for topic in topics if topic.topic_id != ZERO_UUID))
    if ids:
        return _answer(request, context, [_by_id(request, context, topic_id) for topic_id in ids])

    names: list[str] = list(dict.fromkeys(topic.name for topic in topics if topic.name is not None))
    is_restricted = context.services.access.is_enabled
    denied = [
        name for name in names if is_restricted and not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, name)
    ]
    found: dict[str, Found] = {name: directory.by_name(name) or _why_not(name) for name in names}
    found.update(dict.fromkeys(denied, ErrorCode.TOPIC_AUTHORIZATION_FAILED))
    if request.allow_auto_topic_creation and context.services.settings.current.auto_create_topics_enable:
        if is_restricted:
            _judge_creation(found, denied, context)
        missing = [
            name
            for name, what in found.items()
            if what is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and not is_internal(name)
        ]
        if missing:
            return _create_and_answer(request, context, found, missing, denied)
    return _answer(request, context, _by_name(request, context, found, denied))


def _judge_creation(found: dict[str, Found], denied: Sequence[str], context: RequestContext) -> None:
    """Deny the topics that are not there, and that the client may not create."""
    hidden = frozenset(denied)
    missing = [name for name, what in found.items() if not isinstance(what, TopicState) and name not in hidden]
    if not missing or context.sees(Operation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME):
        return
    for name in missing:
        if not context.allows(Operation.CREATE, ResourceType.TOPIC, name):
            found[name] = ErrorCode.TOPIC_AUTHORIZATION_FAILED


async def _create_and_answer(
    request: MetadataRequest,
    context: RequestContext,
    found: dict[str, Found],
    missing: Sequence[str],
    denied: Sequence[str],
) -> MetadataResponse:
    services = context.services
    settings = services.settings.current
    if services.audit.refuses_changes:
        AUDIT.refused_change()
        found.update(dict.fromkeys(missing, ErrorCode.LEADER_NOT_AVAILABLE))
        return _answer(request, context, _by_name(request, context, found, denied))
    try:
        check_request_size((settings.num_partitions, settings.default_replication_factor) for _ in missing)
    except BrokerError as error:
        found.update(dict.fromkeys(missing, error.code))
        return _answer(request, context, _by_name(request, context, found, denied))
    mutations = context.mutations(0)
    for name in missing:
        try:
            mutations.take(settings.num_partitions)
            created = await services.topics.auto_create(name, services.identity.node_ids)
            context.changed(f"topic:{name}", None, {"partitions": len(created.pids), "config": {}})
            found[name] = services.directory.by_name(name) or ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        except BrokerError as error:
            found[name] = _again_later(error.code)
    answer = _answer(request, context, _by_name(request, context, found, denied))
    answer.throttle_time_ms = mutations.throttle_ms()
    return answer


def _again_later(code: ErrorCode) -> ErrorCode:
    """Clients take errors of quotas for topics from CreateTopics only; here they ask again when there is no leader yet."""
    return ErrorCode.LEADER_NOT_AVAILABLE if code == ErrorCode.THROTTLING_QUOTA_EXCEEDED else code


def _check_names_and_ids(topics: Iterable[MetadataRequestTopic], version: int) -> None:
    for topic in topics:
        if topic.name is None and version < FIRST_VERSION_WITH_IDS_IN_REQUESTS:
            raise BrokerError(ErrorCode.INVALID_REQUEST, f"Topic name can not be null for version {version}")
        if topic.topic_id != ZERO_UUID and version < FIRST_VERSION_WITH_IDS_IN_REQUESTS:
            raise BrokerError(
                ErrorCode.INVALID_REQUEST, f"Topic IDs are not supported in requests for version {version}"
            )
        if topic.name is None and topic.topic_id == ZERO_UUID:
            raise BrokerError(ErrorCode.INVALID_REQUEST, "A topic was asked for with neither a name nor an ID")


def _why_not(name: str) -> ErrorCode:
    return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if is_valid(name) else ErrorCode.INVALID_TOPIC_EXCEPTION


def _by_id(request: MetadataRequest, context: RequestContext, topic_id: bytes) -> MetadataResponseTopic:
    state = context.services.directory.by_id(topic_id)
    if state is None:
        return MetadataResponseTopic(error_code=ErrorCode.UNKNOWN_TOPIC_ID, name=None, topic_id=topic_id)
    if not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, state.name):
        return MetadataResponseTopic(error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED, name=None, topic_id=topic_id)
    return _known(request, context, state)


def _by_name(
    request: MetadataRequest, context: RequestContext, found: dict[str, Found], denied: Sequence[str]
) -> list[MetadataResponseTopic]:
    """Of topics in ``denied`` nothing is said but their names."""
    hidden = frozenset(denied)
    return [
        _known(request, context, what)
        if isinstance(what, TopicState)
        else MetadataResponseTopic(error_code=what, name=name)
        if name in hidden
        else MetadataResponseTopic(
            error_code=what,
            name=name,
            is_internal=is_internal(name),
            topic_authorized_operations=NOT_ASKED
            if what is ErrorCode.TOPIC_AUTHORIZATION_FAILED
            else _topic_operations(request, context, name),
        )
        for name, what in found.items()
    ]


def _known(request: MetadataRequest, context: RequestContext, state: TopicState) -> MetadataResponseTopic:
    identity = context.services.identity
    operations = _topic_operations(request, context, state.name)
    zone = identity.zone_of(context.client_id)
    kept = operations if operations == EVERYTHING[ResourceType.TOPIC] else NOT_ASKED
    topic = state.derived_as_of(
        (MetadataResponseTopic, kept, zone),
        identity.epoch,
        lambda state: _topic(state, identity, context.services.catalog, kept, zone),
    )
    if operations != kept:
        topic = copy(topic)
        topic.topic_authorized_operations = operations
    return topic


def _topic(
    state: TopicState, identity: ClusterIdentity, catalog: LogCatalog, operations: int, zone: str | None
) -> MetadataResponseTopic:
    partitions = []
    leaders, replicas = identity.leaders_of(state, zone), identity.replicas_of(state, zone)
    for index, pid in enumerate(state.pids):
        nodes = replicas[index]
        partitions.append(
            MetadataResponsePartition(
                partition_index=index,
                leader_id=leaders[index],
                leader_epoch=catalog.leader_epoch(pid),
                replica_nodes=nodes,
                isr_nodes=nodes,
            )
        )
    return MetadataResponseTopic(
        name=state.name,
        topic_id=state.topic_id,
        is_internal=is_internal(state.name),
        partitions=partitions,
        topic_authorized_operations=operations,
    )


def _topic_operations(request: MetadataRequest, context: RequestContext, name: str) -> int:
    return operations_on(context, ResourceType.TOPIC, name) if request.include_topic_authorized_operations else NOT_ASKED


def _answer(
    request: MetadataRequest, context: RequestContext, topics: list[MetadataResponseTopic]
) -> MetadataResponse:
    identity = context.services.identity
    return MetadataResponse(
        brokers=[
            MetadataResponseBroker(node_id=node.node_id, host=node.host, port=node.port, rack=node.rack)
            for node in identity.nodes(context.connection.listener)
        ],
        cluster_id=identity.cluster_id,
        controller_id=identity.controller_id,
        topics=topics,
        cluster_authorized_operations=(
            operations_on_cluster(context) if request.include_cluster_authorized_operations else NOT_ASKED
        ),
    )


def refuse(request: MetadataRequest, context: RequestContext, code: int, message: str | None) -> MetadataResponse:
    return MetadataResponse(
        topics=[
            MetadataResponseTopic(error_code=code, name=topic.name or "", topic_id=topic.topic_id)
            for topic in request.topics or ()
        ],
        error_code=code,
    )


HANDLER = Handler(key=ApiKey.METADATA, name="metadata", versions=range(14), handle=handle, refuse=refuse)
