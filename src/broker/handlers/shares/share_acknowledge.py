"""
ShareAcknowledge (key 79), versions 1-2: what a member of a share group says of the records it was given.

Behaviour:
- Accept, reject and gap are the end of a record for the group, release gives it to somebody, renew lets the member keep it for longer.
  What was answered is durable; what a partition's records cannot all be told is told to none of them.
- Only the member that has a record may say anything of it: INVALID_RECORD_STATE. Batches that run backwards, overlap, have unknown types
  or another number of types than records: INVALID_REQUEST.
- Needs READ on the group, and READ on each topic.
- A partition that another broker leads: NOT_LEADER_OR_FOLLOWER, with its leader.
- The session goes on as with ShareFetch. It cannot be begun here; epoch -1 ends it, and what the member still had is anybody's again.

Versions:
- v1: the first stable one. v2: renewal (KIP-1222), and the answer says for how long.
"""

from typing import Final

from broker.coordinators.shares.share_sessions import FINAL_EPOCH, INITIAL_EPOCH
from broker.handlers.authorization import GROUP_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.handlers.shares.acknowledgements import are_ids, carry_out, end_with_connection, forget_connection, said_in
from broker.handlers.shares.leaders import leader_elsewhere
from broker.model import Node
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeResponse,
    ShareAcknowledgeResponseLeaderIdAndEpoch,
    ShareAcknowledgeResponseNodeEndpoint,
    ShareAcknowledgeResponsePartitionData,
    ShareAcknowledgeTopicResponse,
)
from security.acls.kinds import Operation, ResourceType

FIRST_VERSION_WITH_RENEWAL: Final = 2


async def handle(request: ShareAcknowledgeRequest, context: RequestContext) -> ShareAcknowledgeResponse:
    keeper = context.services.share_partitions
    group_id, member_id, epoch = request.group_id, request.member_id, request.share_session_epoch
    if group_id is None or member_id is None or not are_ids(group_id, member_id):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    if not context.allows(Operation.READ, ResourceType.GROUP, group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    if epoch == INITIAL_EPOCH:
        return refuse(request, context, ErrorCode.INVALID_SHARE_SESSION_EPOCH, None)
    session = keeper.sessions.go_on(group_id, member_id, epoch)
    if isinstance(session, ErrorCode):
        return refuse(request, context, session, None)
    end_with_connection(context, keeper, session)
    results = await carry_out(
        said_in(request.topics),
        context,
        group_id,
        member_id,
        knows_renewal=context.api_version >= FIRST_VERSION_WITH_RENEWAL,
        is_renewal=request.is_renew_ack,
    )
    if epoch == FINAL_EPOCH:
        keeper.end_session(session)
        forget_connection(session)
    topics: dict[bytes, ShareAcknowledgeTopicResponse] = {}
    leaders: dict[int, Node] = {}
    for (topic_id, index), outcome in results.items():
        topic = topics.get(topic_id)
        if topic is None:
            topic = topics[topic_id] = ShareAcknowledgeTopicResponse(topic_id=topic_id)
        answer = ShareAcknowledgeResponsePartitionData(
            partition_index=index, error_code=outcome.error_code, error_message=outcome.message
        )
        if outcome.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER and (leader := leader_elsewhere((topic_id, index), context)):
            leaders[leader.node.node_id] = leader.node
            answer.current_leader = ShareAcknowledgeResponseLeaderIdAndEpoch(
                leader_id=leader.node.node_id, leader_epoch=leader.epoch
            )
        topic.partitions.append(answer)
    return ShareAcknowledgeResponse(
        acquisition_lock_timeout_ms=keeper.limits(group_id).lock_ms,
        responses=list(topics.values()),
        node_endpoints=[
            ShareAcknowledgeResponseNodeEndpoint(node_id=node.node_id, host=node.host, port=node.port, rack=node.rack)
            for node in leaders.values()
        ],
    )


def refuse(
    request: ShareAcknowledgeRequest, context: RequestContext, code: int, message: str | None
) -> ShareAcknowledgeResponse:
    return ShareAcknowledgeResponse(error_code=code, error_message=message)


HANDLER = Handler(
    key=ApiKey.SHARE_ACKNOWLEDGE, name="share_acknowledge", versions=range(1, 3), handle=handle, refuse=refuse
)
