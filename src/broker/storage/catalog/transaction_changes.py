"""Carries out what the rules decide about transactions, as changes that every catalog makes visible in its own way: at once.

Producers of the partitions that a transaction holds must be known to the view before it is ended.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from broker.storage.catalog import marker_rules, transaction_rules
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.shards import belongs
from broker.storage.catalog.transaction_rules import Verdict
from broker.storage.catalog.transactions import (
    EndAnswer,
    Ended,
    InitAnswer,
    Marker,
    MarkerWish,
    PendingOffsets,
    TransactionState,
    TransactionStatus,
)
from broker.wire.error_codes import ErrorCode


def init(
    changes: LogChanges,
    transactional_id: str,
    timeout_ms: int,
    producer_id: int,
    epoch: int,
    now_ms: int,
    new_producer_id: int,
) -> InitAnswer:
    """As :meth:`TransactionCatalog.init_transaction`."""
    before = changes.transaction(transactional_id)
    verdict = transaction_rules.init(before, transactional_id, timeout_ms, producer_id, epoch, now_ms, new_producer_id)
    if verdict.error_code is not ErrorCode.NONE or verdict.state is None:
        return InitAnswer(verdict.error_code)
    ended = _apply(changes, before, verdict, now_ms)
    return InitAnswer(ErrorCode.NONE, verdict.state.producer_id, verdict.state.epoch, ended)


def add(
    changes: LogChanges,
    transactional_id: str,
    producer_id: int,
    epoch: int,
    pids: Sequence[int],
    group_id: str | None,
    now_ms: int,
) -> ErrorCode:
    """As :meth:`TransactionCatalog.add_to_transaction`."""
    before = changes.transaction(transactional_id)
    living = [pid for pid in pids if changes.partition(pid) is not None]
    groups = () if group_id is None else (group_id,)
    verdict = transaction_rules.add(before, producer_id, epoch, living, groups, now_ms)
    _apply(changes, before, verdict, now_ms)
    return verdict.error_code


def add_offsets(
    changes: LogChanges,
    transactional_id: str,
    producer_id: int,
    epoch: int,
    offsets: PendingOffsets,
    implicit_group: str | None,
    now_ms: int,
) -> ErrorCode:
    """As :meth:`TransactionCatalog.add_transaction_offsets`."""
    before = changes.transaction(transactional_id)
    groups = frozenset(group_id for group_id, _, _ in offsets)
    verdict = transaction_rules.add_offsets(before, producer_id, epoch, groups, implicit_group, now_ms)
    if verdict.error_code is ErrorCode.NONE:
        _apply(changes, before, verdict, now_ms)
        changes.pending[transactional_id] = {**changes.pending_offsets(transactional_id), **offsets}
    return verdict.error_code


def end(
    changes: LogChanges,
    transactional_id: str,
    producer_id: int,
    epoch: int,
    commit: bool,
    bump: bool,
    new_producer_id: int,
    now_ms: int,
) -> EndAnswer:
    """As :meth:`TransactionCatalog.end_transaction`; the group offsets of ``ended`` are the caller's to store."""
    before = changes.transaction(transactional_id)
    verdict = transaction_rules.end(before, producer_id, epoch, commit, bump, new_producer_id, now_ms)
    return _ended(changes, before, verdict, now_ms)


def abort(changes: LogChanges, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> EndAnswer:
    """As :meth:`TransactionCatalog.abort_transaction`."""
    before = changes.transaction(transactional_id)
    return _ended(changes, before, transaction_rules.abort(before, producer_id, epoch, now_ms), now_ms)


def write_markers(changes: LogChanges, wishes: Sequence[MarkerWish], now_ms: int) -> tuple[list[ErrorCode], Ended]:
    """As :meth:`TransactionCatalog.write_markers`."""
    errors: list[ErrorCode] = []
    markers: list[Marker] = []
    for wish in wishes:
        error = marker_rules.refusal(wish, changes)
        errors.append(error)
        if error is ErrorCode.NONE:
            ending = marker_rules.write(wish, now_ms, changes)
            changes.absorb_ending(ending)
            markers += ending.markers
    return errors, Ended(markers, {})


def forget_idle(changes: LogChanges, before_ms: int) -> int:
    """As :meth:`TransactionCatalog.delete_transactional_ids`."""
    idle = [
        transaction
        for transactional_id in changes.transactional_ids()
        if (transaction := changes.transaction(transactional_id)) is not None
        and transaction_rules.is_forgettable(transaction, before_ms)
    ]
    for transaction in idle:
        changes.forget_transaction(transaction)
    return len(idle)


def overdue(
    transactions: Iterable[TransactionState], shards: Collection[int] | None, now_ms: int
) -> list[TransactionState]:
    """As :meth:`TransactionCatalog.overdue_transactions`."""
    return [
        transaction
        for transaction in transactions
        if transaction.status is TransactionStatus.ONGOING
        and transaction.started_ms + transaction.timeout_ms <= now_ms
        and belongs(transaction.transactional_id, shards)
    ]


def forget_partitions(changes: LogChanges, topic: str, pids: Sequence[int]) -> None:
    """A topic is deleted: transactions go on without its partitions, and without offsets that groups would commit in it."""
    gone = frozenset(pids)
    for transactional_id in changes.transactional_ids():
        transaction = changes.transaction(transactional_id)
        if transaction is not None and not gone.isdisjoint(transaction.partitions):
            changes.set_transaction(replace(transaction, partitions=transaction.partitions - gone))
        pending = changes.pending_offsets(transactional_id)
        left = {key: offset for key, offset in pending.items() if key[1] != topic}
        if len(left) < len(pending):
            changes.pending[transactional_id] = left


def open_partitions(changes: LogChanges, transactional_id: str) -> frozenset[int]:
    """The partitions that an end of the transaction would look at."""
    transaction = changes.transaction(transactional_id)
    if transaction is None or transaction.status is not TransactionStatus.ONGOING:
        return frozenset()
    return transaction.partitions


def _ended(changes: LogChanges, before: TransactionState | None, verdict: Verdict, now_ms: int) -> EndAnswer:
    if verdict.error_code is not ErrorCode.NONE or before is None:
        return EndAnswer(verdict.error_code)
    ended = _apply(changes, before, verdict, now_ms)
    now = verdict.state or before
    return EndAnswer(ErrorCode.NONE, now.producer_id, now.epoch, ended)


def _apply(changes: LogChanges, before: TransactionState | None, verdict: Verdict, now_ms: int) -> Ended | None:
    if verdict.state is not None:
        changes.set_transaction(verdict.state)
    if verdict.commit is None or before is None:
        return None
    ending = marker_rules.end(before, verdict.marker_epoch, verdict.commit, now_ms, changes)
    changes.absorb_ending(ending)
    pending = changes.pending_offsets(before.transactional_id)
    if pending:
        changes.pending[before.transactional_id] = {}
    return Ended(ending.markers, pending if verdict.commit else {})
