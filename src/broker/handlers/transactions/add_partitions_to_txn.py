"""
AddPartitionsToTxn (key 24), versions 0-5.

Behaviour:
- All partitions are added in one step, or none. The first call after the transaction before opens a new one.
- When a partition does not exist, or its topic is denied, the others are answered OPERATION_NOT_ATTEMPTED, and nothing is added.
- Needs WRITE on the transactional id and on each topic, from version 4 on CLUSTER_ACTION on the cluster instead: these come from brokers. Kafka's internal
  topics are denied to everybody.
- A producer that follows KIP-890 does not send this: its partitions are added when it first produces to them.
- One that comes late over a connection that its client has replaced since closes that connection.
- ``verify_only`` (what Kafka's brokers ask each other) changes nothing: it is told whether each partition is in the transaction,
  TRANSACTION_ABORTABLE where it is not.

Versions:
- v2: PRODUCER_FENCED where before it was INVALID_PRODUCER_EPOCH (KIP-588).
- v3: flexible encoding.
- v4: several transactions in one request, and verification (KIP-890).
- v5: TRANSACTION_ABORTABLE may be answered.
"""

from collections.abc import Iterable, Mapping, Sequence

from broker.admin.topic_names import is_internal
from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM
from broker.coordinators.producer_connections import SUPERSEDED, WHY_CLOSED
from broker.coordinators.transaction_coordinator import is_joined
from broker.errors import BrokerError
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import CloseConnection, Handler, RequestContext
from broker.storage.catalog.transactions import TransactionState
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnResult,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTopicResult,
    AddPartitionsToTxnTransaction,
)
from security.acls.kinds import Operation, ResourceType

FIRST_BATCHED_VERSION = 4

Partition = tuple[str, int]


async def handle(request: AddPartitionsToTxnRequest, context: RequestContext) -> AddPartitionsToTxnResponse:
    if context.api_version >= FIRST_BATCHED_VERSION:
        require_on_cluster(context, Operation.CLUSTER_ACTION)
        return AddPartitionsToTxnResponse(
            results_by_transaction=[
                AddPartitionsToTxnResult(
                    transactional_id=transaction.transactional_id, topic_results=await _topics(transaction, context)
                )
                for transaction in request.transactions
            ]
        )
    transaction = AddPartitionsToTxnTransaction(
        transactional_id=request.v3_and_below_transactional_id,
        producer_id=request.v3_and_below_producer_id,
        producer_epoch=request.v3_and_below_producer_epoch,
        topics=request.v3_and_below_topics,
    )
    return AddPartitionsToTxnResponse(results_by_topic_v3_and_below=await _topics(transaction, context))


