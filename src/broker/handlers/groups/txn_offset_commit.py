"""
TxnOffsetCommit (key 28), versions 0-5.

Behaviour:
- All valid offsets of a request are stored in one step, and take effect when the transaction is committed. Until then nobody is
  shown them (see OffsetFetch's ``require_stable``).
- Needs WRITE on the transactional id, READ on the group, and READ on each topic.
- Partitions that do not exist are refused one by one; when none is left the group is not even looked at (as in Kafka).
- One that comes late over a connection that its client has replaced since closes that connection (before v5).
- It is for the group's coordinator, which need not be that of the transaction.
- The member must be of the current generation (KIP-447). Producers before version 3 name none: their transactional id fences them.

Versions:
- v0-1: COORDINATOR_NOT_AVAILABLE for COORDINATOR_LOAD_IN_PROGRESS, which older producers do not survive (KAFKA-7296).
- v2: leader epoch (KIP-320).
- v3: flexible encoding; member, generation and group instance id (KIP-447).
- v4: TRANSACTION_ABORTABLE where before it was INVALID_TXN_STATE (KIP-890).
- v5: adds the group to the transaction by itself (KIP-890).
"""

from typing import Final

from broker.coordinators.groups.offsets import is_metadata_too_large
from broker.coordinators.producer_connections import SUPERSEDED, WHY_CLOSED
from broker.handlers.base import CloseConnection, Handler, RequestContext
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from security.acls.kinds import Operation, ResourceType

FIRST_VERSION_AWARE_OF_LOADING: Final = 2
FIRST_VERSION_WITH_ABORTABLE_ERRORS: Final = 4
FIRST_VERSION_THAT_ADDS_THE_GROUP: Final = 5


async def handle(request: TxnOffsetCommitRequest, context: RequestContext) -> TxnOffsetCommitResponse:
    if not context.allows(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, request.transactional_id):
        return refuse(request, context, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, None)
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    services = context.services
    metadata_max = services.settings.current.offset_metadata_max_bytes
    commit_ms = services.now_ms()
    offsets: dict[OffsetKey, CommittedOffset] = {}
    answers: list[TxnOffsetCommitResponseTopic] = []
    known: list[TxnOffsetCommitResponsePartition] = []
    for topic in request.topics:
        state = services.directory.by_name(topic.name)
        is_denied = not context.allows(Operation.READ, ResourceType.TOPIC, topic.name)
        answer = TxnOffsetCommitResponseTopic(name=topic.name)
        answers.append(answer)
        for partition in topic.partitions:
            index = partition.partition_index
            outcome = TxnOffsetCommitResponsePartition(partition_index=index)
            answer.partitions.append(outcome)
            if is_denied:
                outcome.error_code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
                continue
            if state is None or not 0 <= index < len(state.pids):
                outcome.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                continue
            known.append(outcome)
            if is_metadata_too_large(partition.committed_metadata, metadata_max):
                outcome.error_code = ErrorCode.OFFSET_METADATA_TOO_LARGE
            else:
                offsets[request.group_id, state.name, index] = CommittedOffset(
                    offset=partition.committed_offset,
                    leader_epoch=partition.committed_leader_epoch,
                    metadata=partition.committed_metadata or "",
                    commit_ms=commit_ms,
                    topic_id=state.topic_id,
                )
    if known:
        error = await _carry(request, offsets, context)
        if error:
            for outcome in known:
                outcome.error_code = error
    return TxnOffsetCommitResponse(topics=answers)


async def _carry(
    request: TxnOffsetCommitRequest, offsets: dict[OffsetKey, CommittedOffset], context: RequestContext
) -> ErrorCode:
    version, services = context.api_version, context.services
    follows_kip_890 = version >= FIRST_VERSION_THAT_ADDS_THE_GROUP
    transactional = services.groups.transactional
    with transactional.arrival(request.group_id, offsets):
        error = transactional.commit_error(
            request.group_id, request.member_id, request.group_instance_id, request.generation_id
        )
        if not error and offsets:
            error = await services.transactions.add_offsets(
                request.transactional_id,
                request.producer_id,
                request.producer_epoch,
                offsets,
                request.group_id if follows_kip_890 else None,
                None if follows_kip_890 else context.connection.connection_id,
            )
    if error is SUPERSEDED:
        raise CloseConnection(WHY_CLOSED)
    if error is ErrorCode.COORDINATOR_LOAD_IN_PROGRESS and version < FIRST_VERSION_AWARE_OF_LOADING:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if error is ErrorCode.PRODUCER_FENCED:
        return ErrorCode.INVALID_PRODUCER_EPOCH  # as Kafka answers who commits offsets, in every version
    if error is ErrorCode.INVALID_TXN_STATE and version >= FIRST_VERSION_WITH_ABORTABLE_ERRORS:
        return ErrorCode.TRANSACTION_ABORTABLE
    return error


def refuse(
    request: TxnOffsetCommitRequest, context: RequestContext, error_code: int, message: str | None
) -> TxnOffsetCommitResponse:
    return TxnOffsetCommitResponse(
        topics=[
            TxnOffsetCommitResponseTopic(
                name=topic.name,
                partitions=[
                    TxnOffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=error_code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(
    key=ApiKey.TXN_OFFSET_COMMIT, name="txn_offset_commit", versions=range(6), handle=handle, refuse=refuse
)
