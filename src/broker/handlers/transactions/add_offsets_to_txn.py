"""
AddOffsetsToTxn (key 25), versions 0-4.

Behaviour:
- From now on the transaction may carry offsets of the group; opens a transaction when there is none.
- A producer that follows KIP-890 does not send this: TxnOffsetCommit adds the group.
- Needs WRITE on the transactional id, and READ on the group.
- One that comes late over a connection that its client has replaced since closes that connection.

Versions:
- v2: PRODUCER_FENCED where before it was INVALID_PRODUCER_EPOCH (KIP-588).
- v3: flexible encoding.
- v4: TRANSACTION_ABORTABLE may be answered (KIP-890).
"""

from broker.coordinators.producer_connections import SUPERSEDED, WHY_CLOSED
from broker.handlers.base import CloseConnection, Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest, AddOffsetsToTxnResponse
from security.acls.kinds import Operation, ResourceType


async def handle(request: AddOffsetsToTxnRequest, context: RequestContext) -> AddOffsetsToTxnResponse:
    if not context.allows(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, request.transactional_id):
        return AddOffsetsToTxnResponse(error_code=ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return AddOffsetsToTxnResponse(error_code=ErrorCode.GROUP_AUTHORIZATION_FAILED)
    if not request.transactional_id:
        return AddOffsetsToTxnResponse(error_code=ErrorCode.INVALID_REQUEST)
    if not request.group_id:
        return AddOffsetsToTxnResponse(error_code=ErrorCode.INVALID_GROUP_ID)
    error = await context.services.transactions.add_group(
        request.transactional_id,
        request.producer_id,
        request.producer_epoch,
        request.group_id,
        context.connection.connection_id,
    )
    if error is SUPERSEDED:
        raise CloseConnection(WHY_CLOSED)
    if error is ErrorCode.PRODUCER_FENCED and context.api_version < 2:
        error = ErrorCode.INVALID_PRODUCER_EPOCH
    return AddOffsetsToTxnResponse(error_code=error)


def refuse(
    request: AddOffsetsToTxnRequest, context: RequestContext, code: int, message: str | None
) -> AddOffsetsToTxnResponse:
    return AddOffsetsToTxnResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.ADD_OFFSETS_TO_TXN, name="add_offsets_to_txn", versions=range(5), handle=handle, refuse=refuse
)
