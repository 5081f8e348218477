"""The Kafka listener's transport: the only file that uses asyncio's protocols.

anyio's socket streams cost about three times the CPU a request (measured), so this file cuts frames straight out of the event
loop's reads. Above it there are frames in and lists of buffers out.

Memory: all connections share one receive buffer, because a read is always consumed before the next one starts. A frame that
arrived whole is copied out of it; one that did not gets memory of its own that the rest is read into. That memory grows with what
arrives, or is anonymous ``mmap`` when it is large, whose pages are only there once bytes were written to them: a client that
announces 100 MiB and sends ten bytes costs ten bytes' page.
"""

import asyncio
import mmap
import socket
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, Protocol, cast

from anyio import create_tcp_listener
from anyio.abc import SocketAttribute

from broker.acceptor import Acceptor, AcceptTime, Gate
from broker.answer_room import AnswerRoom
from broker.server.slicing import SLICE_BYTES, UNSENT_MAX, Rest, Turns

RECEIVE_BUFFER_BYTES: Final = 256 * 1024
"""One read's limit. Large enough that a read of a busy connection is one system call, small enough to stay in cache."""

PLAIN_BYTES: Final = 64 * 1024
"""A frame up to this size gets its memory at once."""

GROWING_BYTES: Final = 4 * 1024 * 1024
"""A frame up to this size gets memory as it arrives, never more than GROWTH times what has (or START_BYTES). A larger one gets pages of
its own, which are only there once they are filled; mapping and unmapping them took half of the loop's time for frames of 1 MiB."""

START_BYTES: Final = 16 * 1024
GROWTH: Final = 4

BODY_READ_BYTES: Final = 1 << 20
"""One read's limit in the middle of a large frame. Without it the system hands over all that its socket buffer holds, and what one more
read of each connection adds to memory could not be said."""

REST_HIGH_WATER: Final = 1 << 20
"""With more than this to send, no more requests of the connection are answered."""

_TCP_INFO: Final[int | None] = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_CLOSED: Final = 7
_CLOSE_WAIT: Final = 8
"""Linux's numbers for states of a TCP connection; the state is the first byte of what TCP_INFO gives."""

SEND_AT_ONCE_BYTES: Final = 64 * 1024
"""Smaller answers wait for the end of the loop's iteration, so that those of one group commit leave in one system call."""


Loop = asyncio.AbstractEventLoop


class FrameSink(Protocol):
    """What a connection is to the transport."""

    def connected(self, link: "Link") -> None: ...

    def frame_received(self, frame: memoryview) -> None:
        """One whole frame without its length prefix: writable, and the sink's to keep."""
        ...

    def frame_arriving(self, count: int) -> None:
        """``count`` bytes more of a frame above PLAIN_BYTES are there, and it is not yet whole."""
        ...

    def bad_frame(self, reason: str) -> None:
        """The peer announced a frame that is not allowed. Nothing is read after this: the sink must stop reading, answer what came
        before if it wants to, and close."""
        ...

    def secured(self, certificate: bytes | None) -> None:
        """TLS is established, and the peer has shown this certificate, which an authority has issued, or none."""
        ...

    def not_secured(self, reason: str) -> None:
        """TLS failed; the link closes by itself."""
        ...

    def handshake_took(self, seconds: float) -> None:
        """A step of a TLS handshake has cost so much of a core."""
        ...

    def write_paused(self, paused: bool) -> None:
        """The peer does not read as fast as it is written to (or does again)."""
        ...

    def disconnected(self, error: BaseException | None) -> None: ...


