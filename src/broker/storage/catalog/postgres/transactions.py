"""Transactions in PostgreSQL. Each change locks the transactional id, decides by the rules that every catalog shares, and writes what that comes to in
one transaction of the database (I1). So of two brokers that act on one id at once one comes first, and the other is refused for what it is by then.

T1  What is changed was read after it was locked; memory only says what it was like when it was last looked at.
T2  A transaction's time begins by the database's clock, and is over by it.
T3  A connection that is lost under a commit is looked up (:mod:`broker.storage.catalog.postgres.connections`): there is one outcome, and it is answered.
    Where it cannot be had, the request fails, and its repetition is told by the rules what became of it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from broker.model import NO_PRODUCER_ID, CommittedOffset
from broker.storage.catalog import transaction_changes, transaction_rules
from broker.storage.catalog.base import OffsetKey
from broker.storage.catalog.log_state import LogChanges
from broker.storage.catalog.postgres.changes import Besides, write
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.guarded import GuardedPart
from broker.storage.catalog.postgres.locked_view import (
    Known,
    LockedView,
    lock_logs,
    lock_transaction,
    named_by_wishes,
    states_of,
)
from broker.storage.catalog.postgres.producers import PostgresProducers
from broker.storage.catalog.postgres.texts import key_of, of_bytes
from broker.storage.catalog.postgres.transaction_memory import TransactionMemory
from broker.storage.catalog.shards import SHARDS
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
Decide = Callable[[LogChanges, int], Answer]
"""Given the changes to make, and a producer id that nobody has, -1 when it is not needed."""

_FORGET_AT_ONCE: Final = 1000
_OVERDUE_AT_ONCE: Final = 1000
_NO_OFFSETS: Final[dict[OffsetKey, CommittedOffset]] = {}

_READ: Final = "SELECT * FROM read_transactions_v1(ARRAY[$1::bytea], $2)"
_READ_SHARDS: Final = """
SELECT * FROM read_transactions_v1(ARRAY(SELECT transactional_id FROM txn WHERE shard = ANY ($1::smallint[])), true)
"""
_READ_OWNER: Final = """
SELECT * FROM read_transactions_v1(ARRAY(SELECT transactional_id FROM txn WHERE producer_id = $1), false)
"""
_READ_OVERDUE: Final = """
SELECT * FROM read_transactions_v1(ARRAY(
    SELECT transactional_id FROM txn WHERE status = 1 AND shard = ANY ($1::smallint[])
        AND started_ms + timeout_ms <= (extract(epoch FROM now()) * 1000)::bigint
    ORDER BY started_ms + timeout_ms LIMIT $2), false)