async def _topics(
    transaction: AddPartitionsToTxnTransaction, context: RequestContext
) -> list[AddPartitionsToTxnTopicResult]:
    pids: dict[Partition, int | None] = {
        (topic.name, index): _pid(topic.name, index, context) for topic in transaction.topics for index in topic.partitions
    }
    errors: dict[Partition, ErrorCode]
    denied: frozenset[str] = frozenset()
    if context.api_version < FIRST_BATCHED_VERSION:
        if not context.allows(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, transaction.transactional_id):
            errors = dict.fromkeys(pids, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            return _results(transaction.topics, errors)
        denied = _denied((topic.name for topic in transaction.topics), context)
    if not transaction.transactional_id:
        errors = dict.fromkeys(pids, ErrorCode.INVALID_REQUEST)
    elif denied or None in pids.values():
        errors = {
            partition: ErrorCode.TOPIC_AUTHORIZATION_FAILED
            if partition[0] in denied
            else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            if pid is None
            else ErrorCode.OPERATION_NOT_ATTEMPTED
            for partition, pid in pids.items()
        }
    else:
        known = {partition: pid for partition, pid in pids.items() if pid is not None}
        if transaction.verify_only:
            errors = await _verify(transaction, known, context)
        else:
            errors = dict.fromkeys(known, await _add(transaction, list(known.values()), context))
    return _results(transaction.topics, errors)


def _denied(names: Iterable[str], context: RequestContext) -> frozenset[str]:
    return frozenset(
        name
        for name in set(names)
        if is_internal(name) or not context.allows(Operation.WRITE, ResourceType.TOPIC, name)
    )


async def _add(transaction: AddPartitionsToTxnTransaction, pids: Sequence[int], context: RequestContext) -> ErrorCode:
    error = await context.services.transactions.add_partitions(
        transaction.transactional_id,
        transaction.producer_id,
        transaction.producer_epoch,
        pids,
        # Several transactions in one request are what brokers ask each other, each for many producers.
        context.connection.connection_id if context.api_version < FIRST_BATCHED_VERSION else None,
    )
    if error is SUPERSEDED:
        raise CloseConnection(WHY_CLOSED)
    if error is ErrorCode.PRODUCER_FENCED and context.api_version < 2:
        return ErrorCode.INVALID_PRODUCER_EPOCH
    return error


async def _verify(
    transaction: AddPartitionsToTxnTransaction, pids: Mapping[Partition, int], context: RequestContext
) -> dict[Partition, ErrorCode]:
    transactions = context.services.transactions
    if error := transactions.error_of(transaction.transactional_id):
        return dict.fromkeys(pids, error)
    try:
        state = await transactions.look_up(transaction.transactional_id)
    except BrokerError as refusal:
        return dict.fromkeys(pids, ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code))
    return {partition: _verified(transaction, state, pid) for partition, pid in pids.items()}


def _verified(transaction: AddPartitionsToTxnTransaction, state: TransactionState | None, pid: int) -> ErrorCode:
    if state is None or state.producer_id != transaction.producer_id:
        return ErrorCode.INVALID_PRODUCER_ID_MAPPING
    if state.epoch != transaction.producer_epoch:
        return ErrorCode.PRODUCER_FENCED
    if not is_joined(state, transaction.producer_id, transaction.producer_epoch, (pid,)):
        return ErrorCode.TRANSACTION_ABORTABLE
    return ErrorCode.NONE


def _pid(name: str, index: int, context: RequestContext) -> int | None:
    state = context.services.directory.by_name(name)
    return state.pids[index] if state is not None and 0 <= index < len(state.pids) else None


def _results(
    topics: Iterable[AddPartitionsToTxnTopic], errors: dict[Partition, ErrorCode]
) -> list[AddPartitionsToTxnTopicResult]:
    return [
        AddPartitionsToTxnTopicResult(
            name=topic.name,
            results_by_partition=[
                AddPartitionsToTxnPartitionResult(
                    partition_index=index, partition_error_code=errors[topic.name, index]
                )
                for index in topic.partitions
            ],
        )
        for topic in topics
    ]


def refuse(
    request: AddPartitionsToTxnRequest, context: RequestContext, code: int, message: str | None
) -> AddPartitionsToTxnResponse:
    """Each partition is answered with the error; from version 4 on it also stands for the whole."""
    error = ErrorCode(code)

    def all_of(topics: Iterable[AddPartitionsToTxnTopic]) -> list[AddPartitionsToTxnTopicResult]:
        return _results(topics, {(topic.name, index): error for topic in topics for index in topic.partitions})

    if context.api_version >= FIRST_BATCHED_VERSION:
        return AddPartitionsToTxnResponse(
            error_code=code,
            results_by_transaction=[
                AddPartitionsToTxnResult(
                    transactional_id=transaction.transactional_id, topic_results=all_of(transaction.topics)
                )
                for transaction in request.transactions
            ],
        )
    return AddPartitionsToTxnResponse(results_by_topic_v3_and_below=all_of(request.v3_and_below_topics))


HANDLER = Handler(
    key=ApiKey.ADD_PARTITIONS_TO_TXN, name="add_partitions_to_txn", versions=range(6), handle=handle, refuse=refuse
)
