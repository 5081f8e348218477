"""Rule: what a request about a transactional id does to it, and what it is answered.

The rules of Kafka's coordinator (KIP-98, KIP-360, KIP-447, KIP-890), for one transactional id, without its prepared states: here a
transaction ends in the step that is asked to end it.

X1  Only the latest producer id and epoch of a transactional id may do anything; others are INVALID_PRODUCER_ID_MAPPING or PRODUCER_FENCED.
X2  Whoever initialises aborts what is open, under an epoch of its own that nobody is given, so that the producer it was open for is fenced on
    every partition before the new one begins.
X3  Who says which producer id and epoch it has (KIP-360) is heard only if they are the latest, or those its lost answer replaced.
    Unlike Kafka such a caller, when it is out of date, does not abort what its successor has open; and when it is not, it goes on at once.
X4  Epochs end at 32766; then there is a new producer id with epoch 0. 32767 is only ever seen in markers.
X5  Ending without an epoch bump (before KIP-890) can be repeated at the same epoch, for the same outcome. Nothing here tells such a
    repetition from the end of the next transaction (KAFKA-17754): the coordinator does, by the connection it came over
    (:mod:`broker.coordinators.producer_connections`); hence also
X6  ending with a bump: the answer has a new epoch, a repetition is known by the old one, and one that arrives after the next
    transaction began, or ended, is fenced. What is not open can be aborted with a bump, too: it may have lost its first request.
X7  A transaction is open from its first partition or group on, and its time runs from there.
X8  Whose transaction took too long is fenced, but not replaced: who says which producer id and epoch it had goes on with the next epoch, and so
    does who aborts with a bump; its commit with a bump is INVALID_TXN_STATE. All of that only until somebody else initialises.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from broker.model import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode

LAST_EPOCH: Final = 2**15 - 2
"""The last epoch a client is given (X4)."""
_MARKER_EPOCH_LIMIT: Final = LAST_EPOCH + 1

_COMPLETE: Final = frozenset({TransactionStatus.COMPLETE_COMMIT, TransactionStatus.COMPLETE_ABORT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a request comes to: ``state`` from now on (None: nothing changes); and whether what was open is committed or aborted (None: it
    is not ended), by markers of ``marker_epoch``."""

    error_code: ErrorCode = ErrorCode.NONE
    state: TransactionState | None = None
    commit: bool | None = None
    marker_epoch: int = NO_PRODUCER_EPOCH


_NOTHING: Final = Verdict()
_UNKNOWN: Final = Verdict(error_code=ErrorCode.INVALID_PRODUCER_ID_MAPPING)
_FENCED: Final = Verdict(error_code=ErrorCode.PRODUCER_FENCED)
_WRONG_STATE: Final = Verdict(error_code=ErrorCode.INVALID_TXN_STATE)


def init(
    state: TransactionState | None,
    transactional_id: str,
    timeout_ms: int,
    producer_id: int,
    epoch: int,
    now_ms: int,
    new_producer_id: int,
) -> Verdict:
    """InitProducerId; ``producer_id`` and ``epoch`` are what the caller says to have, -1 when it does not."""
    if state is None:
        new = TransactionState(
            transactional_id=transactional_id,
            producer_id=new_producer_id,
            epoch=0,
            timeout_ms=timeout_ms,
            updated_ms=now_ms,
        )
        return Verdict(state=new)
    expects = producer_id != NO_PRODUCER_ID
    if expects and (producer_id, epoch) != (state.producer_id, state.epoch):
        if state.status is TransactionStatus.ONGOING or not _is_replaced(state, producer_id, epoch):
            return _FENCED
        # The answer to its last request was lost (X3).
        return Verdict(state=_closed(replace(state, timeout_ms=timeout_ms), TransactionStatus.EMPTY, now_ms))
    open_now = state.status is TransactionStatus.ONGOING
    used = _next_epoch(state.epoch) if open_now else state.epoch
    fresh = _closed(replace(state, timeout_ms=timeout_ms), TransactionStatus.EMPTY, now_ms)
    last_epoch = epoch if expects else NO_PRODUCER_EPOCH
    if used >= LAST_EPOCH:
        fresh = replace(
            fresh,
            producer_id=new_producer_id,
            epoch=0,
            last_epoch=last_epoch,
            previous_producer_id=state.producer_id if expects else NO_PRODUCER_ID,
        )
    else:
        fresh = replace(fresh, epoch=used + 1, last_epoch=last_epoch, previous_producer_id=NO_PRODUCER_ID)
    if open_now:
        return Verdict(state=fresh, commit=False, marker_epoch=used)
    return Verdict(state=fresh)


