"""The agent that brings what share partitions have become into the catalog.

What somebody waits for is written at once. What else changes (deliveries, locks that end) goes along with that, or by itself within
``SAVE_LATER_S``. All that is to be written at a moment is one transaction, and while it is being written the next one gathers.

Where brokers share the catalog, one of them may have claimed a partition meanwhile. Then nothing more is written of it, and the others of the
round, which were refused with it, are written by themselves.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import anyio

from broker.coordinators.shares.held_partition import Held
from broker.coordinators.shares.share_partition import PendingChange
from broker.errors import BrokerError
from broker.storage.catalog.base import ShareStateCatalog
from broker.storage.catalog.share_states import ShareChange, ShareKey
from broker.wire.error_codes import ErrorCode
from observability import logs

SAVE_LATER_S: Final = 0.25
"""A loss of at most so much of what was delivered how often is accepted; nobody was promised it."""

_ROUND_MAX: Final = 1000

_log = logs.get("shares")


class _Row(NamedTuple):
    """A partition that is written, and who waits for that."""

    held: Held
    change: ShareChange
    waiting: Sequence[tuple[PendingChange, Callable[[ErrorCode], None]]]


class ShareStateWriter:
    """``settle`` is called with each change that somebody waits for and what came of it, ``written`` with each partition of a round,
    ``fenced`` with one that somebody else has claimed.

    ``run`` ends only by cancellation or by ``StorageFailed``.
    """

    def __init__(
        self,
        catalog: ShareStateCatalog,
        settle: Callable[[Held, PendingChange, ErrorCode], None],
        written: Callable[[Held], None],
        fenced: Callable[[Held], None],
    ) -> None:
        self._catalog = catalog
        self._settle = settle
        self._written = written
        self._fenced = fenced
        self._urgent: dict[ShareKey, Held] = {}
        self._later: OrderedDict[ShareKey, tuple[float, Held]] = OrderedDict()
        self._work = anyio.Event()
        self._idle = anyio.Event()
        self._idle.set()
        self._is_flushing = False
        self._complaints = logs.LineLimiter()

    def write_soon(self, held: Held) -> None:
        """Somebody waits for it: ``held.waiting`` says who."""
        self._later.pop(held.key, None)
        self._urgent[held.key] = held
        self._has_work()

    def write_later(self, held: Held) -> None:
        """Nobody waits for it."""
        if held.key not in self._urgent and held.key not in self._later:
            self._later[held.key] = (anyio.current_time() + SAVE_LATER_S, held)
            self._has_work()

    def forget(self, held: Held) -> None:
        """It is not to be written any more."""
        self._urgent.pop(held.key, None)
        self._later.pop(held.key, None)

    async def drain(self) -> None:
        """Wait until everything is written (``run`` must be running)."""
        self._is_flushing = True
        self._work.set()
        while not self._idle.is_set():
            await self._idle.wait()

    async def run(self) -> None:
        while True:
            due = self._due()
            if due:
                await self._write(due)
                continue
            if not self._later:
                self._idle.set()
            self._work = anyio.Event()
            with anyio.move_on_after(self._until_later()):
                await self._work.wait()

    def _has_work(self) -> None:
        self._work.set()
        if self._idle.is_set():
            self._idle = anyio.Event()

    def _until_later(self) -> float | None:
        if not self._later:
            return None
        return max(next(iter(self._later.values()))[0] - anyio.current_time(), 0)

    def _due(self) -> list[Held]:
        """What is to be written now, no more than one transaction should hold."""
        due = [held for held, _ in zip(self._urgent.values(), range(_ROUND_MAX), strict=False)]
        now = anyio.current_time()
        while self._later and len(due) < _ROUND_MAX:
            key, (at, held) = next(iter(self._later.items()))
            if at > now and not self._is_flushing:
                break
            del self._later[key]
            due.append(held)
        for held in due:
            self._urgent.pop(held.key, None)
        return due

    async def _write(self, due: Sequence[Held]) -> None:
        rows: list[_Row] = []
        for held in due:
            delta = held.partition.take_delta()
            change = ShareChange(held.key, held.state_epoch, delta.start, held.leader_epoch, delta.runs, delta.replaces)
            rows.append(_Row(held, change, held.waiting))
            held.waiting = []
            held.is_writing = True
        await self._save(rows)

    async def _save(self, rows: Sequence["_Row"]) -> None:
        error = ErrorCode.NONE
        try:
            await self._catalog.save_share_states([row.change for row in rows])
        except BrokerError as refusal:
            error = refusal.code
            if error is ErrorCode.FENCED_STATE_EPOCH:
                if len(rows) > 1:  # one of them, maybe
                    for row in rows:
                        await self._save((row,))
                    return
                self._fenced(rows[0].held)
            else:
                self._complain(refusal, len(rows))
                self._is_flushing = False  # not again and again without a break
                for row in rows:
                    row.held.partition.give_back()
        for row in rows:
            for change, done in row.waiting:
                if row.held.is_fenced:
                    done(row.held.fenced_as)
                else:
                    self._settle(row.held, change, error)
                    done(error)
        for row in rows:
            row.held.is_writing = False
            self._written(row.held)

    def _complain(self, refusal: BrokerError, count: int) -> None:
        held_back = self._complaints.take(anyio.current_time())
        if held_back is not None:
            about = {"lines_held_back": held_back} if held_back else {}
            _log.warning(
                "storage refuses what share groups did; consumers try again",
                partitions=count,
                error=refusal.code.name,
                reason=refusal.message,
                **about,
            )
