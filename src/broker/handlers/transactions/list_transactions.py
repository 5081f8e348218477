"""
ListTransactions (key 66), versions 0-2.

Behaviour:
- Every transactional id that this broker coordinates, or those in one of the states and with one of the producer ids asked for.
- Only ids that the client may DESCRIBE.
- Names of states that there are not are told, and match nothing. Kafka's states in which a transaction is being ended are known,
  but no transaction is ever seen in one: it ends in one step.
- ``duration_filter``: only transactions that are open, for longer than so many milliseconds.

Versions:
- v1: duration filter (KIP-994).
- v2: a regular expression that whole ids must match (KIP-1152), INVALID_REGULAR_EXPRESSION if it is none. It is matched in linear time
  (:mod:`broker.linear_pattern`), beside the event loop where there is much to match, a part at a time, and for some seconds at most:
  then the answer is REQUEST_TIMED_OUT.
"""

from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import Any, Final

import anyio
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.handlers.transactions.states import KNOWN, NAMES
from broker.linear_pattern import LinearPattern, PatternInvalid
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_transactions import (
    ListTransactionsRequest,
    ListTransactionsResponse,
    ListTransactionsResponseTransactionState,
)
from security.acls.kinds import Operation, ResourceType

IN_PLACE_MAX: Final = 2_000
"""Characters of ids that are matched where the event loop runs, and otherwise in one part."""

MATCHING_S: Final = 10.0
"""After this long the rest is not looked at any more."""

_MATCHING: Final[RunVar[anyio.CapacityLimiter]] = RunVar("broker.handlers.transactions.list_transactions.matching")


def handle(request: ListTransactionsRequest, context: RequestContext) -> Any:
    transactions = context.services.transactions
    if error := transactions.list_error():
        return refuse(request, context, error, None)
    if transactions.memory_is_all:
        return _list(request, context, transactions.transactions())
    return _look_up(request, context)


async def _look_up(request: ListTransactionsRequest, context: RequestContext) -> ListTransactionsResponse:
    try:
        known = await context.services.transactions.look_up_all()
    except BrokerError as refusal:
        return refuse(request, context, ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code), None)
    answer = _list(request, context, known)
    return answer if isinstance(answer, ListTransactionsResponse) else await answer


def _list(
    request: ListTransactionsRequest, context: RequestContext, known: Iterable[TransactionState]
) -> ListTransactionsResponse | Awaitable[ListTransactionsResponse]:
    states, producer_ids = frozenset(request.state_filters), frozenset(request.producer_id_filters)
    now_ms = context.services.now_ms()

    def is_asked_for(state: TransactionState) -> bool:
        return (
            (not states or NAMES[state.status] in states)
            and (not producer_ids or state.producer_id in producer_ids)
            and (request.duration_filter < 0 or _lasts_longer(state, request.duration_filter, now_ms))
            and context.sees(Operation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, state.transactional_id)
        )

    found = [state for state in known if is_asked_for(state)]
    unknown = sorted(states - KNOWN)
    if not request.transactional_id_pattern:
        return _answer(unknown, found)
    try:
        pattern = LinearPattern(request.transactional_id_pattern)
    except PatternInvalid:
        return refuse(request, context, ErrorCode.INVALID_REGULAR_EXPRESSION, None)
    if sum(len(state.transactional_id) for state in found) <= IN_PLACE_MAX:
        return _answer(unknown, _matching(pattern, found))
    return _match_beside(unknown, pattern, found)


async def _match_beside(
    unknown: list[str], pattern: LinearPattern, found: Sequence[TransactionState]
) -> ListTransactionsResponse:
    matching: list[TransactionState] = []
    with anyio.move_on_after(MATCHING_S):
        for part in _parts(found):
            matching += await run_sync(_matching, pattern, part, limiter=_limiter())
        return _answer(unknown, matching)
    raise BrokerError(ErrorCode.REQUEST_TIMED_OUT, "the pattern takes too long to match")


def _matching(pattern: LinearPattern, states: Iterable[TransactionState]) -> list[TransactionState]:
    return [state for state in states if pattern.matches(state.transactional_id)]


def _parts(states: Iterable[TransactionState]) -> Iterator[list[TransactionState]]:
    part: list[TransactionState] = []
    size = 0
    for state in states:
        part.append(state)
        size += len(state.transactional_id)
        if size >= IN_PLACE_MAX:
            yield part
            part, size = [], 0
    yield part


def _limiter() -> anyio.CapacityLimiter:
    """One request at a time, in one event loop: whoever asks again and again does not get more of the machine."""
    try:
        return _MATCHING.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(1)
        _MATCHING.set(limiter)
        return limiter


def _answer(unknown: list[str], states: Iterable[TransactionState]) -> ListTransactionsResponse:
    return ListTransactionsResponse(
        unknown_state_filters=unknown,
        transaction_states=[
            ListTransactionsResponseTransactionState(
                transactional_id=state.transactional_id,
                producer_id=state.producer_id,
                transaction_state=NAMES[state.status],
            )
            for state in states
        ],
    )


def _lasts_longer(state: TransactionState, duration_ms: int, now_ms: int) -> bool:
    return state.status is TransactionStatus.ONGOING and now_ms - state.started_ms > duration_ms


def refuse(
    request: ListTransactionsRequest, context: RequestContext, code: int, message: str | None
) -> ListTransactionsResponse:
    return ListTransactionsResponse(error_code=code)


HANDLER = Handler(
    key=ApiKey.LIST_TRANSACTIONS,
    name="list_transactions",
    versions=range(3),
    handle=handle,
    refuse=refuse,
    stop_on_disconnect=True,
)
