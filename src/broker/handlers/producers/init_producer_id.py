"""
InitProducerId (key 22), versions 0-6.

Behaviour:
- Without a transactional id: a fresh producer id with epoch 0, always. A producer that sends the id it has (v3) gets a new one
  too, as from Kafka: idempotent producers raise their epoch by themselves (KIP-360).
- With a transactional id: UNSUPPORTED_VERSION. Transactions are not supported here, and unlike the codes that speak of coordinators
  this one is not retried: producers fail at once, in initTransactions(), and say why.
- Half of an id and epoch pair, or an empty transactional id: INVALID_REQUEST.

Versions:
- v2: flexible. v3: the producer's present id and epoch (KIP-360). v6: two-phase commit (KIP-939), for transactions only.
"""

from typing import Any

from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.model import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.init_producer_id import InitProducerIdRequest, InitProducerIdResponse


def handle(request: InitProducerIdRequest, context: RequestContext) -> Any:
    if request.transactional_id is not None:
        code = ErrorCode.UNSUPPORTED_VERSION if request.transactional_id else ErrorCode.INVALID_REQUEST
        return refuse(request, context, code, None)
    if (request.producer_id == NO_PRODUCER_ID) != (request.producer_epoch == NO_PRODUCER_EPOCH):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    return _allocate(request, context)


async def _allocate(request: InitProducerIdRequest, context: RequestContext) -> InitProducerIdResponse:
    try:
        return InitProducerIdResponse(producer_id=await context.services.producer_ids.next(), producer_epoch=0)
    except BrokerError as error:
        return refuse(request, context, error.code, error.message)


def refuse(
    request: InitProducerIdRequest, context: RequestContext, code: int, message: str | None
) -> InitProducerIdResponse:
    return InitProducerIdResponse(error_code=code, producer_id=NO_PRODUCER_ID, producer_epoch=NO_PRODUCER_EPOCH)


HANDLER = Handler(key=ApiKey.INIT_PRODUCER_ID, name="init_producer_id", versions=range(7), handle=handle, refuse=refuse)
