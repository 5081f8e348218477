"""The requester: sends the requests of one broker to a remote store, as many at once as the store likes, until they came through.

Q1  Being told to slow down is never an error by itself: the request waits and is sent again, until its time is up.
Q2  A request whose time is up raises StorageUnavailable: whether it was carried out is not known, and its bytes may still come to be there.
Q3  No more than the lane's slots are under way at once, and a tenth more of second ones.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

import anyio
from obstore.exceptions import BaseError

from broker.errors import StorageUnavailable
from broker.storage.objects.pacing import Attempts, Hedging, Pace
from broker.storage.objects.store_errors import PASSING, Trouble, shown, trouble_of
from observability.metrics import OBJECTS

T = TypeVar("T")

_SLOWEST_BYTES_A_SECOND: Final = 1 << 20
_ERRORS: Final = (BaseError, OSError, NotImplementedError)


class Operation(StrEnum):
    """Kinds of requests, as metrics name them."""

    PUT = "put"
    GET = "get"
    DELETE = "delete"


class RequestFailed(StorageUnavailable):
    """A request did not come through; ``trouble`` says why in the end."""

    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSettings:
    """How patient the requester is. ``timeout_s`` is what one try may take besides the time its bytes need."""

    uploads: int = 8
    reads: int = 32
    timeout_s: float = 10.0
    give_up_s: float = 10.0
    hedge_least_s: float = 0.1


class _Lane:
    """Requests of one kind: one pace, one idea of what is slow."""

    def __init__(self, operation: Operation, most: int, hedge_least_s: float) -> None:
        self.pace = Pace(most)
        self.limiter = anyio.CapacityLimiter(most)
        self.hedging = Hedging(hedge_least_s)
        self.metrics = OBJECTS.of(operation)
        self.adjust()

    def adjust(self) -> None:
        if self.limiter.total_tokens != self.pace.at_once:
            self.limiter.total_tokens = self.pace.at_once
        self.metrics.slots(self.pace.at_once)


class Requester:
    """Owns the lanes. Waits for the store, and ends with whoever waits."""

    def __init__(self, settings: RequestSettings, chance: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._chance = chance
        most = {Operation.PUT: settings.uploads, Operation.GET: settings.reads, Operation.DELETE: 4}
        self._lanes = {each: _Lane(each, most[each], settings.hedge_least_s) for each in Operation}

    async def run(
        self,
        operation: Operation,
        what: str,
        send: Callable[[], Awaitable[T]],
        *,
        size: int = 0,
        hedged: bool = False,
        give_up_s: float | None = None,
    ) -> T:
        """The answer to ``send()``, called as often as it takes; about ``size`` bytes go over the line. Raises RequestFailed."""
        lane = self._lanes[operation]
        began = anyio.current_time()
        attempts = Attempts(self._settings.give_up_s if give_up_s is None else give_up_s)
        while True:
            try:
                async with lane.limiter:
                    if lane.pace.pause_s:
                        await anyio.sleep(lane.pace.pause_s)
                    answer = await self._send(lane, send, size, hedged)
            except _ERRORS as error:
                trouble = trouble_of(error)
                lane.metrics.failed(trouble)
                now = anyio.current_time()
                if trouble is Trouble.THROTTLED:
                    lane.pace.throttled(now)
                    lane.adjust()
                delay = attempts.delay(now - began, self._chance()) if trouble in PASSING else None
                if delay is None:
                    raise RequestFailed(f"{what}: {shown(error)}", trouble) from None
            else:
                lane.pace.succeeded()
                lane.adjust()
                return answer
            await anyio.sleep(delay)

    async def _send(self, lane: _Lane, send: Callable[[], Awaitable[T]], size: int, hedged: bool) -> T:
        began = anyio.current_time()
        seconds = self._settings.timeout_s + size / _SLOWEST_BYTES_A_SECOND
        after = lane.hedging.after_s if hedged and lane.pace.is_well(began) else None
        with anyio.fail_after(seconds):
            if after is None:
                lane.metrics.sent()
                answer = await send()
            else:
                race = _Race(lane, send)
                answer = await race.run(after)
        took = anyio.current_time() - began
        lane.hedging.observed(took)
        lane.metrics.done(took, size)
        return answer


class _Race(Generic[T]):
    """One request, and a second one beside it when it is slow. What comes first counts; of failures the last."""

    def __init__(self, lane: _Lane, send: Callable[[], Awaitable[T]]) -> None:
        self._lane = lane
        self._send = send
        self._running = 0
        self._answers: list[T] = []
        self._failures: list[Exception] = []
        self._decided = anyio.Event()

    async def run(self, after_s: float) -> T:
        async with anyio.create_task_group() as tasks:
            self._start(tasks)
            with anyio.move_on_after(after_s):
                await self._decided.wait()
            if not self._decided.is_set():
                self._lane.hedging.hedged()
                self._lane.metrics.hedged()
                self._start(tasks)
                await self._decided.wait()
            tasks.cancel_scope.cancel()
        if self._answers:
            return self._answers[0]
        raise self._failures[-1]

    def _start(self, tasks: anyio.abc.TaskGroup) -> None:
        self._running += 1
        self._lane.metrics.sent()
        tasks.start_soon(self._one)

    async def _one(self) -> None:
        try:
            self._answers.append(await self._send())
        except _ERRORS as error:
            self._failures.append(error)
            self._running -= 1
            # That it is there, or is not, the other one cannot change.
            if self._running and trouble_of(error) in PASSING:
                return
        self._decided.set()