def add(
    state: TransactionState | None,
    producer_id: int,
    epoch: int,
    pids: Iterable[int],
    groups: Iterable[str],
    now_ms: int,
) -> Verdict:
    """AddPartitionsToTxn and AddOffsetsToTxn."""
    if state is None or state.producer_id != producer_id:
        return _UNKNOWN
    if state.epoch != epoch:
        return _FENCED
    partitions, with_groups = state.partitions.union(pids), state.groups.union(groups)
    if state.status is TransactionStatus.ONGOING:
        if partitions == state.partitions and with_groups == state.groups:
            return _NOTHING
        return Verdict(state=replace(state, partitions=partitions, groups=with_groups, updated_ms=now_ms))
    return Verdict(
        state=replace(
            state,
            status=TransactionStatus.ONGOING,
            started_ms=now_ms,
            updated_ms=now_ms,
            partitions=partitions,
            groups=with_groups,
        )
    )


def add_offsets(
    state: TransactionState | None,
    producer_id: int,
    epoch: int,
    groups: frozenset[str],
    implicit_group: str | None,
    now_ms: int,
) -> Verdict:
    """TxnOffsetCommit for ``groups``. It is a write like any other, so whoever is fenced hears what a produce request would."""
    if state is None or state.producer_id != producer_id:
        return _UNKNOWN
    if state.epoch != epoch:
        return Verdict(error_code=ErrorCode.INVALID_PRODUCER_EPOCH)
    if implicit_group is not None:
        verdict = add(state, producer_id, epoch, (), (implicit_group,), now_ms)
        state = verdict.state or state
    else:
        verdict = _NOTHING
    if state.status is not TransactionStatus.ONGOING or not groups <= state.groups:
        return _WRONG_STATE
    return verdict


def end(
    state: TransactionState | None,
    producer_id: int,
    epoch: int,
    commit: bool,
    bump: bool,
    new_producer_id: int,
    now_ms: int,
) -> Verdict:
    """EndTxn, as it was before KIP-890 (X5) or with ``bump`` (X6)."""
    if state is None:
        return _UNKNOWN
    outcome = TransactionStatus.COMPLETE_COMMIT if commit else TransactionStatus.COMPLETE_ABORT
    if bump and state.status in _COMPLETE and _is_replaced(state, producer_id, epoch):
        return _NOTHING if state.status is outcome else _WRONG_STATE
    if state.producer_id != producer_id:
        return _UNKNOWN
    if state.epoch != epoch:
        return _FENCED
    if state.status is TransactionStatus.ONGOING:
        if bump:
            return Verdict(
                state=_bumped(_closed(state, outcome, now_ms), new_producer_id),
                commit=commit,
                marker_epoch=_next_epoch(epoch),
            )
        ended = replace(
            _closed(state, outcome, now_ms), last_epoch=NO_PRODUCER_EPOCH, previous_producer_id=NO_PRODUCER_ID
        )
        return Verdict(state=ended, commit=commit, marker_epoch=epoch)
    if bump:
        if commit:
            return _WRONG_STATE
        return Verdict(state=_bumped(_closed(state, outcome, now_ms), new_producer_id))
    return _NOTHING if state.status is outcome else _WRONG_STATE


def abort(state: TransactionState | None, producer_id: int, epoch: int, now_ms: int) -> Verdict:
    """A transaction ends on behalf of nobody: its producer is fenced, and its next request learns that (X8)."""
    if state is None or state.producer_id != producer_id:
        return _UNKNOWN
    if state.epoch != epoch:
        return _FENCED
    if state.status is not TransactionStatus.ONGOING:
        return _WRONG_STATE
    fence = _next_epoch(epoch)
    aborted = replace(
        _closed(state, TransactionStatus.COMPLETE_ABORT, now_ms),
        epoch=fence,
        last_epoch=epoch if fence <= LAST_EPOCH else NO_PRODUCER_EPOCH,  # no client is given what comes after (X4)
        previous_producer_id=NO_PRODUCER_ID,
    )
    return Verdict(state=aborted, commit=False, marker_epoch=fence)


def is_forgettable(state: TransactionState, before_ms: int) -> bool:
    """Whether the id was last used before that time and has nothing open."""
    return state.status is not TransactionStatus.ONGOING and state.updated_ms < before_ms


def _is_replaced(state: TransactionState, producer_id: int, epoch: int) -> bool:
    """Whether the producer id and epoch are those before the latest, so that their owner may have missed an answer."""
    last_id = state.producer_id if state.previous_producer_id == NO_PRODUCER_ID else state.previous_producer_id
    return epoch != NO_PRODUCER_EPOCH and (producer_id, epoch) == (last_id, state.last_epoch)


def _closed(state: TransactionState, status: TransactionStatus, now_ms: int) -> TransactionState:
    return replace(state, status=status, started_ms=-1, updated_ms=now_ms, partitions=frozenset(), groups=frozenset())


def _bumped(state: TransactionState, new_producer_id: int) -> TransactionState:
    if state.epoch >= LAST_EPOCH:
        return replace(
            state,
            producer_id=new_producer_id,
            epoch=0,
            last_epoch=state.epoch,
            previous_producer_id=state.producer_id,
        )
    return replace(state, epoch=state.epoch + 1, last_epoch=state.epoch, previous_producer_id=NO_PRODUCER_ID)


def _next_epoch(epoch: int) -> int:
    return min(epoch + 1, _MARKER_EPOCH_LIMIT)
