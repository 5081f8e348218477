"""Reads the ends of logs that somebody waits for from a catalog that others write to: what they did not tell, or what their word got lost of.

One query for everything that is waited for, however many wait. It is asked for more often while other brokers' hints do not come through.
"""

from collections.abc import Callable
from typing import Final

import anyio

from broker.errors import BrokerError
from broker.log.shared_view import SharedView
from broker.log.span_finder import SpanFinder
from broker.log.waiting_room import WaitingRoom
from observability import logs

POLL_MS: Final = 100
POLL_MS_WITH_HINTS: Final = 1000

_log = logs.get("reader")


class BoundsPoller:
    """Owns the rhythm. :meth:`run` ends by being cancelled."""

    def __init__(
        self,
        finder: SpanFinder,
        view: SharedView,
        waiting: WaitingRoom,
        *,
        hints_flow: Callable[[], bool] = lambda: False,
        interval_ms: int = POLL_MS,
        interval_with_hints_ms: int = POLL_MS_WITH_HINTS,
    ) -> None:
        """``hints_flow``: whether every other broker's hints come through."""
        self._finder = finder
        self._view = view
        self._waiting = waiting
        self._hints_flow = hints_flow
        self._interval_ms = interval_ms
        self._interval_with_hints_ms = interval_with_hints_ms
        self._asked: set[int] = set()
        self._ask = anyio.Event()
        self._complaints = logs.LineLimiter(per_second=1 / 60)

    def ask(self, pid: int) -> None:
        """Have one log looked at as soon as can be: something has happened to it."""
        self._asked.add(pid)
        self._ask.set()

    async def run(self) -> None:
        """Look until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._poll)
            tasks.start_soon(self._answer_asks)

    async def poll_once(self) -> None:
        """Look at every log that is waited for, or that readers were answered for from memory."""
        pids = self._view.take_used()
        pids.update(self._waiting.pids())
        await self._look_at(sorted(pids), "poll")

    async def _poll(self) -> None:
        while True:
            interval = self._interval_with_hints_ms if self._hints_flow() else self._interval_ms
            await anyio.sleep(max(interval, 1) / 1000)
            await self.poll_once()

    async def _answer_asks(self) -> None:
        while True:
            await self._ask.wait()
            self._ask = anyio.Event()
            asked, self._asked = self._asked, set()
            await self._look_at(sorted(asked), "bounds")

    async def _look_at(self, pids: list[int], kind: str) -> None:
        if not pids:
            return
        try:
            found = await self._finder.bounds(pids, kind)
        except BrokerError as error:
            held_back = self._complaints.take(anyio.current_time())
            if held_back is not None:
                _log.warning("the catalog cannot say where logs end", reason=str(error), lines_held_back=held_back)
            return
        for pid in pids:
            if pid not in found:
                self._view.forget(pid)
                self._waiting.wake(pid)
