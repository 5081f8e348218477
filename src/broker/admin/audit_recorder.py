"""AuditRecorder: takes events without waiting, ties them to each other, and has them written to every sink in order.

Events wait in a queue that is bounded in bytes. What finds no room is counted, and the log itself says how many events are missing, at the place where
they are. Changes have more room than the rest; where the policy is to block, requests that would change something are refused before there is none
left for them. A sink that fails is tried again until it takes the lines: all sinks get the same lines in the same order, the topic some of them twice perhaps.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import anyio

from broker.errors import BrokerError
from observability import logs
from observability.audit_metrics import AUDIT
from security.audit.chain import Chain
from security.audit.event import AuditEvent, EventKind
from security.audit.line import LINE_BYTES_MAX, encode_event
from security.audit.selection import Selection

LINE_OVERHEAD: Final = 100
"""What keeping a line costs besides its bytes."""
EVENT_BYTES: Final = 1024
"""What a line takes besides the texts of what was changed, at most; of the names of who did it, what is usual."""
LETTER_BYTES: Final = 2
"""A plain letter of a text, at most; see :func:`broker.handlers.base.letters_of` for others."""
BATCH_LINES_MAX: Final = 500
BATCH_BYTES_MAX: Final = 512 * 1024
GATHER_S: Final = 0.02
"""Lines of so long are written together: each write is a thread's work, which under a flood of connections would cost more than these."""
FIRST_RETRY_S: Final = 0.1
LONGEST_RETRY_S: Final = 5.0
ANCHOR_S: Final = 3600.0
"""How often the broker's log says how far the audit log goes, while it grows."""
BROKER_ITSELF: Final = "Broker:"
_log = logs.get("audit")


class Sink(Protocol):
    """Where lines go."""

    name: str

    async def write(self, lines: Sequence[bytes]) -> None:
        """Return when they are durable. Raises BrokerError when they are not, and are to be given again."""
        ...

    async def aclose(self) -> None: ...


