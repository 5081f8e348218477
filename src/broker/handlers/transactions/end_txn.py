"""
EndTxn (key 26), versions 0-5.

Behaviour:
- Commits or aborts in one step: markers, last stable offsets and group offsets are there when this is answered, or none of them.
- Needs WRITE on the transactional id.
- A retry is answered like the first time.
- One that comes late over a connection that its client has replaced since closes that connection (before v5, where nothing else tells it
  from the end of the next transaction).

Versions:
- v2: PRODUCER_FENCED where before it was INVALID_PRODUCER_EPOCH (KIP-588).
- v3: flexible encoding.
- v4: TRANSACTION_ABORTABLE may be answered.
- v5: the producer follows KIP-890: each transaction has an epoch of its own, and the answer tells the next one.
"""

from broker.coordinators.producer_connections import SUPERSEDED, WHY_CLOSED
from broker.handlers.base import CloseConnection, Handler, RequestContext
from broker.model import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.end_txn import EndTxnRequest, EndTxnResponse
from security.acls.kinds import Operation, ResourceType

FIRST_VERSION_THAT_BUMPS = 5


async def handle(request: EndTxnRequest, context: RequestContext) -> EndTxnResponse:
    if not context.allows(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, request.transactional_id):
        return EndTxnResponse(error_code=ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    if not request.transactional_id:
        return EndTxnResponse(error_code=ErrorCode.INVALID_REQUEST)
    bump = context.api_version >= FIRST_VERSION_THAT_BUMPS
    answer = await context.services.transactions.end(
        request.transactional_id,
        request.producer_id,
        request.producer_epoch,
        commit=request.committed,
        bump=bump,
        connection_id=None if bump else context.connection.connection_id,
    )
    error = answer.error_code
    if error is SUPERSEDED:
        raise CloseConnection(WHY_CLOSED)
    if error is ErrorCode.PRODUCER_FENCED and context.api_version < 2:
        error = ErrorCode.INVALID_PRODUCER_EPOCH
    if error or not bump:
        return EndTxnResponse(error_code=error, producer_id=NO_PRODUCER_ID, producer_epoch=NO_PRODUCER_EPOCH)
    return EndTxnResponse(producer_id=answer.producer_id, producer_epoch=answer.epoch)


def refuse(request: EndTxnRequest, context: RequestContext, code: int, message: str | None) -> EndTxnResponse:
    return EndTxnResponse(error_code=code)


HANDLER = Handler(key=ApiKey.END_TXN, name="end_txn", versions=range(6), handle=handle, refuse=refuse)
