"""
ShareFetch (key 78), versions 1-2: records for a member of a share group, and with the request what it says of those it had.

Behaviour:
- A session (KIP-932) is begun with epoch 0, goes on with the next epoch, and ends with -1 or with its connection; then what the member
  had acquired is anybody's again, at once. There are never more than group.share.max.share.sessions.
- What is acknowledged comes first, and is answered when it is durable. Nothing can be acknowledged in the request that begins a
  session; the one that ends it fetches nothing.
- Records come as whole batches of the log, with the ranges of offsets in them that the member has acquired, and how often each was
  delivered. Markers of transactions are acquired like records; consumers acknowledge them as gaps.
- Answers when min_bytes can be given, a partition has an error, or max_wait_ms are over. Partitions that gave records come last the
  next time.
- share.isolation.level read_committed stops at the last stable offset; records of aborted transactions are done with unseen.
- Needs READ on the group, and READ on each topic.
- A partition that another broker leads is NOT_LEADER_OR_FOLLOWER, with its leader; so is what is said of its records.
- Where there is no room for a session the answer comes after max_wait_ms, so that the client does not ask all the time.

Versions:
- v1: the first stable one. v2: acquire modes (KIP-1206), of which 1 never gives more than max_records; renewal (KIP-1222), in a request
  that fetches nothing.
"""

from typing import Final

import anyio

from broker.coordinators.shares.share_sessions import FINAL_EPOCH, INITIAL_EPOCH, PartitionKey, ShareSession
from broker.handlers.authorization import GROUP_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.handlers.shares.acknowledgements import (
    Outcome,
    are_ids,
    carry_out,
    end_with_connection,
    forget_connection,
    resolve_readable,
    said_in,
)
from broker.handlers.shares.leaders import leader_elsewhere
from broker.handlers.shares.share_fetcher import Asked, Given, ShareFetcher
from broker.model import Node
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_fetch import (
    ShareFetchableTopicResponse,
    ShareFetchRequest,
    ShareFetchResponse,
    ShareFetchResponseAcquiredRecords,
    ShareFetchResponseLeaderIdAndEpoch,
    ShareFetchResponseNodeEndpoint,
    ShareFetchResponsePartitionData,
)
from observability.metrics import RECORD_BYTES_OUT
from security.acls.kinds import Operation, ResourceType

FIRST_VERSION_WITH_RENEWAL: Final = 2
BATCH_OPTIMIZED: Final = 0
RECORD_LIMIT: Final = 1


