"""Transactions of the catalog that lives in memory only."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog import transaction_changes
from broker.storage.catalog.log_state import LogChanges, LogState
from broker.storage.catalog.transactions import (
    AbortedTransaction,
    EndAnswer,
    Ended,
    InitAnswer,
    MarkerWish,
    OffsetKey,
    PendingOffsets,
    TransactionState,
)
from broker.wire.error_codes import ErrorCode

Answer = TypeVar("Answer")


class MemoryTransactions:
    """Implements :class:`broker.storage.catalog.base.TransactionCatalog` for :class:`broker.storage.catalog.memory.MemoryCatalog`."""

    def __init__(self, state: LogState) -> None:
        self._state = state
        self._offsets: dict[OffsetKey, CommittedOffset] = {}
        self._closed = False

    async def init_transaction(
        self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int, now_ms: int, new_producer_id: int
    ) -> InitAnswer:
        return self._change(
            lambda changes: transaction_changes.init(
                changes, transactional_id, timeout_ms, producer_id, epoch, now_ms, new_producer_id
            )
        )

    async def add_to_transaction(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        pids: Sequence[int],
        group_id: str | None,
        now_ms: int,
    ) -> ErrorCode:
        return self._change(
            lambda changes: transaction_changes.add(
                changes, transactional_id, producer_id, epoch, pids, group_id, now_ms
            )
        )

    async def add_transaction_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: PendingOffsets,
        implicit_group: str | None,
        now_ms: int,
    ) -> ErrorCode:
        return self._change(
            lambda changes: transaction_changes.add_offsets(
                changes, transactional_id, producer_id, epoch, offsets, implicit_group, now_ms
            )
        )

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
        answer = self._change(
            lambda changes: transaction_changes.end(
                changes, transactional_id, producer_id, epoch, commit, bump, new_producer_id, now_ms
            )
        )
        if answer.ended is not None:
            self._offsets.update(answer.ended.offsets)
        return answer

    async def abort_transaction(self, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> EndAnswer:
        return self._change(
            lambda changes: transaction_changes.abort(changes, transactional_id, producer_id, epoch, now_ms)
        )

    async def write_markers(self, wishes: Sequence[MarkerWish], now_ms: int) -> tuple[list[ErrorCode], Ended]:
        return self._change(lambda changes: transaction_changes.write_markers(changes, wishes, now_ms))

    async def delete_transactional_ids(self, before_ms: int) -> int:
        return self._change(lambda changes: transaction_changes.forget_idle(changes, before_ms))

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
        assert found is not None, "a run without a limit holds them all"
        return found

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return self._state.aborted(pid, first_offset, upper_offset)

    def _change(self, work: Callable[[LogChanges], Answer]) -> Answer:
        self._check_open()
        changes = LogChanges(self._state)
        answer = work(changes)
        self._state.publish(changes)
        return answer

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("the catalog is closed")