class AuditRecorder:
    """Owns the queue and the chain. :meth:`run` writes until cancelled; :meth:`flush` first."""

    def __init__(
        self,
        selection: Selection,
        chain: Chain,
        sinks: Sequence[Sink],
        *,
        now_ms: Callable[[], int],
        broker: int,
        queue_bytes: int,
        blocks: bool,
    ) -> None:
        self._selection = selection
        self._chain = chain
        self._sinks: list[Sink] = []
        for sink in sinks:
            self.add_sink(sink)
        self._now_ms = now_ms
        self._broker = broker
        self._blocks = blocks
        self._changes_max = 2 * queue_bytes if blocks else queue_bytes
        self._block_from = queue_bytes
        self._others_max = queue_bytes * 3 // 4
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._kept = 0
        self._dropped: Counter[str] = Counter()
        self._work = anyio.Event()
        self._idle = anyio.Event()
        self._writing = False
        self._said_until = chain.head.seq
        self._complaints = logs.LineLimiter(per_second=1 / 30, burst=3)
        AUDIT.queued.set_function(lambda: self._bytes)

    # --- what others ask ----------------------------------------------------------------------------------------------

    def wants(self, kind: EventKind, principal: str) -> bool:
        """Whether such an event would be kept."""
        return self._selection.wants(kind, principal)

    def samples_allowed(self) -> bool:
        """Whether of the next request that changes nothing it is kept what it was allowed, too."""
        return self._selection.samples_allowed()

    @property
    def refuses_changes(self) -> bool:
        """Whether nothing may be administered now, because it could not be recorded."""
        return self._blocks and self._bytes + self._kept >= self._block_from

    def keep_room(self, events: int, letters: int) -> int | None:
        """By the most that their lines can take, and that of their request."""
        if not self._blocks:
            return 0
        size = events * EVENT_BYTES + letters * LETTER_BYTES + LINE_BYTES_MAX
        # Others go on taking what is theirs meanwhile: room that is kept takes none of it, and they none of what is kept.
        if max(self._bytes, self._others_max) + self._kept + size > self._changes_max:
            return None
        self._kept += size
        return size

    def free_room(self, kept: int) -> None:
        self._kept -= kept

    @property
    def head(self) -> str:
        """How far the log goes, in the form that verification takes."""
        return str(self._chain.head)

    def record(self, event: AuditEvent) -> None:
        """Have it written. When there is no room it is counted instead."""
        if not self._selection.keeps(event):
            return
        body = encode_event(event, time_ms=self._now_ms(), broker=self._broker)
        is_change = event.kind is EventKind.ADMIN or event.details.get("changes")
        room = self._changes_max - self._kept if is_change else self._others_max
        if self._bytes + len(body) + LINE_OVERHEAD > room:
            self._dropped[event.kind.value] += 1
            AUDIT.dropped(event.kind.value)
            held_back = self._complaints.take(anyio.current_time())
            if held_back is not None:
                _log.error("the audit log is full, events are dropped", kind=event.kind.value, lines_held_back=held_back)
            return
        self._say_what_was_dropped()
        self._put(body)
        AUDIT.recorded(event.kind.value)

    def note(self, action: str, **details: Any) -> None:
        """Something happened to the audit log itself."""
        event = AuditEvent(
            kind=EventKind.AUDIT,
            action=action,
            outcome="success",
            principal=f"{BROKER_ITSELF}{self._broker}",
            peer="",
            listener="",
            details=details,
        )
        self._put(encode_event(event, time_ms=self._now_ms(), broker=self._broker))

    def _say_what_was_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = dict(self._dropped), Counter()
            self.note("dropped", events=dropped)

    def _put(self, body: bytes) -> None:
        self._queue.append(body)
        self._bytes += len(body) + LINE_OVERHEAD
        self._work.set()

    # --- writing ------------------------------------------------------------------------------------------------------

    def add_sink(self, sink: Sink) -> None:
        """Another one, which gets what is written from now on."""
        self._sinks.append(sink)
        AUDIT.failing(sink.name, False)

    def drop_sink(self, name: str) -> None:
        """A sink that can take no more; what is written from now on goes to the others."""
        self._sinks = [sink for sink in self._sinks if sink.name != name]

    async def run(self) -> None:
        """Write until cancelled."""
        anchored = anyio.current_time()
        while True:
            if not self._queue:
                self._say_what_was_dropped()
            if not self._queue:
                self._work = anyio.Event()
                self._idle.set()
                await self._work.wait()
                self._idle = anyio.Event()
            if len(self._queue) < BATCH_LINES_MAX:
                await anyio.sleep(GATHER_S)
            batch, size = self._take()
            lines = [self._chain.seal(body) for body in batch]
            for sink in list(self._sinks):
                await self._deliver(sink, lines)
            self._bytes -= size
            AUDIT.written(self._now_ms() / 1000)
            if anyio.current_time() - anchored >= ANCHOR_S:
                anchored = anyio.current_time()
                self.anchor("goes on")

    def anchor(self, what: str) -> None:
        """Say in the broker's log how far the audit log goes: whoever keeps that can tell when its end was cut off or all of it written anew."""
        head = self._chain.head
        if head.seq != self._said_until:
            self._said_until = head.seq
            _log.info(f"audit log {what}", head=str(head))

    async def flush(self) -> None:
        """Return when everything recorded so far is written. :meth:`run` must be running; cancel to give up."""
        while self._queue or self._bytes:
            await self._idle.wait()

    async def aclose(self) -> None:
        """Nothing more is recorded; what is not written by now is lost, and counted."""
        self.anchor("ends")
        if self._queue:
            _log.error("events that were not written to the audit log are lost", events=len(self._queue))
        for sink in self._sinks:
            await sink.aclose()

    def _take(self) -> tuple[list[bytes], int]:
        """The next lines, and the room they took. They count until they are written."""
        batch: list[bytes] = []
        size = 0
        while self._queue and len(batch) < BATCH_LINES_MAX and (not batch or size < BATCH_BYTES_MAX):
            body = self._queue.popleft()
            batch.append(body)
            size += len(body) + LINE_OVERHEAD
        return batch, size

    async def _deliver(self, sink: Sink, lines: Sequence[bytes]) -> None:
        pause_s = FIRST_RETRY_S
        while sink in self._sinks:
            try:
                await sink.write(lines)
            except BrokerError as error:
                AUDIT.failing(sink.name, True)
                AUDIT.failed(sink.name)
                held_back = self._complaints.take(anyio.current_time())
                if held_back is not None:
                    _log.error("the audit log cannot be written, it is tried again", sink=sink.name, reason=str(error), lines_held_back=held_back)
                await anyio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_RETRY_S)
            else:
                AUDIT.failing(sink.name, False)
                return