class Link(asyncio.BufferedProtocol):
    """One connection's bytes. ``frame_limit`` may change while it lives (smaller before authentication); ``given`` counts bytes of large answers that went to the
    transport."""

    _shared = bytearray(RECEIVE_BUFFER_BYTES)
    _shared_view = memoryview(_shared)

    __slots__ = (
        "_body", "_body_size", "_ends_after_rest", "_filled", "_filled_before", "_head", "_is_sliced", "_is_stopped", "_loop", "_out", "_out_size", "_reading_paused",
        "_refused", "_rest", "_sink", "_transport", "_turns", "_write_paused", "accept_time", "frame_began", "frame_limit", "given", "last_read",
    )  # fmt: skip

    def __init__(
        self, sink: FrameSink, frame_limit: int, loop: asyncio.AbstractEventLoop, turns: Turns | None = None
    ) -> None:
        """``turns`` are those of all links of the loop that have large answers to send."""
        self._sink = sink
        self._loop = loop
        self._turns = turns or Turns(loop.call_soon)
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._body: memoryview | None = None
        self._body_size = 0
        self._filled = 0
        self._filled_before = 0
        self._out: list[Any] = []
        self._out_size = 0
        self._rest = Rest(self._turns.room)
        self._is_sliced = False
        self._is_stopped = False
        self._ends_after_rest = False
        self._write_paused = False
        self._reading_paused = False
        self._refused = False
        self.frame_limit = frame_limit
        self.accept_time: AcceptTime | None = None
        self.given = 0
        self.last_read = self.frame_began = loop.time()

    # --- what asyncio calls -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        began = perf_counter()
        self._transport = cast("asyncio.Transport", transport)
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._transport.set_write_buffer_limits(high=UNSENT_MAX)
        self._sink.connected(self)
        if self.accept_time is not None:
            self.accept_time.spent(perf_counter() - began)

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._body is not None:
            return self._body[self._filled : self._filled + BODY_READ_BYTES]
        head = len(self._head)
        if head:
            self._shared[:head] = self._head
        return self._shared_view[head:]

    def buffer_updated(self, nbytes: int) -> None:
        self.last_read = self._loop.time()
        body = self._body
        if body is not None:
            self._filled = filled = self._filled + nbytes
            if filled == self._body_size:
                self._body = None
                self._sink.frame_received(body)
                return
            if filled == len(body):
                self._body = grown = _frame_memory(self._body_size, filled)
                grown[:filled] = body
            if self._body_size > PLAIN_BYTES:
                self._sink.frame_arriving(nbytes)
            return
        end = len(self._head) + nbytes
        if not self._head:
            self.frame_began = self.last_read
        self._head = b""
        self._cut(end)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._transport = None
        self._body = None
        self._out, self._out_size = [], 0
        self._rest.clear()
        self._sink.disconnected(exc)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._is_stopped = True
        self._tell_sink()

    def resume_writing(self) -> None:
        self._is_stopped = False
        if self._rest.size and not self._is_sliced:
            self._is_sliced = True
            self._turns.join(self)
        self._tell_sink()

    def _tell_sink(self) -> None:
        """The sink is not to make more answers while there is much that was not sent, wherever that is."""
        paused = self._is_stopped or self._rest.size > REST_HIGH_WATER
        if paused != self._write_paused:
            self._write_paused = paused
            self._sink.write_paused(paused)

    # --- frames -------------------------------------------------------------------------------------------------------

    def _cut(self, end: int) -> None:
        """Cut the first ``end`` bytes of the shared buffer into frames; keep what is left of an unfinished one."""
        view = self._shared_view
        position = 0
        while end - position >= 4:
            size = int.from_bytes(view[position : position + 4], "big", signed=True)
            if not 0 < size <= self.frame_limit:
                self._refuse(size, bytes(view[position : min(end, position + 8)]))
                return
            start = position + 4
            available = end - start
            if available >= size:
                position = start + size
                # Copied: the sink keeps its frame, the shared buffer is written over by the next read.
                self._sink.frame_received(memoryview(bytearray(view[start:position])))
                if self._transport is None:
                    return
                continue
            if position:
                self.frame_began = self.last_read
            body = _frame_memory(size, available)
            body[:available] = view[start:end]
            self._body, self._body_size, self._filled, self._filled_before = body, size, available, 0
            if size > PLAIN_BYTES:
                self._sink.frame_arriving(available)
            return
        if position:
            self.frame_began = self.last_read
        self._head = bytes(view[position:end])

    def _refuse(self, size: int, start: bytes) -> None:
        if start[:1] == b"\x16" and start[1:2] == b"\x03":
            reason = "a TLS handshake reached a plaintext listener"
        elif start[:4] in (b"GET ", b"POST", b"HEAD", b"PUT "):
            reason = "an HTTP request reached the Kafka listener"
        elif size <= 0:
            reason = f"frame of {size} bytes announced"
        else:
            reason = f"frame of {size} bytes announced, {self.frame_limit} are allowed"
        self._refused = True
        self.pause_reading()
        self._sink.bad_frame(reason)

    # --- what the sink calls ------------------------------------------------------------------------------------------

    @property
    def mid_frame(self) -> bool:
        """A frame has begun and is not yet whole."""
        return self._body is not None or bool(self._head)

    @property
    def is_mid_large(self) -> bool:
        """A frame above GROWING_BYTES has begun and is not yet whole."""
        return self._body is not None and self._body_size > GROWING_BYTES

    @property
    def received(self) -> int:
        """Bytes that are there of a frame that is not yet whole."""
        return self._filled if self._body is not None else len(self._head)

    @property
    def missing(self) -> int:
        """Bytes that a frame lacks whose length is known."""
        return self._body_size - self._filled if self._body is not None else 0

    @property
    def received_lately(self) -> int:
        """Bytes that came of an unfinished frame since ``frame_began``: since its start, or since reading went on after a pause."""
        return self._filled - self._filled_before if self._body is not None else len(self._head)

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port of the other end."""
        name: Any = self._transport.get_extra_info("peername") if self._transport else None
        return (str(name[0]), int(name[1])) if name else ("unknown", 0)

    @property
    def peer_left(self) -> bool:
        """The peer has closed its side. For links that are not read, which learn it in no other way; only where the system tells."""
        transport = self._transport
        # Once a transport is closing, its descriptor may be gone, or be somebody else's.
        if _TCP_INFO is None or transport is None or transport.is_closing():
            return False
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return False
        return sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0] in (_CLOSED, _CLOSE_WAIT)

    def write(self, chunks: list[Any]) -> None:
        """Send buffers as they are, without joining them: now when they are large, else when this iteration of the loop ends. What is larger than
        a slice leaves in slices."""
        if self._transport is None:
            return
        size = sum(map(len, chunks))
        if self._rest.size or size > SLICE_BYTES:
            self._send()
            self._queue(chunks)
            return
        if not self._out:
            self._loop.call_soon(self._send)
        self._out += chunks
        self._out_size += size
        if self._out_size >= SEND_AT_ONCE_BYTES:
            self._send()

    def _queue(self, chunks: list[Any]) -> None:
        """Have buffers leave in slices, behind what already does."""
        self._rest.add(chunks)
        if not self._is_sliced and not self._is_stopped:
            self._is_sliced = True
            self._turns.join(self)
        self._tell_sink()

    def _give(self, chunks: list[Any]) -> None:
        """To the transport, as they are."""
        assert self._transport is not None
        if len(chunks) == 1:
            self._transport.write(chunks[0])
        else:
            self._transport.writelines(chunks)

    def _send(self) -> None:
        chunks = self._out
        if not chunks or self._transport is None:
            return
        self._out, self._out_size = [], 0
        self._give(chunks)

    def send_slice(self) -> bool:
        """Send a slice of the answers; whether there is more that may be sent now (:class:`broker.server.slicing.Turns`)."""
        if self._transport is not None and self._rest.size and not self._is_stopped:
            slice_ = self._rest.take(SLICE_BYTES)
            self.given += sum(map(len, slice_))
            self._give_slice(slice_)
            # That may have stopped it at once, and what the sink does when it is told may add to the rest.
        self._is_sliced = self._transport is not None and self._rest.size > 0 and not self._is_stopped
        goes_on = self._is_sliced
        self._tell_sink()
        if self._ends_after_rest and not self._rest.size and self._transport is not None:
            self._transport.close()
        return goes_on

    @property
    def held(self) -> int:
        """Bytes that answers keep in memory which the peer has not taken, but for what is with the transport."""
        return self._rest.held

    def _give_slice(self, slice_: list[memoryview]) -> None:
        """To the transport, as a copy: views that wait there would keep all of what they are of."""
        self._give([b"".join(slice_)])

    def pause_reading(self) -> None:
        if self._transport is not None and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and self._reading_paused and not self._refused:
            self._reading_paused = False
            self._filled_before = self._filled
            self.last_read = self.frame_began = self._loop.time()
            self._transport.resume_reading()

    @property
    def reading_paused(self) -> bool:
        return self._reading_paused

    @property
    def unsent(self) -> int:
        """Bytes of answers that the peer has not taken."""
        if self._transport is None:
            return 0
        return self._out_size + self._rest.size + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close once what was written has left."""
        self._send()
        if self._rest.size:
            self._ends_after_rest = True
            self.pause_reading()
        elif self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close now; what was not sent is lost."""
        if self._transport is not None:
            self._transport.abort()


def _frame_memory(size: int, received: int) -> memoryview:
    """Writable memory for a frame of ``size`` bytes of which ``received`` are there: all of it, or enough to go on with."""
    if size <= PLAIN_BYTES:
        return memoryview(bytearray(size))
    if size <= GROWING_BYTES:
        return memoryview(bytearray(min(size, max(START_BYTES, GROWTH * received))))
    return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


async def listen(
    host: str,
    port: int,
    make_sink: Callable[[], FrameSink],
    frame_limit: int,
    backlog: int,
    *,
    shared: bool = False,
    make_link: Callable[[FrameSink, int, Loop, Turns], "Link"] = Link,
    gate: Gate | None = None,
    room: AnswerRoom | None = None,
) -> Acceptor:
    """Bind and accept; port 0 picks a free one. Raises OSError when the address cannot be bound. ``shared``: other processes may listen on it, too.
    The ``gate`` sees connections first; answers that wait take ``room``."""
    loop = asyncio.get_running_loop()
    turns = Turns(loop.call_soon, room)
    bound = await create_tcp_listener(local_host=host or None, local_port=port, backlog=backlog, reuse_port=shared)

    def link(time: AcceptTime) -> Link:
        made = make_link(make_sink(), frame_limit, loop, turns)
        made.accept_time = time
        return made

    # What anyio has bound is watched from here on; its own objects own nothing that a copy of the descriptor needs.
    sockets = [each.extra(SocketAttribute.raw_socket).dup() for each in bound.listeners]  # noqa: S610 - anyio's, not Django's
    await bound.aclose()
    return Acceptor(loop, sockets, link, gate=gate)
