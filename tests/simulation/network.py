"""Connections between simulated clients and the broker's real :class:`broker.server.connection.Connection`, as frames of bytes.

A connection keeps its order, as TCP does. It can end at any frame: before the broker has it, after it was served, or on the
client's side only, so that what the client had sent is served later, when it already talks through another one.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import anyio

from broker.handlers.base import ConnectionInfo
from broker.server.connection import Connection
from broker.wire.headers import decode_response_header, response_header_is_flexible, start_request
from broker.wire.registry import codec
from tests.simulation.chance import Chance, Violation

if TYPE_CHECKING:
    from tests.simulation.process import BrokerProcess

PATIENCE_S: Final = 40.0
"""How long a client waits for an answer, and the longest that the broker may take when nothing goes wrong."""
_LATENCY_S: Final = 0.02


class Gone(Exception):
    """The connection ended; nobody knows what became of what was asked."""


class Question:
    """A request under way. ``ended`` is when it can have no more effect: known to the simulation only."""

    def __init__(self, name: str, key: int, version: int) -> None:
        self.name = name
        self.key = key
        self.version = version
        self.sent = anyio.current_time()
        self.response: Any = None
        self.failed = False
        self._done = anyio.Event()

    def answer(self, response: Any) -> None:
        self.response = response
        self._done.set()

    def fail(self) -> None:
        if not self._done.is_set():
            self.failed = True
            self._done.set()

    @property
    def is_done(self) -> bool:
        return self._done.is_set()

    async def wait(self) -> Any:
        """The answer; raises Gone."""
        await self._done.wait()
        if self.failed:
            raise Gone
        return self.response


class ServerLink:
    """The broker's end, what it needs of a transport."""

    def __init__(self, wire: "Wire") -> None:
        self._wire = wire
        self.reading_paused = False
        self.missing = 0
        self.number = wire.number

    @property
    def is_given_up(self) -> bool:
        """Whether the client has left it, or it has ended already."""
        return self._wire.is_left or self._wire.is_cut

    def write(self, chunks: list[Any]) -> None:
        self._wire.written(b"".join(map(bytes, chunks)))

    def close(self) -> None:
        self._wire.cut("closed by the broker")

    abort = close

    def pause_reading(self) -> None:
        self.reading_paused = True

    def resume_reading(self) -> None:
        self.reading_paused = False
        self._wire.room.set()


class Wire:
    """One connection. :meth:`ask` waits for the answer, :meth:`post` does not."""

    def __init__(self, client: str, process: "BrokerProcess", chance: Chance, number: int, lingers: bool) -> None:
        """``lingers``: what was sent can be served when the client has long left."""
        self.client = client
        self.is_cut = False
        self.is_left = False
        self.room = anyio.Event()
        self._chance = chance
        self._lingers = lingers
        self._process = process
        self.number = number
        self._correlation = 0
        self._open: dict[int, Question] = {}
        self._outgoing: deque[tuple[Question, bytes]] = deque()
        self._incoming: deque[bytes] = deque()
        self._sent, self._received = anyio.Event(), anyio.Event()
        self._link = ServerLink(self)
        self._connection: Connection | None = None

    # --- the client's side --------------------------------------------------------------------------------------------

    def post(self, key: int, version: int, request: Any) -> Question:
        """Send a request, behind those that were sent before."""
        question = Question(codec(key).name, key, version)
        if self.is_cut or self.is_left:
            question.fail()
            return question
        self._correlation += 1
        writer = start_request(key, version, self._correlation, self.client)
        codec(key).encode_request(version, request, writer)
        frame = b"".join(map(bytes, writer.frame()))[4:]
        self._open[self._correlation] = question
        self._outgoing.append((question, frame))
        self._sent.set()
        return question

    async def ask(self, key: int, version: int, request: Any) -> Any:
        """The answer. Raises Gone when there is none."""
        question = self.post(key, version, request)
        with anyio.move_on_after(PATIENCE_S):
            return await question.wait()
        if self._chance.quiet:
            raise Violation(f"{self.client}: {question.name} v{version} was not answered within {PATIENCE_S} s")
        self.leave()
        raise Gone

    def leave(self) -> None:
        """The client gives up. What it has sent may still be on its way."""
        if not self.is_left:
            self.is_left = True
            for question in self._open.values():
                question.fail()
            if self._chance.quiet or not self._outgoing or not self._lingers:
                self.cut("left")

    # --- between ------------------------------------------------------------------------------------------------------

    def written(self, data: bytes) -> None:
        if not self.is_cut:
            self._incoming.append(data)
            self._received.set()

    def cut(self, why: str) -> None:
        """It ends for both sides."""
        if self.is_cut:
            return
        self.is_cut = True
        self._chance.note(self.client, f"connection {self.number} {why}")
        for event in (self._sent, self._received, self.room):
            event.set()
        for question in self._open.values():
            question.fail()
        self._open.clear()
        if self._connection is not None and not self._process.life.is_over:
            self._connection.disconnected(None)

    async def run(self) -> None:
        """Carry frames until it is cut. Runs beside the broker, not in it."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._carry_answers)
            await self._carry_requests()

    async def _carry_requests(self) -> None:
        self._connection = connection = self._process.accept(self._link)
        while not self.is_cut:
            if self._link.reading_paused:
                self.room = anyio.Event()
                await self.room.wait()
                continue
            if not self._outgoing:
                if self.is_left:
                    self.cut("left")
                    return
                self._sent = anyio.Event()
                await self._sent.wait()
                continue
            question, frame = self._outgoing[0]
            await anyio.sleep(self._chance.seconds(_LATENCY_S if not self.is_left else 3.0))
            if self.is_cut or self._process.life.is_over:
                self.cut("ended with the broker")
                return
            fault = self._chance.fault(self._chance.weather.cut)
            how = self._chance.pick(("before", "after", "left")[: 2 + self._lingers]) if fault else ""
            if how == "before":
                self.cut(f"lost with {question.name} on it")
                return
            if how == "left":
                self._chance.note(self.client, f"left connection {self.number} with {question.name} under way")
                self.leave()
                continue
            self._outgoing.popleft()
            connection.frame_received(memoryview(bytearray(frame)))
            if how == "after":
                await anyio.sleep(self._chance.seconds(0.5))
                self.cut(f"lost behind {question.name}")

    async def _carry_answers(self) -> None:
        while not self.is_cut:
            if not self._incoming:
                self._received = anyio.Event()
                await self._received.wait()
                continue
            await anyio.sleep(self._chance.seconds(_LATENCY_S))
            data = memoryview(self._incoming.popleft())
            while data and not self.is_cut:
                size = int.from_bytes(data[:4], "big")
                self._deliver(data[4 : 4 + size])
                data = data[4 + size :]

    def _deliver(self, frame: memoryview) -> None:
        question = self._open.pop(int.from_bytes(frame[:4], "big"), None)
        if question is None:
            raise Violation(f"{self.client}: an answer to nothing that was asked")
        if self.is_left:
            return
        _, body = decode_response_header(frame, response_header_is_flexible(question.key, question.version))
        question.answer(codec(question.key).decode_response(question.version, frame, body))


def info_of(process: "BrokerProcess", number: int) -> ConnectionInfo:
    """What the broker knows of who is at the other end."""
    return ConnectionInfo(number, f"client:{number}", "client", "PLAINTEXT", process.advertised)
