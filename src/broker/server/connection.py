"""One client's connection: its requests take effect in the order they arrived, its answers leave in that order.

Up to ``max_requests`` requests or ``max_bytes`` of them are under way at once, so that a producer with several requests in flight
shares one group commit. Only a handler that answers with a ``Pending`` lets the next request start before it is answered; all
others run one after the other. When a bound is reached, or the peer does not read its answers, the connection stops reading; bytes
are bounded for the whole process too (``budget``).
"""

from collections import deque
from collections.abc import Awaitable
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import anyio

from broker.handlers.base import CloseConnection, ConnectionInfo, LastAnswer, Pending, RequestContext
from broker.server.budget import ByteBudget
from broker.server.connecting_time import HANDED_OVER, RECEIVED_S_A_BYTE
from broker.server.throttle import Mute, Timed, answered, arrived, told
from broker.server.transport import Link
from broker.wire.errors import DecodeError
from observability.metrics import BYTES_IN, BYTES_OUT
from security.sasl.login import State

if TYPE_CHECKING:
    from broker.server.dispatcher import Dispatcher, Route
    from broker.server.listener import Listener

_BYTES_IN = BYTES_IN.inc
_BYTES_OUT = BYTES_OUT.inc


READY_BYTES_MAX: Final = 1 << 20
"""Bytes of answers that wait for their turn; above it nothing new is started, for an answer can be large though its request is small."""

CLOSED_LATER_S: Final = 0.002
"""What a request that ended its connection after a while is said to have cost: a password is checked in a thread for about that long."""

FRAME_OVERHEAD: Final = 256
"""What keeping a frame costs besides its bytes: thousands of tiny ones can arrive in one read."""


class Slot:
    """One request under way and, later, its answer. ``chunks`` is None until then; an empty list means that none is sent."""

    __slots__ = ("chunks", "context", "ready", "request", "route", "size", "started", "throttle_ms", "worked")

    def __init__(self, route: "Route", request: Any, context: RequestContext, size: int, started: float) -> None:
        self.route = route
        self.request = request
        self.context = context
        self.size = size
        self.ready = 0
        self.started = started
        self.worked = 0.0
        self.throttle_ms = 0
        self.chunks: list[Any] | None = None


