"""
OffsetCommit (key 8), versions 2-10.

Behaviour:
- All valid offsets of a request are committed in one transaction, and visible and answered only after it.
- Needs READ on the group, and READ on each topic.
- Partitions that do not exist are refused one by one; when none is left the group is not even looked at (as in Kafka).
- A member must be of the current generation (in a group of the consumer protocol: of one since which the partition has been its
  own); without one (-1) only an empty group takes offsets.

Versions:
- v2-4: a retention time of the request's own, instead of the broker's (KIP-211).
- v3: throttle time.
- v6: leader epoch (KIP-320).
- v7: group instance id (KIP-345).
- v8: flexible encoding.
- v9: GROUP_ID_NOT_FOUND where before it was ILLEGAL_GENERATION; members of the consumer protocol, with STALE_MEMBER_EPOCH for
  those that must hear of a newer epoch first (KIP-848).
- v10: topic ids instead of names (KIP-848).
"""

from broker.coordinators.groups.offsets import expire_ms, is_metadata_too_large
from broker.handlers.base import Handler, Pending, RequestContext
from broker.model import CommittedOffset
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitResponse,
    OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: OffsetCommitRequest, context: RequestContext) -> Pending | OffsetCommitResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    services = context.services
    by_id = context.api_version >= 10
    metadata_max = services.settings.current.offset_metadata_max_bytes
    commit_ms = services.now_ms()
    expiry_ms = expire_ms(commit_ms, request.retention_time_ms)
    offsets: dict[tuple[str, int], CommittedOffset] = {}
    answers: list[OffsetCommitResponseTopic] = []
    known: list[OffsetCommitResponsePartition] = []
    for topic in request.topics:
        state = services.directory.by_id(topic.topic_id) if by_id else services.directory.by_name(topic.name)
        # An id that stands for no topic is not denied: there is no name to judge it by.
        name = topic.name if not by_id else None if state is None else state.name
        is_denied = name is not None and not context.allows(Operation.READ, ResourceType.TOPIC, name)
        answer = OffsetCommitResponseTopic(name=topic.name, topic_id=topic.topic_id)
        answers.append(answer)
        for partition in topic.partitions:
            index = partition.partition_index
            outcome = OffsetCommitResponsePartition(partition_index=index)
            answer.partitions.append(outcome)
            if is_denied:
                outcome.error_code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
            elif state is None:
                outcome.error_code = ErrorCode.UNKNOWN_TOPIC_ID if by_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            elif not 0 <= index < len(state.pids):
                outcome.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                known.append(outcome)
                if is_metadata_too_large(partition.committed_metadata, metadata_max):
                    outcome.error_code = ErrorCode.OFFSET_METADATA_TOO_LARGE
                else:
                    offsets[state.name, index] = CommittedOffset(
                        offset=partition.committed_offset,
                        leader_epoch=partition.committed_leader_epoch,
                        metadata=partition.committed_metadata or "",
                        commit_ms=commit_ms,
                        expire_ms=expiry_ms,
                        topic_id=state.topic_id,
                    )
    response = OffsetCommitResponse(topics=answers)
    if not known:
        return response
    pending = Pending()

    def done(error: ErrorCode) -> None:
        if error:
            for outcome in known:
                outcome.error_code = error
        pending.resolve(response)

    services.groups.commit_offsets(
        request.group_id,
        request.member_id,
        request.group_instance_id,
        request.generation_id_or_member_epoch,
        offsets,
        done,
        knows_missing_groups=context.api_version >= 9,
    )
    return pending


def refuse(
    request: OffsetCommitRequest, context: RequestContext, error_code: int, message: str | None
) -> OffsetCommitResponse:
    return OffsetCommitResponse(
        topics=[
            OffsetCommitResponseTopic(
                name=topic.name,
                topic_id=topic.topic_id,
                partitions=[
                    OffsetCommitResponsePartition(partition_index=partition.partition_index, error_code=error_code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(key=ApiKey.OFFSET_COMMIT, name="offset_commit", versions=range(2, 11), handle=handle, refuse=refuse)
