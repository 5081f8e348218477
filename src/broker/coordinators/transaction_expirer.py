"""The agent that ends transactions which outlive their timeouts, and forgets transactional ids that nobody uses.

A broker that is alone keeps time by a heap that is checked lazily: a transaction that ends in time costs one entry in it and no task. Where
brokers share the catalog, a transaction may be opened by any of them; then the catalog is asked regularly which ones are overdue.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final, Protocol

import anyio

from broker.coordinators.held_shards import HeldShards
from broker.coordinators.wake_ups import WakeUps
from broker.errors import BrokerError
from broker.storage.catalog.base import TransactionCatalog
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode
from observability import logs

if TYPE_CHECKING:
    from broker.config.live import LiveSettings

_log = logs.get("transactions")

RETRY_MS: Final = 1_000
"""How long storage that could not abort a transaction is left alone."""


class Refused(Protocol):
    """What the coordinator does about storage that refuses: says it, and finds out whether the shard is lost."""

    def __call__(self, refusal: BrokerError, transactional_id: str | None = None, /) -> ErrorCode: ...


class TransactionExpirer:
    """Works for :mod:`broker.coordinators.transaction_coordinator`, in ``turn`` s of it: ``begin`` says whether the broker coordinates an id,
    ``abort`` ends a transaction (False: storage could not), ``swept`` is told that ids may be gone."""

    def __init__(
        self,
        catalog: TransactionCatalog,
        held: HeldShards,
        settings: "LiveSettings",
        now_ms: Callable[[], int],
        *,
        turn: Callable[[str], AbstractAsyncContextManager[None]],
        begin: Callable[[str], Awaitable[ErrorCode]],
        abort: Callable[[TransactionState, int], Awaitable[bool]],
        refused: Refused,
        swept: Callable[[], None],
    ) -> None:
        self._catalog = catalog
        self._held = held
        self._settings = settings
        self._now_ms = now_ms
        self._turn = turn
        self._begin = begin
        self._abort = abort
        self._refused = refused
        self._swept = swept
        self._wake_ups = WakeUps()
        self._rearmed = anyio.Event()

    def note_open(self, state: TransactionState) -> None:
        """A transaction is open; it is to end in time."""
        if not self._catalog.shared and self._wake_ups.wake_at(state.transactional_id, state.started_ms + state.timeout_ms):
            self._rearmed.set()

    async def run(self) -> None:
        """Abort what times out, forget what expired: until cancelled. Raises ``StorageFailed``, alone or in a group."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look_regularly if self._catalog.shared else self._keep_time)
            tasks.start_soon(self._sweep_regularly)

    # --- by the catalog's clock ---------------------------------------------------------------------------------------

    async def _look_regularly(self) -> None:
        while True:
            await anyio.sleep(self._settings.current.transaction_abort_timed_out_transaction_cleanup_interval_ms / 1000)
            await self.abort_overdue()

    async def abort_overdue(self) -> None:
        """Abort what the catalog says has outlived its timeout, of the shards that this broker holds."""
        held = self._held.held
        if not held:
            return
        try:
            overdue = await self._catalog.overdue_transactions(held, self._now_ms())
        except BrokerError as refusal:
            self._refused(refusal)
            return
        for state in overdue:
            async with self._turn(state.transactional_id):
                try:
                    if await self._begin(state.transactional_id):
                        continue
                except BrokerError as refusal:
                    self._refused(refusal, state.transactional_id)
                    continue
                now = self._catalog.peek_transaction(state.transactional_id)
                if now is not None and is_same(now, state):
                    await self._abort(state, self._now_ms())

    # --- by the broker's clock ----------------------------------------------------------------------------------------

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
            elif not await self._abort(state, now_ms):
                self._wake_ups.wake_at(transactional_id, now_ms + RETRY_MS)

    # --- ids ----------------------------------------------------------------------------------------------------------

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
            self._swept()
            if forgotten:
                _log.info("forgot transactional ids that nobody uses", transactional_ids=forgotten)


def is_same(one: TransactionState, other: TransactionState) -> bool:
    """Rule: whether it is the same open transaction of the id, not a later one."""
    return (one.status, one.producer_id, one.epoch, one.started_ms) == (
        other.status,
        other.producer_id,
        other.epoch,
        other.started_ms,
    )
