"""
ListTransactions (key 66), versions 0-1.

Behaviour:
- Every transactional id, or those in one of the states and with one of the producer ids asked for.
- Names of states that there are not are told, and match nothing. Kafka's states in which a transaction is being ended are known,
  but no transaction is ever seen in one: it ends in one step.
- ``duration_filter``: only transactions that are open, for longer than so many milliseconds.

Versions:
- v1: duration filter (KIP-994).
- v2, a regular expression over the ids (KIP-1152), is not served: the expressions of Python can be made to run for years.
"""

from broker.handlers.base import Handler, RequestContext
from broker.handlers.transactions.states import KNOWN, NAMES
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.api import ApiKey
from broker.wire.messages.list_transactions import (
    ListTransactionsRequest,
    ListTransactionsResponse,
    ListTransactionsResponseTransactionState,
)


def handle(request: ListTransactionsRequest, context: RequestContext) -> ListTransactionsResponse:
    states, producer_ids = frozenset(request.state_filters), frozenset(request.producer_id_filters)
    now_ms = context.services.now_ms()

    def is_asked_for(state: TransactionState) -> bool:
        return (
            (not states or NAMES[state.status] in states)
            and (not producer_ids or state.producer_id in producer_ids)
            and (request.duration_filter < 0 or _lasts_longer(state, request.duration_filter, now_ms))
        )

    return ListTransactionsResponse(
        unknown_state_filters=sorted(states - KNOWN),
        transaction_states=[
            ListTransactionsResponseTransactionState(
                transactional_id=state.transactional_id,
                producer_id=state.producer_id,
                transaction_state=NAMES[state.status],
            )
            for state in context.services.transactions.transactions()
            if is_asked_for(state)
        ],
    )


def _lasts_longer(state: TransactionState, duration_ms: int, now_ms: int) -> bool:
    return state.status is TransactionStatus.ONGOING and now_ms - state.started_ms > duration_ms


def refuse(
    request: ListTransactionsRequest, context: RequestContext, code: int, message: str | None
) -> ListTransactionsResponse:
    return ListTransactionsResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.LIST_TRANSACTIONS, name="list_transactions", versions=range(2), handle=handle, refuse=refuse
)