"""
_FORGET: Final = """
DELETE FROM txn WHERE transactional_id IN (
    SELECT transactional_id FROM txn WHERE shard = ANY ($3::smallint[]) AND status <> 1 AND updated_ms < $1
    ORDER BY transactional_id LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING coalesce(full_id, transactional_id)
"""
_FORGET_TOPIC: Final = "DELETE FROM txn_offset WHERE topic = $1"
_ABORTED: Final = """
SELECT producer_id, first_offset, last_offset FROM aborted
WHERE pid = $1 AND last_offset >= $2 AND first_offset < $3 AND last_offset <= coalesce(
    (SELECT last_offset FROM aborted WHERE pid = $1 AND stable_behind >= $3 ORDER BY stable_behind, last_offset LIMIT 1), 9223372036854775807)
ORDER BY last_offset
"""
"""Whatever was aborted later than the first one with that much stable behind it began beyond the range."""


class PostgresTransactions(PostgresProducers, GuardedPart):
    """Implements :class:`broker.storage.catalog.base.TransactionCatalog`."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self._memory = TransactionMemory()

    # --- changes ------------------------------------------------------------------------------------------------------

    async def init_transaction(
        self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int, now_ms: int, new_producer_id: int
    ) -> InitAnswer:
        def decide(changes: LogChanges, fresh_id: int) -> InitAnswer:
            return transaction_changes.init(
                changes, transactional_id, timeout_ms, producer_id, epoch, now_ms, fresh_id
            )

        return await self._change(
            transactional_id, decide, begins=True, may_end=True, takes_id=True, new_producer_id=new_producer_id
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
        def decide(changes: LogChanges, fresh_id: int) -> ErrorCode:
            return transaction_changes.add(changes, transactional_id, producer_id, epoch, pids, group_id, now_ms)

        remembered = self._memory.find(transactional_id)
        if remembered is not None and _has(remembered.state, producer_id, epoch, pids, group_id):
            now = await self._read(transactional_id, with_offsets=False)
            if now is not None and _has(now.state, producer_id, epoch, pids, group_id):
                return ErrorCode.NONE
        return await self._change(transactional_id, decide, pids=pids, remembered=remembered)

    async def add_transaction_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: PendingOffsets,
        implicit_group: str | None,
        now_ms: int,
    ) -> ErrorCode:
        def decide(changes: LogChanges, fresh_id: int) -> ErrorCode:
            return transaction_changes.add_offsets(
                changes, transactional_id, producer_id, epoch, offsets, implicit_group, now_ms
            )

        guard = self._leases({key[0] for key in offsets})
        return await self._change(transactional_id, decide, remembered=self._memory.find(transactional_id), guard=guard)

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
        def decide(changes: LogChanges, fresh_id: int) -> EndAnswer:
            return transaction_changes.end(
                changes, transactional_id, producer_id, epoch, commit, bump, fresh_id, now_ms
            )

        return await self._change(
            transactional_id, decide, may_end=True, takes_id=bump, new_producer_id=new_producer_id
        )

    async def abort_transaction(self, transactional_id: str, producer_id: int, epoch: int, now_ms: int) -> EndAnswer:
        def decide(changes: LogChanges, fresh_id: int) -> EndAnswer:
            return transaction_changes.abort(changes, transactional_id, producer_id, epoch, now_ms)

        return await self._change(transactional_id, decide, may_end=True)

    async def write_markers(self, wishes: Sequence[MarkerWish], now_ms: int) -> tuple[list[ErrorCode], Ended]:
        async with self._connections.change() as connection:
            changes = LogChanges(await lock_logs(connection, self.member, named_by_wishes(wishes)))
            answer = transaction_changes.write_markers(changes, wishes, now_ms)
            await write(connection, changes, Besides())
        return answer

    async def delete_transactional_ids(self, before_ms: int) -> int:
        """Those of other shards are their coordinators' to forget, who remember them."""
        count = 0
        while True:
            async with self._connections.change() as connection:
                await self._stand(connection)
                gone = await connection.fetch(_FORGET, before_ms, _FORGET_AT_ONCE, list(self._memory.shards))
            for (transactional_id,) in gone:
                self._memory.drop(of_bytes(transactional_id))
            count += len(gone)
            if len(gone) < _FORGET_AT_ONCE:
                return count

    async def _topic_deleted(self, connection: Connection, topic_id: bytes, name: str) -> None:
        """Transactions go on without offsets that groups would commit in it."""
        await super()._topic_deleted(connection, topic_id, name)
        await connection.execute(_FORGET_TOPIC, name)

    async def _change(
        self,
        transactional_id: str,
        decide: Decide[Answer],
        *,
        begins: bool = False,
        may_end: bool = False,
        takes_id: bool = False,
        new_producer_id: int = NO_PRODUCER_ID,
        pids: Collection[int] = (),
        remembered: Known | None = None,
        guard: tuple[list[int], list[int]] | None = None,
    ) -> Answer:
        while True:
            async with self._connections.change() as connection:
                view = await lock_transaction(
                    connection,
                    self.member,
                    transactional_id,
                    begins_as=new_producer_id if begins else NO_PRODUCER_ID,
                    may_end=may_end,
                    pids=pids,
                    remembered=remembered,
                )
                await self._hold(connection, guard)
                wants_id = takes_id and new_producer_id == NO_PRODUCER_ID
                if not (wants_id and _needs_id(view.transaction(transactional_id), begins)):
                    changes = LogChanges(view)
                    answer = decide(changes, new_producer_id)
                    _set_clock(changes, view, transactional_id)
                    await write(connection, changes, Besides(offsets=_applied(answer), version=view.next_version))
                    break
            # Whoever asked judged by what it remembers, and the database knows better.
            new_producer_id = await self.allocate_producer_ids(1)
        self._remember(transactional_id, changes, view, remembered)
        return answer

    def _remember(
        self, transactional_id: str, changes: LogChanges, view: LockedView, remembered: Known | None
    ) -> None:
        before, state = view.known(transactional_id), changes.transaction(transactional_id)
        if state is None:
            self._memory.drop(transactional_id)
        elif transactional_id in changes.transactions or transactional_id in changes.pending:
            pending = view.pending_offsets(transactional_id)
            if remembered is not None and before is not None and remembered.version == before.version:
                pending = remembered.pending  # so it was not read again
            if transactional_id in changes.pending:
                new = changes.pending[transactional_id]
                pending = {**pending, **new} if new else _NO_OFFSETS
            self._memory.keep(Known(state, pending, view.next_version))

    # --- to look at ---------------------------------------------------------------------------------------------------

    async def load_transactions(self, shards: Collection[int]) -> None:
        rows = await self._connections.fetch(_READ_SHARDS, list(shards))
        self._memory.load(shards, states_of(rows).transactions.values())

    def forget_transactions(self, shards: Collection[int]) -> None:
        self._memory.forget(shards)

    async def look_up_transaction(self, transactional_id: str) -> TransactionState | None:
        known = await self._read(transactional_id, with_offsets=True)
        if known is None:
            self._memory.drop(transactional_id)
            return None
        self._memory.keep(known)
        return known.state

    async def _read(self, transactional_id: str, *, with_offsets: bool) -> Known | None:
        rows = await self._connections.fetch(_READ, key_of(transactional_id), with_offsets)
        return states_of(rows).transactions.get(transactional_id)

    async def overdue_transactions(self, shards: Collection[int] | None, now_ms: int) -> list[TransactionState]:
        """The earliest ones, when there are very many."""
        wanted = list(range(SHARDS)) if shards is None else list(shards)
        rows = await self._connections.fetch(_READ_OVERDUE, wanted, _OVERDUE_AT_ONCE)
        found = [known.state for known in states_of(rows).transactions.values()]
        return sorted(found, key=lambda state: state.started_ms + state.timeout_ms)

    async def find_transaction_of_producer(self, producer_id: int) -> TransactionState | None:
        found = states_of(await self._connections.fetch(_READ_OWNER, producer_id)).transactions
        return next((known.state for known in found.values()), None)

    def peek_transaction(self, transactional_id: str) -> TransactionState | None:
        known = self._memory.find(transactional_id)
        return None if known is None else known.state

    def peek_transactions(self) -> Sequence[TransactionState]:
        return self._memory.states()

    def pending_offsets(self, transactional_id: str) -> PendingOffsets:
        known = self._memory.find(transactional_id)
        return _NO_OFFSETS if known is None else known.pending

    async def aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction]:
        rows = await self._connections.fetch(_ABORTED, pid, first_offset, upper_offset)
        return [AbortedTransaction(*row) for row in rows]

    def peek_aborted(self, pid: int, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        return None


def _set_clock(changes: LogChanges, view: LockedView, transactional_id: str) -> None:
    """A transaction that begins does so by the database's clock (T2)."""
    before, after = view.transaction(transactional_id), changes.transactions.get(transactional_id)
    if after is None or after.status is not TransactionStatus.ONGOING:
        return
    if before is None or before.status is not TransactionStatus.ONGOING:
        changes.transactions[transactional_id] = replace(after, started_ms=view.clock_ms)


def _needs_id(state: TransactionState | None, begins: bool) -> bool:
    """Whether a change that takes another producer id where it needs one does: one that initialises uses up two epochs at most."""
    return begins if state is None else state.epoch >= transaction_rules.LAST_EPOCH - 2


def _applied(answer: object) -> PendingOffsets:
    """The offsets of groups that take effect with the change."""
    return answer.ended.offsets if isinstance(answer, EndAnswer) and answer.ended is not None else _NO_OFFSETS


def _has(state: TransactionState, producer_id: int, epoch: int, pids: Sequence[int], group_id: str | None) -> bool:
    """Whether it was all added before, which costs no change then."""
    return (
        state.status is TransactionStatus.ONGOING
        and (state.producer_id, state.epoch) == (producer_id, epoch)
        and state.partitions.issuperset(pids)
        and (group_id is None or group_id in state.groups)
    )
