"""
InitProducerId (key 22), versions 0-6.

Behaviour:
- Without a transactional id: a fresh producer id with epoch 0, always. A producer that sends the id it has (v3) gets a new one
  too, as from Kafka: idempotent producers raise their epoch by themselves (KIP-360).
- With a transactional id: its producer id, with a higher epoch, so that whoever used it before is fenced. A transaction that is
  open is aborted first, in the same step: Kafka answers CONCURRENT_TRANSACTIONS until it has done so.
- Half of an id and epoch pair, or an empty transactional id: INVALID_REQUEST. A timeout that is not positive or beyond
  transaction.max.timeout.ms: INVALID_TRANSACTION_TIMEOUT.
- Needs WRITE on the transactional id, and TWO_PHASE_COMMIT on it for who asks for that; without an id IDEMPOTENT_WRITE on the cluster, or WRITE on any topic.
- Two-phase commit (KIP-939) is switched off, as in Kafka by default: TRANSACTIONAL_ID_AUTHORIZATION_FAILED to who asks for it,
  UNSUPPORTED_VERSION to who wants to keep a prepared transaction.

Versions:
- v2: flexible. v3: the producer's present id and epoch (KIP-360). v4: PRODUCER_FENCED where before it was INVALID_PRODUCER_EPOCH
  (KIP-588). v5: TRANSACTION_ABORTABLE may be answered. v6: two-phase commit.
"""

from typing import Any

from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.model import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType


def handle(request: InitProducerIdRequest, context: RequestContext) -> Any:
    if denied := _denied(request, context):
        return refuse(request, context, denied, None)
    if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    if request.transactional_id is None:
        return _allocate(request, context)
    if not request.transactional_id:
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    if request.enable2_pc:
        return refuse(request, context, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, None)
    if request.keep_prepared_txn:
        return refuse(request, context, ErrorCode.UNSUPPORTED_VERSION, None)
    return _take_over(request.transactional_id, request, context)


def _denied(request: InitProducerIdRequest, context: RequestContext) -> ErrorCode:
    transactional_id = request.transactional_id
    if transactional_id is None:
        may = context.sees(Operation.IDEMPOTENT_WRITE, ResourceType.CLUSTER, CLUSTER_NAME) or context.allows_any(
            Operation.WRITE, ResourceType.TOPIC
        )
        return ErrorCode.NONE if may else ErrorCode.CLUSTER_AUTHORIZATION_FAILED
    wanted = (Operation.WRITE, Operation.TWO_PHASE_COMMIT) if request.enable2_pc else (Operation.WRITE,)
    may = all(context.allows(operation, ResourceType.TRANSACTIONAL_ID, transactional_id) for operation in wanted)
    return ErrorCode.NONE if may else ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


async def _allocate(request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
    try:
        return InitProducerIdResponse(producer_id=await context.services.producer_ids.next(), producer_epoch=0)
    except BrokerError as error:
        return refuse(request, context, error.code, error.message)


async def _take_over(
    transactional_id: str, request: InitProducerIdRequest, context: RequestContext
) -> InitProducerIdResponse:
    answer = await context.services.transactions.init_producer(
        transactional_id, request.transaction_timeout_ms, request.producer_id, request.producer_epoch
    )
    error = answer.error_code
    if error:
        older = error is ErrorCode.PRODUCER_FENCED and context.api_version < 4
        return refuse(request, context, ErrorCode.INVALID_PRODUCER_EPOCH if older else error, None)
    return InitProducerIdResponse(producer_id=answer.producer_id, producer_epoch=answer.epoch)


def refuse(
    request: InitProducerIdRequest, context: RequestContext, code: int, message: str | None
) -> InitProducerIdResponse:
    return InitProducerIdResponse(error_code=code, producer_id=NO_PRODUCER_ID, producer_epoch=NO_PRODUCER_EPOCH)


HANDLER = Handler(key=ApiKey.INIT_PRODUCER_ID, name="init_producer_id", versions=range(7), handle=handle, refuse=refuse)