class Connection:
    """Sans-IO but for its :class:`Link`: frames in through :meth:`frame_received`, buffers out through ``link.write``."""

    def __init__(
        self, listener: "Listener", dispatcher: "Dispatcher", budget: ByteBudget, max_requests: int, max_bytes: int
    ) -> None:
        self._listener = listener
        self._dispatcher = dispatcher
        self._budget = budget
        self._max_requests: Final = max_requests
        self._max_bytes: Final = max_bytes
        self._frames: deque[memoryview] = deque()
        self._slots: deque[Slot] = deque()
        self._held = 0
        self._unfinished = 0
        self._ready = 0
        self._running: anyio.CancelScope | None = None
        self._running_may_stop = False
        self._busy = False
        self._closed = False
        self._draining = False
        self._write_paused = False
        self._refused = False
        self._advancing = False
        self._quotas = dispatcher.quotas
        self._mute = Mute(listener.tasks, self._heard_again)
        self.link: Link | None = None
        self.info: ConnectionInfo | None = None
        # The listener's notes: how much the peer had left unread when it looked last, since when that is so, since when the connection
        # is about to end, since when it takes too little of large answers and how much it had taken by then, and whether the broker's reason for its end was counted.
        self.unsent_before = 0
        self.unsent_since = 0.0
        self.ending_since: float | None = None
        self.crawling_since: float | None = None
        self.given_before = 0
        self.end_counted = False

    # --- what the transport calls -------------------------------------------------------------------------------------

    def connected(self, link: Link) -> None:
        self.link = link
        self._budget.join()
        self.info = info = self._listener.admit(self, link)
        self._draining = info is None
        if info is not None and info.login is not None:
            info.login.on_change = self._login_changed
            self._login_changed()

    def frame_received(self, frame: memoryview) -> None:
        if self._closed or self._draining:
            return
        _BYTES_IN(frame.nbytes + 4)
        size = frame.nbytes + FRAME_OVERHEAD
        self._held += size
        if self._unfinished:
            size -= self._unfinished
            self._frame_is_whole()
        self._budget.take(size)
        self._frames.append(frame)
        self._advance()
        self._pace_reading()

    def frame_arriving(self, count: int) -> None:
        if self._closed or self._draining:
            return
        self._unfinished += count
        self._budget.take_unfinished(count)
        if self._budget.scarce or self._budget.is_crowded:
            self._pace_reading()

    def _frame_is_whole(self) -> None:
        unfinished, self._unfinished = self._unfinished, 0
        self._budget.frame_is_whole(self, unfinished)

    def bad_frame(self, reason: str) -> None:
        # Behind a malformed request nothing else that the client sent is worth a line. What came before it is served: a client
        # whose producer has several requests in flight must learn what became of the good ones.
        if not (self._closed or self._draining):
            self._refuse(reason)
            self._draining = True
            self._flush()

    def _refuse(self, reason: str, kind: str = "refused") -> None:
        """One line for each connection: a client that pipelines nonsense does not multiply it."""
        if not self._refused:
            self._refused = True
            self._listener.log_refusal(self, reason, kind)

    def secured(self, certificate: bytes | None) -> None:
        self._listener.secured(self, certificate)

    def not_secured(self, reason: str) -> None:
        if not self._closed:
            self._refused = True
            self._listener.not_secured(self, reason)

    def handshake_took(self, seconds: float) -> None:
        if self.info is not None:
            self._listener.connecting_took(self, seconds * HANDED_OVER)

    def write_paused(self, paused: bool) -> None:
        self._write_paused = paused
        if not paused:
            self._advance()
        self._pace_reading()

    def disconnected(self, error: BaseException | None) -> None:
        self._closed = True
        # What is under way is still held by whoever serves it, the writer's queue above all: it is given back when that is done.
        under_way = sum(slot.size for slot in self._slots if slot.chunks is None)
        self._frames.clear()
        self._slots.clear()
        freed, self._held = self._held - under_way, under_way
        unfinished, self._unfinished = self._unfinished, 0
        self._budget.leave(self, unfinished)
        if freed:
            self._budget.give_back(freed)
        if self._running is not None and self._running_may_stop:
            self._running.cancel()
        self._mute.end()
        if self.info is not None:
            self.info.ended()
            self._listener.departed(self)
        self.link = None

    # --- requests in order --------------------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Nothing is under way."""
        return not self._slots and not self._frames

    @property
    def draining(self) -> bool:
        """It takes no more requests and closes when those it took are answered."""
        return self._draining

    @property
    def sits_on_bytes(self) -> bool:
        """It holds its share of the process's bytes or more, and for as long as its client likes: behind a fetch that waits, or
        behind answers that are not read."""
        waits_for_client = self._write_paused or self._mute.is_on or (self._running is not None and (self._running_may_stop or self._can_be_let_go))
        return waits_for_client and self._held + self._unfinished >= self._budget.share

    @property
    def _can_be_let_go(self) -> bool:
        """What it waits for ends when it is told that its connection does."""
        return self.info is not None and bool(self.info.at_end)

    @property
    def missing(self) -> int:
        """Bytes that its unfinished frame lacks."""
        return self.link.missing if self.link is not None else 0

    def _advance(self) -> None:
        """Start as many requests as may start now."""
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._frames and not self._busy and not self._write_paused and not self._closed:
                if len(self._slots) >= self._max_requests or self._ready > READY_BYTES_MAX or self._mute.is_on:
                    break
                self._start(self._frames.popleft())
        finally:
            self._advancing = False

    def _start(self, frame: memoryview) -> None:
        info = self.info
        assert info is not None
        if info.login is not None and info.login.takes_raw_tokens:
            # It is small, and no request that counts until it is answered.
            size = frame.nbytes + FRAME_OVERHEAD
            self._held -= size
            self._budget.give_back(size)
            self._busy = True
            self._listener.tasks.start_soon(self._take_raw_token, frame, info)
            return
        started = perf_counter()
        try:
            route, request, context = self._dispatcher.open(frame, info)
        except DecodeError as error:
            expired = info.login is not None and info.login.expired
            self._listener.connecting_took(self, perf_counter() - started + frame.nbytes * RECEIVED_S_A_BYTE)
            self._refuse(str(error), "expired" if expired else "refused")
            self._abandon(None)
            return
        slot = Slot(route, request, context, frame.nbytes + FRAME_OVERHEAD, started)
        self._slots.append(slot)
        try:
            outcome = self._dispatcher.call(route, request, context)
        except CloseConnection as error:
            self._listener.connecting_took(self, perf_counter() - started + frame.nbytes * RECEIVED_S_A_BYTE)
            self._close_after(slot, error)
            return
        if self._quotas.is_active:
            slot.worked = perf_counter() - started
            slot.throttle_ms = arrived(self._quotas, route.handler.key, context, frame.nbytes)
            if slot.throttle_ms:
                self.mute(slot.throttle_ms)
        if isinstance(outcome, Pending):
            if route.handler.waits_for_others and not outcome.done:
                slot.request = None
                self._release(slot)
            outcome.when_done(lambda response: self._answer(slot, response))
        elif isinstance(outcome, Awaitable):
            self._busy = True
            if self._quotas.measures_time:
                outcome = Timed(outcome)
            self._listener.tasks.start_soon(self._wait, slot, outcome)
        else:
            self._answer(slot, outcome)

    async def _wait(self, slot: Slot, outcome: Awaitable[Any]) -> None:
        response: Any = None
        closing: CloseConnection | None = None
        finished = False
        with anyio.CancelScope() as scope:
            self._running, self._running_may_stop = scope, slot.route.handler.stop_on_disconnect
            if self._closed and self._running_may_stop:
                scope.cancel()
            try:
                response = await self._dispatcher.wait(slot.route, slot.request, slot.context, outcome)
                finished = True
            except CloseConnection as error:
                closing = error
            finally:
                self._running = None
                self._busy = False
                if isinstance(outcome, Timed):
                    slot.worked += outcome.seconds
        if finished:
            self._answer(slot, response)
            self._advance()
            self._pace_reading()
        elif closing is not None:
            # Not as long as it took: a login that failed is answered late on purpose.
            self._listener.connecting_took(self, CLOSED_LATER_S)
            self._close_after(slot, closing)
        else:
            self._abandon(slot)

    # --- logging in ---------------------------------------------------------------------------------------------------

    async def _take_raw_token(self, frame: memoryview, info: ConnectionInfo) -> None:
        try:
            answer = await self._dispatcher.take_raw_token(frame, info)
        except CloseConnection as error:
            self._refuse(str(error), error.kind)
            self._abandon(None)
            return
        finally:
            self._busy = False
        if self.link is not None:
            self.link.write([len(answer).to_bytes(4, "big") + answer])
        self._advance()
        self._pace_reading()

    def _login_changed(self) -> None:
        """The client has become somebody, or has yet to show who it is (again): until then its requests are small."""
        info, link = self.info, self.link
        assert info is not None
        login = info.login
        assert login is not None
        if login.identity is not None:
            info.identity = login.identity
        if link is not None:
            link.frame_limit = self._listener.frame_limit_for(login)
        if login.state is State.DONE:
            self._listener.logged_in(self, info)

    def end_session(self, reason: str, kind: str) -> None:
        """What the client's identity rests on is gone, or its time is over: what it asked for is answered, and nothing more."""
        if not (self._closed or self._draining):
            self._refuse(reason, kind)
            self.drain()

    # --- answers in order ---------------------------------------------------------------------------------------------

    def _answer(self, slot: Slot, response: Any) -> None:
        if slot.context.decisions is not None:
            self._dispatcher.audit(slot.route, slot.context, response)
        if self._closed:
            if self._quotas.is_active:
                answered(self._quotas, slot.route.handler.key, slot.context, None, 0, slot.worked)
            self._release(slot)
            return
        encoding = perf_counter() if self._quotas.is_active else 0.0
        if response is None:
            slot.chunks = []
        else:
            slot.chunks = self._dispatcher.encode(slot.route, slot.request, slot.context, response)
        if encoding:
            slot.worked += perf_counter() - encoding
            self._charge(slot, response)
        self._dispatcher.measure(slot.route, perf_counter() - slot.started)
        if self._slots[0] is slot:
            self._flush()
        else:
            slot.ready = sum(map(len, slot.chunks))
            self._ready += slot.ready
            # Its turn may come late; what it asked for is not needed until then.
            slot.request = None
            self._release(slot)

    def _charge(self, slot: Slot, response: Any) -> None:
        """What the request has used is counted; when that was too much the answer says so, and nothing is heard for a while."""
        assert slot.chunks is not None
        size = sum(map(len, slot.chunks))
        throttle_ms = answered(self._quotas, slot.route.handler.key, slot.context, response, size, slot.worked)
        if throttle_ms:
            self.mute(throttle_ms)
        throttle_ms = max(throttle_ms, slot.throttle_ms)
        if throttle_ms and response is not None:
            slot.chunks = self._dispatcher.encode_again(slot.route, slot.context, told(response, throttle_ms))

    def _release(self, slot: Slot) -> None:
        """A request was served whose answer leaves later or never."""
        size, slot.size = slot.size, 0
        self._held -= size
        self._budget.give_back(size)

    def _flush(self) -> None:
        """Send the answers that are ready, up to the first that is not."""
        slots = self._slots
        out: list[Any] = []
        freed = 0
        while slots and slots[0].chunks is not None:
            slot = slots.popleft()
            freed += slot.size
            self._ready -= slot.ready
            out.extend(slot.chunks or ())
        if out and self.link is not None:
            _BYTES_OUT(sum(map(len, out)))
            self.link.write(out)
        self._held -= freed
        self._budget.give_back(freed)
        if self._frames and not self._advancing:
            self._advance()
        if self.link is not None and self.link.reading_paused:
            self._pace_reading()
        if self._draining and self.idle and self.link is not None:
            self.link.close()

    # --- bounds -------------------------------------------------------------------------------------------------------

    def _pace_reading(self) -> None:
        """Read on, or stop reading, by what is under way."""
        link = self.link
        if link is None or self._closed or self._draining:
            return
        over = (
            len(self._slots) + len(self._frames) >= self._max_requests
            or self._held >= self._max_bytes
            or self._write_paused
            or self._mute.is_on
        )
        if over:
            if self._unfinished:
                self._budget.stop_waiting(self)
        elif self._budget.scarce or (self._budget.is_crowded and link.is_mid_large):
            over = not self._budget.may_read(self, self._held + self._unfinished, self._unfinished > 0, link.is_mid_large)
        if over:
            link.pause_reading()
        else:
            link.resume_reading()

    def budget_has_room(self) -> None:
        """The process's budget lets this connection ask again, or gives it the turn."""
        self._pace_reading()

    def mute(self, throttle_ms: int) -> None:
        """Listen to nothing for so long, and start nothing that is there already; what is under way is answered."""
        if not (self._closed or self._draining):
            self._mute.begin(throttle_ms)
            self._pace_reading()

    def _heard_again(self) -> None:
        if not (self._closed or self._draining):
            self._advance()
            self._pace_reading()

    # --- the end ------------------------------------------------------------------------------------------------------

    def _close_after(self, slot: Slot, ending: CloseConnection) -> None:
        """Take no more requests and close, after the answer that ``ending`` may have for ``slot``."""
        self._refuse(str(ending), ending.kind)
        if isinstance(ending, LastAnswer) and not self._closed:
            slot.chunks = self._dispatcher.encode(slot.route, slot.request, slot.context, ending.response)
            self._dispatcher.measure(slot.route, perf_counter() - slot.started)
            self.drain()
        else:
            self._abandon(slot)

    def _abandon(self, slot: Slot | None) -> None:
        """Take no more requests and close; ``slot`` gets no answer, those before it still get theirs."""
        if slot is not None and slot.context.decisions is not None:
            self._dispatcher.audit(slot.route, slot.context, None)
        if self._closed:
            if slot is not None:
                self._release(slot)
            return
        if slot is not None:
            slot.chunks = []
        self.drain()

    def drain(self) -> None:
        """Take no more requests; close when those under way are answered. A waiting fetch is given up, or answered with what it has."""
        self._draining = True
        self._mute.end()
        self._budget.stop_waiting(self)
        if self.link is not None:
            self.link.pause_reading()
        for frame in self._frames:
            size = frame.nbytes + FRAME_OVERHEAD
            self._held -= size
            self._budget.give_back(size)
        self._frames.clear()
        if self._running is not None and self._running_may_stop:
            self._running.cancel()
        if self.info is not None:
            self.info.ended()
        self._flush()

    def turn_away(self, reason: str) -> None:
        """Close now, for it is not known who the client is."""
        self._refused = True
        self._listener.log_refusal(self, reason, "unauthenticated")
        self.abort()

    def abort(self) -> None:
        """Close now."""
        if self.link is not None:
            self.link.abort()
