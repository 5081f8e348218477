"""Transactions in SQLite. Every change is a job of the writer's, and so flushed: what ends a transaction is one commit of the database."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from broker.storage.catalog import transaction_changes
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.sqlite import transaction_rows
from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.transaction import Transaction
from broker.storage.catalog.transaction_rules import is_forgettable
from broker.storage.catalog.transactions import (
    AbortedTransaction,
    EndAnswer,
    Ended,
    InitAnswer,
    MarkerWish,
    PendingOffsets,
    TransactionState,
    TransactionStatus,
)
from broker.wire.error_codes import ErrorCode

Answer = TypeVar("Answer")


class SqliteTransactions(CatalogPart):
    """Implements :class:`broker.storage.catalog.base.TransactionCatalog`."""

    async def init_transaction(
        self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int, now_ms: int, new_producer_id: int
    ) -> InitAnswer:
        def work(changes: LogChanges) -> InitAnswer:
            return transaction_changes.init(
                changes, transactional_id, timeout_ms, producer_id, epoch, now_ms, new_producer_id
            )

        return await self._change(work, transactional_id)

    async def add_to_transaction(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        pids: Sequence[int],
        group_id: str | None,
        now_ms: int,
    ) -> ErrorCode:
        def work(changes: LogChanges) -> ErrorCode:
            return transaction_changes.add(changes, transactional_id, producer_id, epoch, pids, group_id, now_ms)

        if self._has(self._state.transaction(transactional_id), producer_id, epoch, pids, group_id):
            return ErrorCode.NONE
        return await self._change(work)

    async def add_transaction_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: PendingOffsets,
        implicit_group: str | None,
        now_ms: int,
    ) -> ErrorCode:
        def work(changes: LogChanges) -> ErrorCode:
            return transaction_changes.add_offsets(
                changes, transactional_id, producer_id, epoch, offsets, implicit_group, now_ms
            )

        return await self._change(work)

    async def end_transaction(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        commit: bool,
        bump: bool,
        new_producer_id: int,
        now_ms: int,
    ) -> EndAnswer:
        def work(changes: LogChanges) -> EndAnswer:
            return transaction_changes.end(
                changes, transactional_id, producer_id, epoch, commit, bump, new_producer_id, now_ms
            )

        return await self._change(work, transactional_id)

    async def abort_transaction(self, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> EndAnswer:
        def work(changes: LogChanges) -> EndAnswer:
            return transaction_changes.abort(changes, transactional_id, producer_id, epoch, now_ms)

        return await self._change(work, transactional_id)

    async def write_markers(self, wishes: Sequence[MarkerWish], now_ms: int) -> tuple[list[ErrorCode], Ended]:
        def work(transaction: Transaction) -> tuple[list[ErrorCode], Ended]:
            transaction.load_producers({wish.pid for wish in wishes})
            answer = transaction_changes.write_markers(transaction.changes, wishes, now_ms)
            transaction.write_changes()
            return answer

        return await self._writer.run(work)

    async def delete_transactional_ids(self, before_ms: int) -> int:
        def work(changes: LogChanges) -> int:
            return transaction_changes.forget_idle(changes, before_ms)

        if not any(is_forgettable(state, before_ms) for state in self._state.transactions()):
            return 0
        return await self._change(work)

    async def load_transactions(self, shards: Collection[int]) -> None:
        """All of them are in memory."""

    def forget_transactions(self, shards: Collection[int]) -> None:
        """All of them stay in memory."""

    async def look_up_transaction(self, transactional_id: str) -> TransactionState | None:
        return self._state.transaction(transactional_id)

    async def overdue_transactions(self, shards: Collection[int] | None, now_ms: int) -> list[TransactionState]:
        return transaction_changes.overdue(self._state.transactions(), shards, now_ms)

    async def find_transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        return self._state.transaction_of_producer(producer_id)

    def peek_transaction(self, transactional_id: str) -> TransactionState | None:
        return self._state.transaction(transactional_id)

    def peek_transactions(self) -> Sequence[TransactionState]:
        return self._state.transactions()

    def transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        return self._state.transaction_of_producer(producer_id)

    def pending_offsets(self, transactional_id: str) -> PendingOffsets:
        return self._state.pending_offsets(transactional_id)

    async def aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        found = self._state.aborted(pid, first_offset, upper_offset)
        if found is not None:
            return found
        return await self._reader.run(
            lambda connection: transaction_rows.aborted(connection, pid, first_offset, upper_offset)
        )

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return self._state.aborted(pid, first_offset, upper_offset)

    async def _change(self, decide: Callable[[LogChanges], Answer], may_end: str | None = None) -> Answer:
        """Decide and write on the writer's thread. ``may_end``: the transactional id whose transaction that might end."""

        def work(transaction: Transaction) -> Answer:
            changes = transaction.changes
            if may_end is not None:
                transaction.load_producers(transaction_changes.open_partitions(changes, may_end))
            answer = decide(changes)
            if isinstance(answer, EndAnswer) and answer.ended is not None:
                transaction.commit_offsets(answer.ended.offsets)
            transaction.write_changes()
            return answer

        return await self._writer.run(work)

    @staticmethod
    def _has(
        state: TransactionState | None, producer_id: int, epoch: int, pids: Sequence[int], group_id: str | None
    ) -> bool:
        """Whether it was all added before, which costs no commit then."""
        return (
            state is not None
            and state.status is TransactionStatus.ONGOING
            and (state.producer_id, state.epoch) == (producer_id, epoch)
            and state.partitions.issuperset(pids)
            and (group_id is None or group_id in state.groups)
        )
