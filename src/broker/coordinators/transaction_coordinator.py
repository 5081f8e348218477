"""The agent that owns every transactional id of this broker: one call at a time for each, timeouts, expiry, and telling others.

What it promises:

- What a transaction comes to is decided by the catalog, in one step; here it is asked, and whoever must know is told in the same
  step in which its answer came: readers of the markers, groups of their offsets. So no state between open and ended can be seen.
- Calls for one transactional id take turns. Clients never have to be told CONCURRENT_TRANSACTIONS.
- What comes late over a connection that its client has given up changes nothing (:mod:`broker.coordinators.producer_connections`). Who
  follows KIP-890 needs no such look, and names no connection.
- An open transaction that outlives its timeout is aborted and its producer fenced. Time is kept by a heap that is checked lazily; a
  transaction that ends in time costs one entry in it and no task.

Timeouts run on the wall clock, as the start of a transaction is stored and must mean the same after a restart.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

import anyio

from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM
from broker.coordinators.producer_connections import SUPERSEDED, Connections, Work, heard
from broker.coordinators.wake_ups import WakeUps
from broker.errors import BrokerError
from broker.model import NO_PRODUCER_ID, CommittedOffset
from broker.storage.catalog.base import OffsetKey, TransactionCatalog
from broker.storage.catalog.transactions import (
    EndAnswer,
    Ended,
    InitAnswer,
    MarkerWish,
    TransactionState,
    TransactionStatus,
)
from broker.wire.error_codes import ErrorCode
from observability import logs
from observability.metrics import TRANSACTIONS_ENDED

if TYPE_CHECKING:
    from broker.config.live import LiveSettings

_log = logs.get("transactions")

EPOCHS_IN_RESERVE: Final = 32_000
"""From this epoch on the catalog is given a fresh producer id with each call that may raise the epoch, for the last ones are near."""

RETRY_MS: Final = 1_000
"""How long storage that could not abort a transaction is left alone."""

COMMIT: Final = "commit"
ABORT: Final = "abort"
TIMEOUT: Final = "timeout"
FENCED: Final = "fenced"
_COUNTED: Final = {outcome: TRANSACTIONS_ENDED.labels(outcome) for outcome in (COMMIT, ABORT, TIMEOUT, FENCED)}


class GroupOffsets(Protocol):
    """What the coordinator of groups is told (:mod:`broker.coordinators.transactional_offsets`)."""

    def added(self, transactional_id: str, keys: Sequence[OffsetKey]) -> None: ...

    def ended(self, transactional_id: str, applied: Mapping[OffsetKey, CommittedOffset]) -> None: ...


HELD_BYTES_MAX: Final = 256 * 1024 * 1024
"""What transactional ids, their partitions and their pending offsets may take together. Above it nothing new is taken until something ends
or expires; what is there goes on and can be ended. Clients choose ids and how many, so without it memory would be theirs to fill."""

ID_BYTES: Final = 1024
PARTITION_BYTES: Final = 128
OFFSET_BYTES: Final = 512


class TransactionCoordinator:
    """Call :meth:`load`, then have :meth:`run` running. Its methods answer with Kafka's errors and raise only ``StorageFailed``."""

    def __init__(
        self,
        catalog: TransactionCatalog,
        groups: GroupOffsets,
        settings: "LiveSettings",
        now_ms: Callable[[], int],
        *,
        new_producer_id: Callable[[], Awaitable[int]],
        on_ended: Callable[[Ended], None],
    ) -> None:
        """``on_ended`` is told of every transaction's end, before whoever ended it is answered."""
        self._catalog = catalog
        self._groups = groups
        self._settings = settings
        self._now_ms = now_ms
        self._new_producer_id = new_producer_id
        self._on_ended = on_ended
        self._turns: dict[str, anyio.Lock] = {}
        self._open: dict[str, int] = {}
        self._connections: dict[str, Connections] = {}
        self._wake_ups = WakeUps()
        self._rearmed = anyio.Event()
        self._complaints = logs.LineLimiter()
        self._held_bytes = 0

    def __len__(self) -> int:
        """Transactional ids known."""
        return len(self._catalog.peek_transactions())

    @property
    def open_count(self) -> int:
        """Transactions that are open."""
        return len(self._open)

    @property
    def oldest_age_ms(self) -> int:
        """For how long the oldest open transaction has been open; 0 without one."""
        return max(0, self._now_ms() - min(self._open.values())) if self._open else 0

    @property
    def overdue_count(self) -> int:
        """Transactions that are open for longer than any may be (transaction.max.timeout.ms), and so should have been aborted."""
        before_ms = self._now_ms() - self._settings.current.transaction_max_timeout_ms
        return sum(started_ms < before_ms for started_ms in self._open.values())

    # --- life ---------------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Take over the transactions that were open when the broker stopped; groups must be loaded before."""
        self._count_all()
        for state in self._catalog.peek_transactions():
            if state.status is TransactionStatus.ONGOING:
                self._note_open(state)
                pending = self._catalog.pending_offsets(state.transactional_id)
                if pending:
                    self._groups.added(state.transactional_id, list(pending))
        if self._open:
            _log.info("loaded open transactions", transactions=len(self._open))

    async def run(self) -> None:
        """Abort what times out, forget what expired: until cancelled. Raises ``StorageFailed``, alone or in a group."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_time)
            tasks.start_soon(self._sweep_regularly)

    # --- what producers ask -------------------------------------------------------------------------------------------

    async def init_producer(self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int) -> InitAnswer:
        """A producer begins to use a transactional id: what its predecessor left open is aborted, and itself fenced."""
        if not 0 < timeout_ms <= self._settings.current.transaction_max_timeout_ms:
            return InitAnswer(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
        async with self._turn(transactional_id):
            if self._catalog.peek_transaction(transactional_id) is None and self._is_full():
                return InitAnswer(ErrorCode.COORDINATOR_NOT_AVAILABLE)
            try:
                fresh_id = await self._spare_producer_id(transactional_id)
                answer = await self._catalog.init_transaction(
                    transactional_id, timeout_ms, producer_id, epoch, self._now_ms(), fresh_id
                )
            except BrokerError as refusal:
                return InitAnswer(self._refused(refusal))
            if answer.ended is not None:
                self._ended(transactional_id, answer.ended, FENCED)
            return answer

    def is_superseded(self, transactional_id: str, producer_id: int, epoch: int, work: Work, connection_id: int) -> bool:
        """Whether the connection was given up by the producer that has the id now; if not, it is known from now on.

        To be asked where a request takes effect, not where it arrives: meanwhile a newer connection may have acted.
        """
        state = self._catalog.peek_transaction(transactional_id)
        if state is None or (state.producer_id, state.epoch) != (producer_id, epoch):
            return False  # others are refused for what they are
        known = self._connections.get(transactional_id)
        now = heard(known, (producer_id, epoch), work, connection_id)
        if now is None:
            return True
        if now is not known:
            self._connections[transactional_id] = now
        return False

    async def add_partitions(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        pids: Sequence[int],
        connection_id: int | None = None,
    ) -> ErrorCode:
        """All of the partitions belong to the transaction, or none of them was added. Opens one when there is none."""
        return await self._add(transactional_id, producer_id, epoch, pids, None, connection_id)

    async def add_group(
        self, transactional_id: str, producer_id: int, epoch: int, group_id: str, connection_id: int | None = None
    ) -> ErrorCode:
        """The transaction may carry offsets of the group."""
        return await self._add(transactional_id, producer_id, epoch, (), group_id, connection_id)

    async def _add(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        pids: Sequence[int],
        group_id: str | None,
        connection_id: int | None,
    ) -> ErrorCode:
        async with self._turn(transactional_id):
            if self._came_late(transactional_id, producer_id, epoch, Work.COORDINATING, connection_id):
                return SUPERSEDED
            if self._is_full():
                return ErrorCode.COORDINATOR_NOT_AVAILABLE
            try:
                error = await self._catalog.add_to_transaction(
                    transactional_id, producer_id, epoch, pids, group_id, self._now_ms()
                )
            except BrokerError as refusal:
                return self._refused(refusal)
            self._look_again(transactional_id)
            return error

    async def add_offsets(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        offsets: Mapping[OffsetKey, CommittedOffset],
        implicit_group: str | None,
        connection_id: int | None = None,
    ) -> ErrorCode:
        """The transaction carries ``offsets``; ``implicit_group`` is added to it as well (KIP-890)."""
        async with self._turn(transactional_id):
            if self._came_late(transactional_id, producer_id, epoch, Work.OFFSETS, connection_id):
                return SUPERSEDED
            if self._is_full():
                return ErrorCode.COORDINATOR_NOT_AVAILABLE
            try:
                error = await self._catalog.add_transaction_offsets(
                    transactional_id, producer_id, epoch, offsets, implicit_group, self._now_ms()
                )
            except BrokerError as refusal:
                return self._refused(refusal)
            if not error:
                self._groups.added(transactional_id, list(offsets))
            self._look_again(transactional_id)
            return error

    async def end(
        self,
        transactional_id: str,
        producer_id: int,
        epoch: int,
        *,
        commit: bool,
        bump: bool,
        connection_id: int | None = None,
    ) -> EndAnswer:
        """Commit or abort. ``bump``: the producer goes on with the id and epoch of the answer (KIP-890)."""
        async with self._turn(transactional_id):
            if self._came_late(transactional_id, producer_id, epoch, Work.COORDINATING, connection_id):
                return EndAnswer(SUPERSEDED)
            try:
                fresh_id = await self._spare_producer_id(transactional_id) if bump else NO_PRODUCER_ID
                answer = await self._catalog.end_transaction(
                    transactional_id, producer_id, epoch, commit, bump, fresh_id, self._now_ms()
                )
            except BrokerError as refusal:
                return EndAnswer(self._refused(refusal))
            if answer.ended is not None:
                self._ended(transactional_id, answer.ended, COMMIT if commit else ABORT)
            return answer

    def _came_late(
        self, transactional_id: str, producer_id: int, epoch: int, work: Work, connection_id: int | None
    ) -> bool:
        if connection_id is None:
            return False
        return self.is_superseded(transactional_id, producer_id, epoch, work, connection_id)

    # --- what operators ask -------------------------------------------------------------------------------------------

    async def write_markers(self, wishes: Sequence[MarkerWish]) -> list[ErrorCode]:
        """End what producers have open on single partitions; the transactional ids stay as they are, as at Apache Kafka."""
        try:
            errors, ended = await self._catalog.write_markers(wishes, self._now_ms())
        except BrokerError as refusal:
            return [self._refused(refusal)] * len(wishes)
        if ended.markers:
            self._on_ended(ended)
            held_back = self._complaints.take(anyio.current_time())
            if held_back is not None:
                first = ended.markers[0]
                about = {"lines_held_back": held_back} if held_back else {}
                _log.warning(
                    "wrote markers that were asked for from outside",
                    markers=len(ended.markers),
                    producer_id=first.producer_id,
                    epoch=first.epoch,
                    **about,
                )
        return errors

    # --- to look at ---------------------------------------------------------------------------------------------------

    def transaction(self, transactional_id: str) -> TransactionState | None:
        """The id and its present or latest transaction."""
        return self._catalog.peek_transaction(transactional_id)

    def transactions(self) -> Sequence[TransactionState]:
        """Every transactional id."""
        return self._catalog.peek_transactions()

    # --- turns and what follows ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, transactional_id: str) -> AsyncIterator[None]:
        turn = self._turns.get(transactional_id)
        if turn is None:
            turn = self._turns[transactional_id] = anyio.Lock(fast_acquire=True)
        try:
            async with turn:
                before = self._cost_of(transactional_id)
                try:
                    yield
                finally:
                    self._held_bytes += self._cost_of(transactional_id) - before
        finally:
            if not turn.locked():  # a lock passes from hand to hand, so nobody waits for this one
                self._turns.pop(transactional_id, None)

    def _cost_of(self, transactional_id: str) -> int:
        """About what an id keeps in memory, with everything that its open transaction carries."""
        state = self._catalog.peek_transaction(transactional_id)
        if state is None:
            return 0
        each_offset = OFFSET_BYTES + self._settings.current.offset_metadata_max_bytes
        offsets = len(self._catalog.pending_offsets(transactional_id)) * each_offset
        return ID_BYTES + len(transactional_id) + len(state.partitions) * PARTITION_BYTES + offsets

    def _count_all(self) -> None:
        self._held_bytes = sum(self._cost_of(state.transactional_id) for state in self._catalog.peek_transactions())

    def _is_full(self) -> bool:
        """Whether nothing new can be taken now; said in the log, at a bounded rate."""
        if self._held_bytes < HELD_BYTES_MAX:
            return False
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            about = {"lines_held_back": held_back} if held_back else {}
            _log.warning("transactions take too much memory; no new ones are taken", held_bytes=self._held_bytes, **about)
        return True

    async def _spare_producer_id(self, transactional_id: str) -> int:
        """A fresh producer id where the catalog may need one."""
        state = self._catalog.peek_transaction(transactional_id)
        needed = state is None or state.epoch >= EPOCHS_IN_RESERVE
        return await self._new_producer_id() if needed else NO_PRODUCER_ID

    def _refused(self, refusal: BrokerError) -> ErrorCode:
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            about = {"lines_held_back": held_back} if held_back else {}
            _log.warning("storage refuses a transaction; clients try again", error=refusal.code.name, reason=refusal.message, **about)
        return ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)

    def _look_again(self, transactional_id: str) -> None:
        if transactional_id not in self._open:
            state = self._catalog.peek_transaction(transactional_id)
            if state is not None and state.status is TransactionStatus.ONGOING:
                self._note_open(state)

    def _note_open(self, state: TransactionState) -> None:
        self._open[state.transactional_id] = state.started_ms
        if self._wake_ups.wake_at(state.transactional_id, state.started_ms + state.timeout_ms):
            self._rearmed.set()

    def _ended(self, transactional_id: str, ended: Ended, outcome: str) -> None:
        self._open.pop(transactional_id, None)
        self._groups.ended(transactional_id, ended.offsets)
        self._on_ended(ended)
        _COUNTED[outcome].inc()

    # --- time ---------------------------------------------------------------------------------------------------------

    async def _keep_time(self) -> None:
        while True:
            self._rearmed = anyio.Event()
            next_ms = self._wake_ups.next_ms
            if next_ms is None:
                await self._rearmed.wait()
            else:
                # Not longer than the setting says: the wall clock may be moved forward meanwhile.
                longest_ms = self._settings.current.transaction_abort_timed_out_transaction_cleanup_interval_ms
                with anyio.move_on_after(min(max(0, next_ms - self._now_ms()), longest_ms) / 1000):
                    await self._rearmed.wait()
            for transactional_id in self._wake_ups.due(self._now_ms()):
                await self._expire(transactional_id)

    async def _expire(self, transactional_id: str) -> None:
        async with self._turn(transactional_id):
            state = self._catalog.peek_transaction(transactional_id)
            if state is None or state.status is not TransactionStatus.ONGOING:
                return
            now_ms = self._now_ms()
            deadline_ms = state.started_ms + state.timeout_ms
            if deadline_ms > now_ms:  # another transaction than the one whose time it was
                self._wake_ups.wake_at(transactional_id, deadline_ms)
                return
            try:
                answer = await self._catalog.abort_transaction(transactional_id, state.producer_id, state.epoch, now_ms)
            except BrokerError as refusal:
                self._refused(refusal)
                self._wake_ups.wake_at(transactional_id, now_ms + RETRY_MS)
                return
            if answer.ended is not None:
                self._ended(transactional_id, answer.ended, TIMEOUT)
                _log.warning(
                    "aborted a transaction that timed out",
                    transactional_id=transactional_id,
                    producer_id=state.producer_id,
                    epoch=state.epoch,
                    timeout_ms=state.timeout_ms,
                )

    async def _sweep_regularly(self) -> None:
        while True:
            await anyio.sleep(
                self._settings.current.transaction_remove_expired_transaction_cleanup_interval_ms / 1000
            )
            await self.sweep()

    async def sweep(self) -> None:
        """Forget transactional ids that nobody uses any more."""
        before_ms = self._now_ms() - self._settings.current.transactional_id_expiration_ms
        try:
            forgotten = await self._catalog.delete_transactional_ids(before_ms)
        except BrokerError as refusal:
            self._refused(refusal)
        else:
            self._count_all()
            known = self._catalog.peek_transaction
            self._connections = {each: of for each, of in self._connections.items() if known(each) is not None}
            if forgotten:
                _log.info("forgot transactional ids that nobody uses", transactional_ids=forgotten)


def is_joined(state: TransactionState | None, producer_id: int, epoch: int, pids: Sequence[int]) -> bool:
    """Rule: whether the open transaction is this producer's and has all of the partitions."""
    return (
        state is not None
        and state.status is TransactionStatus.ONGOING
        and state.producer_id == producer_id
        and state.epoch == epoch
        and state.partitions.issuperset(pids)
    )
