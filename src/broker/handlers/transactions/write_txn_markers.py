"""
WriteTxnMarkers (key 27), versions 1-2.

Behaviour:
- Ends what a producer has open on single partitions, without a word to the coordinator: what `kafka-transactions abort` sends for a
  transaction that hangs. Kafka's brokers send it to each other; here a transaction ends in one commit and nobody needs to be told.
- The coordinator keeps the transaction as it is. If it is open there, and is committed later, the records of these partitions stay
  aborted, and what its producer writes to them after the marker is committed: as at Apache Kafka.
- A marker takes an offset also where nothing is open. All markers of a request are written in one commit.
- Needs ALTER or CLUSTER_ACTION on the cluster.
- An epoch below the producer's: INVALID_PRODUCER_EPOCH. A coordinator epoch below 0, which is the only one there ever was, for a producer
  that has a transactional id: TRANSACTION_COORDINATOR_FENCED.
- A partition named twice for one producer, and more than MARKERS_MAX markers: INVALID_REQUEST.

Versions:
- v1: flexible encoding (v0 is gone since Apache Kafka 4.0).
- v2: the version of transactions that the producer follows (KIP-1228). From 2 on the marker's epoch must be above the producer's.
"""

from typing import Final

from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.storage.catalog.transactions import MarkerWish
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersRequestWritableTxnMarker,
    WriteTxnMarkersResponse,
    WriteTxnMarkersResponseWritableTxnMarkerPartitionResult,
    WriteTxnMarkersResponseWritableTxnMarkerResult,
    WriteTxnMarkersResponseWritableTxnMarkerTopicResult,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

MARKERS_MAX: Final = 10_000
"""Markers of one request. A small request can name very many, and each is kept as long as the records around it."""

Result = WriteTxnMarkersResponseWritableTxnMarkerPartitionResult


async def handle(request: WriteTxnMarkersRequest, context: RequestContext) -> WriteTxnMarkersResponse:
    if not context.sees(Operation.ALTER, ResourceType.CLUSTER, CLUSTER_NAME):
        require_on_cluster(context, Operation.CLUSTER_ACTION)
    named = sum(len(topic.partition_indexes) for marker in request.markers for topic in marker.topics)
    if named > MARKERS_MAX:
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    wishes: list[MarkerWish] = []
    wished: list[Result] = []
    seen: set[tuple[int, int]] = set()
    markers = []
    for marker in request.markers:
        answer = WriteTxnMarkersResponseWritableTxnMarkerResult(producer_id=marker.producer_id)
        markers.append(answer)
        for topic in marker.topics:
            results = WriteTxnMarkersResponseWritableTxnMarkerTopicResult(name=topic.name)
            answer.topics.append(results)
            state = context.services.directory.by_name(topic.name)
            for index in topic.partition_indexes:
                result = Result(partition_index=index)
                results.partitions.append(result)
                if state is None or not 0 <= index < len(state.pids):
                    result.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    continue
                pid = state.pids[index]
                if (marker.producer_id, pid) in seen:
                    result.error_code = ErrorCode.INVALID_REQUEST
                    continue
                seen.add((marker.producer_id, pid))
                wishes.append(_wish(pid, marker))
                wished.append(result)
    if wishes:
        errors = await context.services.transactions.write_markers(wishes)
        for result, error in zip(wished, errors, strict=True):
            result.error_code = error
    return WriteTxnMarkersResponse(markers=markers)


def _wish(pid: int, marker: WriteTxnMarkersRequestWritableTxnMarker) -> MarkerWish:
    return MarkerWish(
        pid,
        marker.producer_id,
        marker.producer_epoch,
        marker.transaction_result,
        marker.coordinator_epoch,
        marker.transaction_version,
    )


def refuse(
    request: WriteTxnMarkersRequest, context: RequestContext, code: int, message: str | None
) -> WriteTxnMarkersResponse:
    return WriteTxnMarkersResponse(
        markers=[
            WriteTxnMarkersResponseWritableTxnMarkerResult(
                producer_id=marker.producer_id,
                topics=[
                    WriteTxnMarkersResponseWritableTxnMarkerTopicResult(
                        name=topic.name,
                        partitions=[Result(partition_index=index, error_code=code) for index in topic.partition_indexes],
                    )
                    for topic in marker.topics
                ],
            )
            for marker in request.markers
        ]
    )


HANDLER = Handler(
    key=ApiKey.WRITE_TXN_MARKERS, name="write_txn_markers", versions=range(1, 3), handle=handle, refuse=refuse
)