async def handle(request: ShareFetchRequest, context: RequestContext) -> ShareFetchResponse:
    keeper = context.services.share_partitions
    group_id, member_id, epoch = request.group_id, request.member_id, request.share_session_epoch
    if group_id is None or member_id is None or not are_ids(group_id, member_id):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    if not context.allows(Operation.READ, ResourceType.GROUP, group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    if not _is_sound(request):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    said = said_in(request.topics)
    named = [(topic.topic_id, each.partition_index) for topic in request.topics for each in topic.partitions]
    if epoch == INITIAL_EPOCH:
        if said:
            return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
        session = keeper.begin_session(group_id, member_id, named)
    else:
        forgotten = [(topic.topic_id, index) for topic in request.forgotten_topics_data for index in topic.partitions]
        session = keeper.sessions.go_on(group_id, member_id, epoch, named, forgotten)
    if isinstance(session, ErrorCode):
        if session is ErrorCode.SHARE_SESSION_LIMIT_REACHED:
            await _wait_for_nothing(request, context)
        return refuse(request, context, session, None)
    end_with_connection(context, keeper, session)
    knows_renewal = context.api_version >= FIRST_VERSION_WITH_RENEWAL
    acknowledged = await carry_out(
        said, context, group_id, member_id, knows_renewal=knows_renewal, is_renewal=request.is_renew_ack
    )
    given: dict[PartitionKey, Given] = {}
    if epoch == FINAL_EPOCH:
        keeper.end_session(session)
        forget_connection(session)
    elif not request.is_renew_ack:
        given = await _fetch(request, context, session)
    return _respond(context, session, given, acknowledged)


async def _wait_for_nothing(request: ShareFetchRequest, context: RequestContext) -> None:
    """There is no room for a session: the client is to ask again later, not at once. It may leave, or be let go, before."""
    ended = anyio.Event()
    at_end = context.connection.at_end
    at_end[ended] = ended.set
    with anyio.move_on_after(max(request.max_wait_ms, 0) / 1000):
        await ended.wait()
    at_end.pop(ended, None)


def _is_sound(request: ShareFetchRequest) -> bool:
    """A request that says of itself that it renews must not ask for records; and there are two modes."""
    asks = request.max_bytes or request.min_bytes or request.max_records or request.max_wait_ms
    return not (request.is_renew_ack and asks) and request.share_acquire_mode in (BATCH_OPTIMIZED, RECORD_LIMIT)


async def _fetch(
    request: ShareFetchRequest, context: RequestContext, session: ShareSession
) -> dict[PartitionKey, Given]:
    services = context.services
    unknown: dict[PartitionKey, Given] = {}
    pids: dict[PartitionKey, int] = {}
    for key in session.partitions:
        place = resolve_readable(key, context)
        if isinstance(place, ErrorCode):
            unknown[key] = Given(place)
        else:
            pids[key] = place
    max_bytes = min(request.max_bytes, services.settings.current.fetch_max_bytes)
    asked = Asked(
        max_wait_ms=request.max_wait_ms,
        min_bytes=min(request.min_bytes, max_bytes),
        max_bytes=max_bytes,
        max_records=request.max_records,
        batch_size=request.batch_size,
        is_exact=request.share_acquire_mode == RECORD_LIMIT,
    )
    given = await ShareFetcher(services.reader, services.share_partitions, session, asked).fetch(pids)
    return unknown | given


def _respond(
    context: RequestContext,
    session: ShareSession,
    given: dict[PartitionKey, Given],
    acknowledged: dict[PartitionKey, Outcome],
) -> ShareFetchResponse:
    """Partitions with news, those that were acknowledged, and those that the member has not been told of yet."""
    nothing = Given()
    answered: dict[PartitionKey, Given] = {}
    for key, must_be_told in list(session.partitions.items()) if not session.is_ended else ():
        one = given.get(key, nothing)
        if one.size or one.error_code or must_be_told:
            answered[key] = one
            # After an error the next good answer is news, whatever it says.
            session.partitions[key] = one.error_code is not ErrorCode.NONE
    for key in acknowledged:
        answered.setdefault(key, nothing)
    topics: dict[bytes, ShareFetchableTopicResponse] = {}
    leaders: dict[int, Node] = {}
    sent = 0
    well = Outcome()
    for (topic_id, index), one in answered.items():
        topic = topics.get(topic_id)
        if topic is None:
            topic = topics[topic_id] = ShareFetchableTopicResponse(topic_id=topic_id)
        outcome = acknowledged.get((topic_id, index), well)
        leader = None
        if ErrorCode.NOT_LEADER_OR_FOLLOWER in (one.error_code, outcome.error_code):
            leader = leader_elsewhere((topic_id, index), context)
        if leader is not None:
            leaders[leader.node.node_id] = leader.node
        topic.partitions.append(
            ShareFetchResponsePartitionData(
                partition_index=index,
                error_code=one.error_code,
                acknowledge_error_code=outcome.error_code,
                acknowledge_error_message=outcome.message,
                current_leader=None
                if leader is None
                else ShareFetchResponseLeaderIdAndEpoch(leader_id=leader.node.node_id, leader_epoch=leader.epoch),
                records=one.records or b"",
                acquired_records=[
                    ShareFetchResponseAcquiredRecords(
                        first_offset=each.first, last_offset=each.last, delivery_count=each.deliveries
                    )
                    for each in one.acquired
                ],
            )
        )
        sent += one.size
    if sent:
        RECORD_BYTES_OUT.inc(sent)
    lock_ms = context.services.share_partitions.limits(session.group_id).lock_ms
    return ShareFetchResponse(
        acquisition_lock_timeout_ms=lock_ms,
        responses=list(topics.values()),
        node_endpoints=[
            ShareFetchResponseNodeEndpoint(node_id=node.node_id, host=node.host, port=node.port, rack=node.rack)
            for node in leaders.values()
        ],
    )


def refuse(request: ShareFetchRequest, context: RequestContext, code: int, message: str | None) -> ShareFetchResponse:
    return ShareFetchResponse(error_code=code, error_message=message)


HANDLER = Handler(key=ApiKey.SHARE_FETCH, name="share_fetch", versions=range(1, 3), handle=handle, refuse=refuse)
