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

Where brokers share the catalog, an id is coordinated by who holds its shard, and nobody else ends its transactions. Any broker may add to
them, though: partitions as their records come (KIP-890), and group offsets as the group's coordinator. So

- a turn of a coordinator begins with a look at what the transaction is now;
- timeouts are found by the catalog, which has the clock, and are looked for regularly;
- who adds to a transaction that others coordinate keeps of it what :mod:`broker.coordinators.known_producers` says;
- a connection from before the broker took the shard over may carry what the client has long done elsewhere: it is given up (S6 in effect,
  of :mod:`broker.coordinators.producer_connections`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

import anyio

from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM, is_loss
from broker.coordinators.held_shards import ALL_SHARDS, HeldShards, within
from broker.coordinators.known_producers import KnownProducers
from broker.coordinators.producer_connections import SUPERSEDED, Connections, Work, heard
from broker.coordinators.transaction_expirer import TransactionExpirer
from broker.errors import BrokerError
from broker.model import NO_PRODUCER_ID, CommittedOffset
from broker.storage.catalog.base import OffsetKey, TransactionCatalog
from broker.storage.catalog.shards import shard_of
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

COMMIT: Final = "commit"
ABORT: Final = "abort"
TIMEOUT: Final = "timeout"
FENCED: Final = "fenced"
_COUNTED: Final = {outcome: TRANSACTIONS_ENDED.labels(outcome) for outcome in (COMMIT, ABORT, TIMEOUT, FENCED)}


class GroupOffsets(Protocol):
    """What the coordinator of groups is told (:mod:`broker.coordinators.transactional_offset_keeper`)."""

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
        newest_connection: Callable[[], int] = lambda: -1,
    ) -> None:
        """``on_ended`` is told of every transaction's end, before whoever ended it is answered. ``newest_connection`` is the number of the
        connection that was accepted last."""
        self._catalog = catalog
        self._groups = groups
        self._settings = settings
        self._now_ms = now_ms
        self._new_producer_id = new_producer_id
        self._on_ended = on_ended
        self._is_shared = catalog.shared
        self._held = HeldShards(alone=not catalog.shared)
        if not catalog.shared:
            self._held.complete(self._held.begin(ALL_SHARDS))  # all there is, is in memory
        self.newest_connection = newest_connection
        self.on_lost: Callable[[int], None] = lambda shard: self.let_go((shard,))
        """Told of a shard that the catalog says is another broker's."""
        self._taken_after: dict[int, int] = {}
        self._known = KnownProducers()
        self._turn_over = anyio.Event()
        self._turns: dict[str, anyio.Lock] = {}
        self._open: dict[str, int] = {}
        self._connections: dict[str, Connections] = {}
        self._expirer = TransactionExpirer(
            catalog,
            self._held,
            settings,
            now_ms,
            turn=self._turn,
            begin=self._begin,
            abort=self._abort,
            refused=self._refused,
            swept=self._swept,
        )
        self.abort_overdue = self._expirer.abort_overdue
        self.sweep = self._expirer.sweep
        self._complaints = logs.LineLimiter()
        self._held_bytes = self._counts = 0

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

    async def take(self, shards: Collection[int]) -> None:
        """Coordinate the ids of these shards from now on. Raises BrokerError when the catalog cannot be read; then they are not served."""
        self.let_go(shards)
        attempt = self._held.begin(shards)
        try:
            await self._turns_of(shards)  # what was under way when they were lost comes before what is read now
            await self._catalog.load_transactions(shards)
        except BaseException:
            self._held.fail(attempt)
            raise
        served = self._held.complete(attempt)
        self._taken_after.update(dict.fromkeys(served, self.newest_connection()))
        is_served = within(served)
        for state in self._catalog.peek_transactions():
            if state.status is TransactionStatus.ONGOING and is_served(state.transactional_id):
                self._open[state.transactional_id] = state.started_ms
        self._count_all()

    async def give_up(self, shards: Collection[int]) -> None:
        """Others are to coordinate these shards. Returns when whoever had a turn has been answered."""
        self._held.drop(shards)
        await self._turns_of(shards)
        self.let_go(shards)

    async def _turns_of(self, shards: Collection[int]) -> None:
        """Wait until nobody has a turn with an id of these shards."""
        is_concerned = within(shards)
        while any(is_concerned(transactional_id) for transactional_id in self._turns):
            await self._turn_over.wait()

    def let_go(self, shards: Collection[int]) -> None:
        """Others coordinate these shards already: forget what memory has of them."""
        is_concerned = within(shards)
        self._held.drop(shards)
        self._catalog.forget_transactions(shards)
        self._open = {each: started_ms for each, started_ms in self._open.items() if not is_concerned(each)}
        self._connections = {each: of for each, of in self._connections.items() if not is_concerned(each)}
        for shard in shards:
            self._taken_after.pop(shard, None)
        self._count_all()

    def error_of(self, transactional_id: str) -> ErrorCode:
        """Whether the id is coordinated here and now."""
        return self._held.error(transactional_id)

    def list_error(self) -> ErrorCode:
        """Whether all ids of this broker can be listed now."""
        return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if self._held.is_loading else ErrorCode.NONE

    async def run(self) -> None:
        """Abort what times out, forget what expired: until cancelled. Raises ``StorageFailed``, alone or in a group."""
        await self._expirer.run()

    # --- what producers ask -------------------------------------------------------------------------------------------

    async def init_producer(self, transactional_id: str, timeout_ms: int, producer_id: int, epoch: int) -> InitAnswer:
        """A producer begins to use a transactional id: what its predecessor left open is aborted, and itself fenced."""
        if not 0 < timeout_ms <= self._settings.current.transaction_max_timeout_ms:
            return InitAnswer(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
        async with self._turn(transactional_id):
            try:
                if error := await self._begin(transactional_id):
                    return InitAnswer(error)
                if self._catalog.peek_transaction(transactional_id) is None and self._is_full():
                    return InitAnswer(ErrorCode.COORDINATOR_NOT_AVAILABLE)
                fresh_id = await self._spare_producer_id(transactional_id)
                answer = await self._catalog.init_transaction(
                    transactional_id, timeout_ms, producer_id, epoch, self._now_ms(), fresh_id
                )
            except BrokerError as refusal:
                return InitAnswer(self._refused(refusal, transactional_id))
            if answer.ended is not None:
                self._ended(transactional_id, answer.ended, FENCED)
            return answer

    def is_superseded(self, transactional_id: str, producer_id: int, epoch: int, work: Work, connection_id: int) -> bool:
        """Whether the connection was given up by the producer that has the id now; if not, it is known from now on.

        To be asked where a request takes effect, not where it arrives: meanwhile a newer connection may have acted.
        """
        if self._is_shared and not self._held.has(transactional_id):
            return self._known.is_superseded(transactional_id, (producer_id, epoch), work, connection_id)
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

    def has_joined(self, transactional_id: str, producer_id: int, epoch: int, pids: Sequence[int]) -> bool:
        """Whether the partitions are known to be in the open transaction of a producer that follows KIP-890."""
        if self._is_shared and self._known.has_joined(producer_id, epoch, pids):
            return True
        return is_joined(self._catalog.peek_transaction(transactional_id), producer_id, epoch, pids)

    async def join_partitions(self, transactional_id: str, producer_id: int, epoch: int, pids: Sequence[int]) -> ErrorCode:
        """As :meth:`add_partitions`, for records that have come: where they are to go, not where the transaction is coordinated."""
        return await self._add(transactional_id, producer_id, epoch, pids, None, None, is_implicit=True)

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
        *,
        is_implicit: bool = False,
    ) -> ErrorCode:
        async with self._turn(transactional_id):
            try:
                if not is_implicit and (error := await self._begin(transactional_id)):
                    return error
                if self._came_late(transactional_id, producer_id, epoch, Work.COORDINATING, connection_id):
                    return SUPERSEDED
                if self._is_full():
                    return ErrorCode.COORDINATOR_NOT_AVAILABLE
                error = await self._catalog.add_to_transaction(
                    transactional_id, producer_id, epoch, pids, group_id, self._now_ms()
                )
            except BrokerError as refusal:
                return self._refused(refusal, None if is_implicit else transactional_id)
            if is_implicit and self._is_shared and not error:
                self._known.joined(producer_id, epoch, pids)
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
        """The transaction carries ``offsets``; ``implicit_group`` is added to it as well (KIP-890). Asked by the groups' coordinator,
        which need not be the transaction's."""
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
            try:
                if error := await self._begin(transactional_id):
                    return EndAnswer(error)
                if self._came_late(transactional_id, producer_id, epoch, Work.COORDINATING, connection_id):
                    return EndAnswer(SUPERSEDED)
                fresh_id = await self._spare_producer_id(transactional_id) if bump else NO_PRODUCER_ID
                answer = await self._catalog.end_transaction(
                    transactional_id, producer_id, epoch, commit, bump, fresh_id, self._now_ms()
                )
            except BrokerError as refusal:
                return EndAnswer(self._refused(refusal, transactional_id))
            if answer.ended is not None:
                self._ended(transactional_id, answer.ended, COMMIT if commit else ABORT)
            return answer

    def _came_late(
        self, transactional_id: str, producer_id: int, epoch: int, work: Work, connection_id: int | None
    ) -> bool:
        if connection_id is None:
            return False
        if work is Work.COORDINATING and self._taken_after and connection_id <= self._taken_after.get(shard_of(transactional_id), -1):
            return True
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
        """Every transactional id that this broker coordinates, as far as memory knows: see :meth:`look_up_all`."""
        return self._catalog.peek_transactions()

    @property
    def memory_is_all(self) -> bool:
        """Whether nobody else changes transactions, so that there is never more to look up than memory has."""
        return not self._is_shared

    async def look_up(self, transactional_id: str) -> TransactionState | None:
        """As :meth:`transaction`, what it is now. Raises BrokerError."""
        if self._is_shared:
            return await self._catalog.look_up_transaction(transactional_id)
        return self._catalog.peek_transaction(transactional_id)

    async def look_up_all(self) -> Sequence[TransactionState]:
        """As :meth:`transactions`, as they are now. Raises BrokerError."""
        if self._is_shared:
            await self._catalog.load_transactions(self._held.held)
        return [state for state in self._catalog.peek_transactions() if self._held.has(state.transactional_id)]

    # --- turns and what follows ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, transactional_id: str) -> AsyncIterator[None]:
        turn = self._turns.get(transactional_id)
        if turn is None:
            turn = self._turns[transactional_id] = anyio.Lock(fast_acquire=True)
        try:
            async with turn:
                before, counts = self._cost_of(transactional_id), self._counts
                try:
                    yield
                finally:
                    if counts == self._counts:
                        self._held_bytes += self._cost_of(transactional_id) - before
        finally:
            if not turn.locked():  # a lock passes from hand to hand, so nobody waits for this one
                self._turns.pop(transactional_id, None)
                if self._is_shared:
                    over, self._turn_over = self._turn_over, anyio.Event()
                    over.set()

    async def _begin(self, transactional_id: str) -> ErrorCode:
        """Whether this broker coordinates the id; if so, and others may have changed the transaction, memory knows it now."""
        if not self._is_shared:
            return ErrorCode.NONE
        error = self._held.error(transactional_id)
        if not error:
            await self._catalog.look_up_transaction(transactional_id)
            error = self._held.error(transactional_id)
            if not error:
                self._look_again(transactional_id)
        return error

    def _cost_of(self, transactional_id: str) -> int:
        """About what an id keeps in memory, with everything that its open transaction carries."""
        state = self._catalog.peek_transaction(transactional_id)
        if state is None:
            return 0
        each_offset = OFFSET_BYTES + self._settings.current.offset_metadata_max_bytes
        offsets = len(self._catalog.pending_offsets(transactional_id)) * each_offset
        return ID_BYTES + len(transactional_id) + len(state.partitions) * PARTITION_BYTES + offsets

    def _count_all(self) -> None:
        self._counts += 1
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

    def _refused(self, refusal: BrokerError, transactional_id: str | None = None) -> ErrorCode:
        """What to answer. ``transactional_id``: it was asked for as its coordinator."""
        if self._is_shared and transactional_id is not None and is_loss(refusal) and self._held.has(transactional_id):
            self.on_lost(shard_of(transactional_id))
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            about = {"lines_held_back": held_back} if held_back else {}
            _log.warning("storage refuses a transaction; clients try again", error=refusal.code.name, reason=refusal.message, **about)
        return ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)

    def _look_again(self, transactional_id: str) -> None:
        if self._is_shared and not self._held.has(transactional_id):
            return
        if transactional_id not in self._open or self._is_shared:
            state = self._catalog.peek_transaction(transactional_id)
            if state is not None and state.status is TransactionStatus.ONGOING:
                self._note_open(state)
            else:
                self._open.pop(transactional_id, None)

    def _note_open(self, state: TransactionState) -> None:
        self._open[state.transactional_id] = state.started_ms
        self._expirer.note_open(state)

    def _ended(self, transactional_id: str, ended: Ended, outcome: str) -> None:
        self._open.pop(transactional_id, None)
        self._groups.ended(transactional_id, ended.offsets)
        self._on_ended(ended)
        _COUNTED[outcome].inc()

    async def _abort(self, state: TransactionState, now_ms: int) -> bool:
        """End it on behalf of nobody. False when storage could not."""
        transactional_id = state.transactional_id
        try:
            answer = await self._catalog.abort_transaction(transactional_id, state.producer_id, state.epoch, now_ms)
        except BrokerError as refusal:
            self._refused(refusal, transactional_id)
            return False
        if answer.ended is not None:
            self._ended(transactional_id, answer.ended, TIMEOUT)
            _log.warning(
                "aborted a transaction that timed out",
                transactional_id=transactional_id,
                producer_id=state.producer_id,
                epoch=state.epoch,
                timeout_ms=state.timeout_ms,
            )
        return True

    def _swept(self) -> None:
        self._count_all()
        known = self._catalog.peek_transaction
        self._connections = {each: of for each, of in self._connections.items() if known(each) is not None}


def is_joined(state: TransactionState | None, producer_id: int, epoch: int, pids: Sequence[int]) -> bool:
    """Rule: whether the open transaction is this producer's and has all of the partitions."""
    return (
        state is not None
        and state.status is TransactionStatus.ONGOING
        and state.producer_id == producer_id
        and state.epoch == epoch
        and state.partitions.issuperset(pids)
    )
