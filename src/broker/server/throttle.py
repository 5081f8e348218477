"""What quotas do to one connection: how much a request has used of them, and that the client is not listened to for as long as it is told to wait.

Clients that do as they are told lose nothing by that; the others are held to it. Records that are produced are counted when they arrive, records that are fetched and
the broker's own time when the answer is made. Time is that of the connection's share of the event loop: what the writer and the reader do for many at once is not in it.
"""

from collections.abc import Awaitable, Callable, Generator
from copy import copy
from time import perf_counter
from typing import Any, Final, Protocol

import anyio
from anyio.abc import TaskGroup

from broker.handlers.base import RequestContext
from broker.wire.api import ApiKey
from observability.quota_metrics import THROTTLED_CONNECTIONS
from security.identity import Identity

_LOGIN: Final = frozenset({ApiKey.SASL_HANDSHAKE, ApiKey.SASL_AUTHENTICATE})
"""Who logs in is nobody yet that a quota could be for."""

_FETCHES: Final = frozenset({ApiKey.FETCH, ApiKey.SHARE_FETCH})


class Quotas(Protocol):
    """What is asked of the keeper of quotas; each returns the milliseconds to wait."""

    is_active: bool
    measures_time: bool

    def produced(self, identity: Identity, client_id: str | None, size: int) -> int: ...

    def fetched(self, identity: Identity, client_id: str | None, size: int) -> int: ...

    def worked(self, identity: Identity, client_id: str | None, seconds: float) -> int: ...


def arrived(quotas: Quotas, key: int, context: RequestContext, size: int) -> int:
    """A request of ``size`` bytes was taken: how long the client is to wait for that."""
    return quotas.produced(context.connection.identity, context.client_id, size) if key == ApiKey.PRODUCE else 0


def answered(quotas: Quotas, key: int, context: RequestContext, response: Any, size: int, seconds: float) -> int:
    """Its answer of ``size`` bytes is made, and took ``seconds`` of the broker's time."""
    if key in _LOGIN:
        return 0
    throttle_ms = int(getattr(response, "throttle_time_ms", 0))
    identity, client_id = context.connection.identity, context.client_id
    if key in _FETCHES and size:
        throttle_ms = max(throttle_ms, quotas.fetched(identity, client_id, size))
    if quotas.measures_time:
        throttle_ms = max(throttle_ms, quotas.worked(identity, client_id, seconds))
    return throttle_ms


def told(response: Any, throttle_ms: int) -> Any:
    """The same answer with the time to wait; the answer itself may be one that others are given as well. Versions without the field leave it out."""
    if response is None or not hasattr(response, "throttle_time_ms"):
        return response
    response = copy(response)
    response.throttle_time_ms = throttle_ms
    return response


class Timed:
    """An awaitable whose ``seconds`` are the time that it was run, waiting left out."""

    __slots__ = ("_awaitable", "seconds")

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        self._awaitable = awaitable
        self.seconds = 0.0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._awaitable.__await__()
        step: Callable[[], Any] = lambda: next(inner)  # noqa: E731 - replaced below
        while True:
            started = perf_counter()
            try:
                waited_for = step()
            except StopIteration as done:
                return done.value
            finally:
                self.seconds += perf_counter() - started
            step = yield from _relayed(inner, waited_for)


def _relayed(inner: Any, waited_for: Any) -> Generator[Any, Any, Callable[[], Any]]:
    """Hand on what is waited for; the next step gives ``inner`` what came of it."""
    try:
        sent = yield waited_for
    except BaseException as error:  # noqa: BLE001 - cancellation too belongs to who waits
        raised = error
        return lambda: inner.throw(raised)
    return lambda: inner.send(sent) if sent is not None else next(inner)


class Mute:
    """Whether a connection is listened to. ``over`` is called when it is again."""

    __slots__ = ("_over", "_scope", "_tasks", "_until", "is_on")

    def __init__(self, tasks: TaskGroup, over: Callable[[], None]) -> None:
        self._tasks = tasks
        self._over = over
        self._until = 0.0
        self._scope: anyio.CancelScope | None = None
        self.is_on = False

    def begin(self, throttle_ms: int) -> None:
        """For so long from now on, or for longer when that was told before."""
        self._until = max(self._until, anyio.current_time() + throttle_ms / 1000)
        if self._scope is None:
            self.is_on = True
            self._scope = anyio.CancelScope()
            THROTTLED_CONNECTIONS.inc()
            self._tasks.start_soon(self._wait, self._scope)

    def end(self) -> None:
        """The connection ends: nobody waits any more."""
        if self._scope is not None:
            self._scope.cancel()
            self._done()

    def _done(self) -> None:
        self._scope = None
        self.is_on = False
        THROTTLED_CONNECTIONS.dec()

    async def _wait(self, scope: anyio.CancelScope) -> None:
        try:
            with scope:
                while (left_s := self._until - anyio.current_time()) > 0:  # noqa: ASYNC110 - it may have become longer meanwhile
                    await anyio.sleep(left_s)
        finally:
            is_over = self._scope is scope
            if is_over:
                self._done()
        if is_over:
            self._over()
