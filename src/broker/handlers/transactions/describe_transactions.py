"""
DescribeTransactions (key 65), version 0 (KIP-664).

Behaviour:
- State, producer, timeout and partitions of each transactional id; partitions of topics deleted meanwhile are left out.
- Groups whose offsets a transaction carries are not shown: Kafka shows a partition of its own offsets topic there, and there is none.
- Needs DESCRIBE on each transactional id; topics that the client must not DESCRIBE are left out.
- An id that another broker coordinates: NOT_COORDINATOR.
- An id that is not known: TRANSACTIONAL_ID_NOT_FOUND. One named twice is described once.
"""

from collections import defaultdict

from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.handlers.transactions.states import NAMES
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_transactions import (
    DescribeTransactionsRequest,
    DescribeTransactionsResponse,
    DescribeTransactionsResponseTopicData,
    DescribeTransactionsResponseTransactionState,
)
from security.acls.kinds import Operation, ResourceType


async def handle(request: DescribeTransactionsRequest, context: RequestContext) -> DescribeTransactionsResponse:
    asked = dict.fromkeys(request.transactional_ids)
    return DescribeTransactionsResponse(transaction_states=[await _describe(each, context) for each in asked])


async def _describe(transactional_id: str, context: RequestContext) -> DescribeTransactionsResponseTransactionState:
    if not context.allows(Operation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, transactional_id):
        return _failed(transactional_id, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    if not transactional_id:
        return _failed(transactional_id, ErrorCode.INVALID_REQUEST)
    transactions = context.services.transactions
    if error := transactions.error_of(transactional_id):
        return _failed(transactional_id, error)
    try:
        state = await transactions.look_up(transactional_id)
    except BrokerError as refusal:
        return _failed(transactional_id, ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code))
    if state is None:
        return _failed(transactional_id, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
    partitions: dict[str, list[int]] = defaultdict(list)
    for pid in sorted(state.partitions):
        place = context.services.directory.by_pid(pid)
        if place is not None:
            topic, index = place
            partitions[topic.name].append(index)
    return DescribeTransactionsResponseTransactionState(
        transactional_id=transactional_id,
        transaction_state=NAMES[state.status],
        transaction_timeout_ms=state.timeout_ms,
        transaction_start_time_ms=state.started_ms,
        producer_id=state.producer_id,
        producer_epoch=state.epoch,
        topics=[
            DescribeTransactionsResponseTopicData(topic=name, partitions=indexes) for name, indexes in partitions.items()
            if context.sees(Operation.DESCRIBE, ResourceType.TOPIC, name)
        ],
    )


def _failed(transactional_id: str, code: int) -> DescribeTransactionsResponseTransactionState:
    return DescribeTransactionsResponseTransactionState(error_code=code, transactional_id=transactional_id)


def refuse(
    request: DescribeTransactionsRequest, context: RequestContext, code: int, message: str | None
) -> DescribeTransactionsResponse:
    return DescribeTransactionsResponse(
        transaction_states=[_failed(each, code) for each in dict.fromkeys(request.transactional_ids)]
    )


HANDLER = Handler(
    key=ApiKey.DESCRIBE_TRANSACTIONS,
    name="describe_transactions",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
