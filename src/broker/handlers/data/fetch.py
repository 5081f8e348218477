"""
Fetch (key 1), versions 4-18.

Behaviour:
- Answers when min_bytes can be given, a partition has an error, or max_wait_ms are over. Memory answers at once where it can.
- Whole batches only, at least one for the first partition that has any; the batch that holds the offset comes whole.
- Markers of transactions are batches like others. read_committed is given what lies below the last stable offset, and the aborted
  transactions that reach into exactly that, in the order in which they ended; it leaves their records out itself.
- Partitions are served in the order of the request; a fetch session rotates its own.
- A partition that does not exist does not end the wait of the others, as in Kafka.
- A consumer that names its rack is sent to a broker there, when one is named as a replica and this one is elsewhere (KIP-392): partition by
  partition, at once and without records. Any broker can serve it; one that is as near as can be does.
- No replica ever fetches here: a request with a replica id is answered NOT_LEADER_OR_FOLLOWER.
- Needs READ on each topic, with a replica id CLUSTER_ACTION on the cluster.

Versions:
- v4: isolation level, last stable offset, aborted transactions. v5: log start offset. v7: sessions (KIP-227). v9: the client's
  leader epoch (KIP-320). v11: rack, and the nearer broker in the answer. v12: flexible, the last fetched epoch (KIP-595). v13: topic ids (KIP-516).
- v15: the replica's state is tagged (KIP-903). v16: leader endpoints (KIP-951), never needed here. v17-18: for replicas.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from broker.handlers.base import Handler, RequestContext
from broker.log.fetch_plan import PartitionAnswer, answer_of
from broker.log.fetch_session import OpenFetch, PartitionKey, SessionPartition
from broker.log.visibility import READ_COMMITTED, check_fetch
from broker.model import LogBounds
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.fetch import (
    FetchableTopicResponse,
    FetchRequest,
    FetchResponse,
    FetchResponseAbortedTransaction,
    FetchResponseEpochEndOffset,
    FetchResponsePartitionData,
)
from observability.metrics import READING, RECORD_BYTES_OUT
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

FIRST_VERSION_WITH_IDS: Final = 13
FIRST_VERSION_WITH_SESSIONS: Final = 7

_NO_PARTITION: Final = -1

_NOT_READ: Final = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.INCONSISTENT_TOPIC_ID,
        ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    }
)
"""Errors found before reading: Kafka then sends an empty list of aborted transactions, and null when reading failed."""


def handle(request: FetchRequest, context: RequestContext) -> Any:
    services = context.services
    reader = services.reader
    uses_topic_ids = context.api_version >= FIRST_VERSION_WITH_IDS
    fetch = reader.sessions.open(
        request.session_id,
        request.session_epoch,
        _partitions(request),
        _forgotten(request, uses_topic_ids) if request.forgotten_topics_data else (),
        uses_topic_ids=uses_topic_ids,
        now_ms=services.now_ms(),
    )
    if fetch.error is not ErrorCode.NONE:
        return FetchResponse(error_code=fetch.error)
    is_replica = request.replica_id >= 0 or (
        request.replica_state is not None and request.replica_state.replica_id >= 0
    )
    of_all = ErrorCode.NONE
    if is_replica and not context.allows(Operation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME):
        of_all = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    elif is_replica or services.identity.is_leaving:
        of_all = ErrorCode.NOT_LEADER_OR_FOLLOWER
    judged: dict[str, bool] | None = {} if services.access.is_enabled else None
    answers: list[PartitionAnswer | None] = []
    wanted: list[SessionPartition] = []
    for partition in fetch.partitions:
        code = of_all or _resolve(partition, context, uses_topic_ids, judged)
        if code is ErrorCode.NONE:
            answers.append(None)
            wanted.append(partition)
        else:
            answers.append(PartitionAnswer(int(code)))

    if request.rack_id and (sent_on := _nearer(request.rack_id, wanted, context)):
        return _send_on(request, context, fetch, answers, wanted, sent_on)
    max_bytes = min(request.max_bytes, services.settings.current.fetch_max_bytes)
    min_bytes = min(request.min_bytes, max_bytes)
    look = reader.look(wanted, max_bytes, request.isolation_level)
    if look is not None and (
        look.size >= min_bytes or look.has_error or request.max_wait_ms <= 0 or not wanted or reader.is_stopping
    ):
        return _respond(request, context, fetch, answers, look.answers)
    return _wait(request, context, fetch, answers, wanted, min_bytes, max_bytes)


async def _wait(
    request: FetchRequest,
    context: RequestContext,
    fetch: OpenFetch,
    answers: list[PartitionAnswer | None],
    wanted: Sequence[SessionPartition],
    min_bytes: int,
    max_bytes: int,
) -> FetchResponse:
    read = await context.services.reader.read(
        wanted,
        min_bytes=min_bytes,
        max_bytes=max_bytes,
        max_wait_ms=request.max_wait_ms,
        isolation=request.isolation_level,
    )
    return _respond(request, context, fetch, answers, read)


def _nearer(rack: str, wanted: Sequence[SessionPartition], context: RequestContext) -> dict[int, int]:
    """The node ids of brokers in the consumer's rack that are nearer to it than this one, by pid."""
    identity = context.services.identity
    zone = identity.zone_of(context.client_id)
    found = {partition.pid: identity.replica_near(partition.pid, rack, zone) for partition in wanted}
    return {pid: node_id for pid, node_id in found.items() if node_id is not None}


async def _send_on(
    request: FetchRequest,
    context: RequestContext,
    fetch: OpenFetch,
    answers: list[PartitionAnswer | None],
    wanted: Sequence[SessionPartition],
    nearer: Mapping[int, int],
) -> FetchResponse:
    """Name the nearer brokers, as Kafka's leader does: at once. A place that is not in the log is an error to be told of first."""
    read = await context.services.reader.read(
        [partition for partition in wanted if partition.pid not in nearer],
        min_bytes=0,
        max_bytes=min(request.max_bytes, context.services.settings.current.fetch_max_bytes),
        max_wait_ms=0,
        isolation=request.isolation_level,
    )
    here = iter(read)
    bounds = await context.services.reader.bounds_of([partition.pid for partition in wanted if partition.pid in nearer])
    whole = [
        _sent_on(partition, bounds.get(partition.pid), nearer[partition.pid]) if partition.pid in nearer else next(here)
        for partition in wanted
    ]
    return _respond(request, context, fetch, answers, whole)


def _sent_on(partition: SessionPartition, bounds: LogBounds | None, node_id: int) -> PartitionAnswer:
    if bounds is None:
        return PartitionAnswer(int(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
    code, diverging = check_fetch(
        bounds, partition.offset, partition.current_leader_epoch, partition.last_fetched_epoch
    )
    if code is not ErrorCode.NONE:
        return PartitionAnswer(int(code))
    answer = answer_of(bounds)
    answer.diverging = diverging
    if diverging is None:
        answer.preferred_replica = node_id
        READING.redirected()
    return answer


def _partitions(request: FetchRequest) -> list[SessionPartition]:
    return [
        SessionPartition(
            _NO_PARTITION,
            each.fetch_offset,
            each.partition_max_bytes,
            each.current_leader_epoch,
            each.last_fetched_epoch,
            topic.topic_id,
            topic.topic,
            each.partition,
        )
        for topic in request.topics
        for each in topic.partitions
    ]


def _forgotten(request: FetchRequest, uses_topic_ids: bool) -> list[PartitionKey]:
    return [
        (topic.topic_id if uses_topic_ids else topic.topic, partition)
        for topic in request.forgotten_topics_data
        for partition in topic.partitions
    ]


def _resolve(
    partition: SessionPartition, context: RequestContext, uses_topic_ids: bool, judged: dict[str, bool] | None
) -> ErrorCode:
    """Find the partition as the directory has it now. The name behind a topic id is remembered, to tell a topic that was created
    anew from one that never was. ``judged`` remembers which topics may be read, None where all may."""
    directory = context.services.directory
    if not uses_topic_ids:
        state = directory.by_name(partition.topic)
    else:
        state = directory.by_id(partition.topic_id)
        if state is not None:
            partition.topic = state.name
        elif not partition.topic:
            return ErrorCode.UNKNOWN_TOPIC_ID
    if judged is not None and not _may_read(partition.topic, context, judged):
        return ErrorCode.TOPIC_AUTHORIZATION_FAILED
    if state is None and uses_topic_ids and directory.by_name(partition.topic) is not None:
        return ErrorCode.INCONSISTENT_TOPIC_ID
    if state is None or not 0 <= partition.partition < len(state.pids):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    partition.pid = state.pids[partition.partition]
    return ErrorCode.NONE


def _may_read(topic: str, context: RequestContext, judged: dict[str, bool]) -> bool:
    allowed = judged.get(topic)
    if allowed is None:
        allowed = judged[topic] = context.allows(Operation.READ, ResourceType.TOPIC, topic)
    return allowed


def _respond(
    request: FetchRequest,
    context: RequestContext,
    fetch: OpenFetch,
    answers: list[PartitionAnswer | None],
    read: Sequence[PartitionAnswer],
) -> FetchResponse:
    following = iter(read)
    whole = [next(following) if answer is None else answer for answer in answers]
    session = fetch.answer(whole, context.services.now_ms())
    is_committed = request.isolation_level == READ_COMMITTED
    topics: list[FetchableTopicResponse] = []
    sent = 0
    topic: FetchableTopicResponse | None = None
    for partition, answer in session.included:
        if topic is None or (
            topic.topic_id != partition.topic_id if fetch.uses_topic_ids else topic.topic != partition.topic
        ):
            topic = FetchableTopicResponse(topic=partition.topic, topic_id=partition.topic_id)
            topics.append(topic)
        code = answer.error_code
        data = FetchResponsePartitionData(
            partition_index=partition.partition,
            error_code=code,
            high_watermark=answer.high_watermark,
            last_stable_offset=answer.last_stable_offset,
            log_start_offset=answer.log_start,
            aborted_transactions=_aborted(answer) if code or is_committed else None,
            records=answer.records or b"",
            preferred_read_replica=answer.preferred_replica,
        )
        if answer.diverging is not None:
            data.diverging_epoch = FetchResponseEpochEndOffset(
                epoch=answer.diverging.epoch, end_offset=answer.diverging.end_offset
            )
        topic.partitions.append(data)
        sent += answer.size
    if sent:
        RECORD_BYTES_OUT.inc(sent)
    return FetchResponse(error_code=session.error_code, session_id=session.session_id, responses=topics)


def _aborted(answer: PartitionAnswer) -> list[FetchResponseAbortedTransaction] | None:
    """What is said of aborted transactions where something must be: to read_committed readers, and with an error."""
    if answer.error_code:
        return [] if answer.error_code in _NOT_READ else None
    return [
        FetchResponseAbortedTransaction(producer_id=each.producer_id, first_offset=each.first_offset)
        for each in answer.aborted
    ]


def refuse(request: FetchRequest, context: RequestContext, code: int, message: str | None) -> FetchResponse:
    if context.api_version >= FIRST_VERSION_WITH_SESSIONS:
        return FetchResponse(error_code=code)
    return FetchResponse(
        responses=[
            FetchableTopicResponse(
                topic=topic.topic,
                partitions=[
                    FetchResponsePartitionData(
                        partition_index=each.partition, error_code=code, high_watermark=-1, records=b""
                    )
                    for each in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(
    key=ApiKey.FETCH, name="fetch", versions=range(4, 19), handle=handle, refuse=refuse, stop_on_disconnect=True
)
