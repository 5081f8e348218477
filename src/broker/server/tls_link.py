"""TLS under a connection: frames in and buffers out as on any link, ciphertext on the wire.

The handshake is done in threads, a step at a time, so that keys and certificates are never worked on by the event loop; before a client's first
message is whole, nothing is kept for it but that message. From then on the loop encrypts and decrypts by itself, which is quicker than to hand over.

Memory: ciphertext is read into a buffer that all connections share, and given to OpenSSL a record at a time. What was read and may not be looked
at yet, because reading is paused, is at most one read. What is to be sent is encrypted only as far as the peer takes it.
"""

import ssl
from collections import deque
from concurrent.futures import Executor
from time import thread_time
from typing import Any, Final, Protocol

from broker.server.slicing import Turns
from broker.server.tls_records import RecordEnds
from broker.server.transport import FrameSink, Link, Loop

READ_BYTES: Final = 64 * 1024
SEAL_BYTES: Final = 32 * 1024
"""So much is encrypted at once; the buffer of what goes out keeps its size, too."""
HELLO_BYTES_MAX: Final = 16 * 1024 + 5
"""A record, the largest that a client's first message can be in one piece."""
HANDSHAKE_BYTES_MAX: Final = 128 * 1024
"""Of one client, certificates included."""

_HANDSHAKE: Final = 0x16


class Door(Protocol):
    """What a TLS listener has for its links: the context that counts now, and threads for handshakes."""

    @property
    def context(self) -> ssl.SSLContext: ...

    @property
    def threads(self) -> Executor: ...


class TlsLink(Link):
    """One connection's TLS. Its sink is told ``secured`` before the first frame, or ``not_secured``."""

    _cipher = bytearray(READ_BYTES)
    _cipher_view = memoryview(_cipher)

    __slots__ = (
        "_closing",
        "_door",
        "_ends",
        "_handshake_bytes",
        "_held_back",
        "_hello",
        "_incoming",
        "_outgoing",
        "_pumping",
        "_secured",
        "_ssl",
        "_stepping",
        "_unread",
        "_whole",
    )  # fmt: skip

    def __init__(self, sink: FrameSink, frame_limit: int, loop: Loop, door: Door, turns: Turns | None = None) -> None:
        super().__init__(sink, frame_limit, loop, turns)
        self._door = door
        self._ssl: ssl.SSLObject | None = None
        self._incoming: ssl.MemoryBIO | None = None
        self._outgoing: ssl.MemoryBIO | None = None
        self._hello = b""
        self._handshake_bytes = 0
        self._stepping = False
        self._held_back = False
        self._secured = False
        self._closing = False
        self._pumping = False
        self._unread: memoryview | bytes = b""
        self._ends = RecordEnds()
        self._whole = False
        """OpenSSL may have a whole record that was not read."""

    # --- what asyncio calls -------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._cipher_view if self._secured else self._cipher_view[:HELLO_BYTES_MAX]

    def buffer_updated(self, nbytes: int) -> None:
        if self._closing:
            return
        if not self._secured:
            self._handshake(bytes(self._cipher_view[:nbytes]))
            return
        # Nothing is left of the read before: the transport is held back while something is.
        self._unread = self._cipher_view[:nbytes]
        self._read_records()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._closing = True
        self._unread = b""
        super().connection_lost(exc)

    # --- handshake ----------------------------------------------------------------------------------------------------

    def _handshake(self, data: bytes) -> None:
        self._ends.skip(data)
        self._hello += data
        self._handshake_bytes += len(data)
        if self._stepping:
            return
        if self._handshake_bytes > HANDSHAKE_BYTES_MAX:
            self._fail(f"more than {HANDSHAKE_BYTES_MAX} bytes came in a TLS handshake")
            return
        if self._ssl is None:
            if self._hello[0] != _HANDSHAKE:
                self._fail("what came to a TLS listener is not TLS")
                return
            if len(self._hello) < 5 or len(self._hello) < 5 + int.from_bytes(self._hello[3:5], "big"):
                if len(self._hello) >= HELLO_BYTES_MAX:
                    self._fail("a TLS record is longer than TLS allows")
                return
        self._step()

    def _step(self) -> None:
        """Have a thread go on with what came."""
        data, self._hello = self._hello, b""
        self._stepping = True
        self._hold_back()
        self._loop.run_in_executor(self._door.threads, self._advance, data).add_done_callback(self._stepped)

    def _advance(self, data: bytes) -> tuple[bool, str | None, bytes, float]:
        """In a thread: whether the handshake is done, why it failed, what is to be sent, and what that cost."""
        began = thread_time()
        if self._closing:
            return False, "the client left", b"", 0.0
        if self._ssl is None:
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._ssl = self._door.context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        assert self._incoming is not None and self._outgoing is not None  # noqa: PT018 - made together
        self._incoming.write(data)
        done, why = True, None
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            done = False
        except (ssl.SSLError, ValueError) as error:
            done, why = False, _reason(error)
        return done, why, self._outgoing.read(), thread_time() - began

    def _stepped(self, future: Any) -> None:
        self._stepping = False
        if self._closing or self._transport is None:
            return
        if future.cancelled() or future.exception() is not None:
            self._fail("the TLS handshake could not be done")
            return
        done, why, out, took_s = future.result()
        self._sink.handshake_took(took_s)
        if out:
            self._transport.write(out)
        if why is not None:
            self._fail(f"TLS handshake: {why}")
            return
        if done:
            assert self._ssl is not None
            self._secured = self._whole = True
            self.last_read = self._loop.time()
            self._sink.secured(self._ssl.getpeercert(binary_form=True))
            if self._closing:
                return
        if not done and self._hello:
            self._step()
            return
        if not self._reading_paused:
            self._go_on()

    def _fail(self, reason: str) -> None:
        self._closing = True
        self._hello = b""
        self._sink.not_secured(reason)
        if self._transport is not None:
            self._transport.close()

    # --- what comes in ------------------------------------------------------------------------------------------------

    def _read_records(self) -> None:
        """Decrypt what is there, and hand it on, until reading is paused or nothing is left."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while not self._reading_paused and not self._closing:
                buffer = super().get_buffer(-1)
                count, ended = self._fill(buffer)
                if count:
                    super().buffer_updated(count)
                if ended:
                    self.close()
                if not count:
                    break
        except (ssl.SSLError, ValueError) as error:
            self._sink.not_secured(f"TLS: {_reason(error)}")
            self.abort()
        finally:
            self._pumping = False
            # The shared buffer is another connection's next.
            self._unread = bytes(self._unread) if self._unread and not self._closing else b""

    def _fill(self, buffer: memoryview) -> tuple[int, bool]:
        """Decrypt into ``buffer``: how many bytes came, and whether the peer has ended."""
        assert self._ssl is not None and self._incoming is not None  # noqa: PT018 - made together
        read, incoming = self._ssl.read, self._incoming
        filled, size = 0, len(buffer)
        while filled < size:
            if not self._whole:
                unread = self._unread
                if not unread:
                    break
                end, self._whole = self._ends.next(unread)
                incoming.write(unread[:end])
                self._unread = unread[end:]
                continue
            try:
                count: int = read(size - filled, buffer[filled:])  # type: ignore[assignment]
            except ssl.SSLWantReadError:  # a record that is none of data
                self._whole = False
                continue
            except ssl.SSLZeroReturnError:
                return filled, True
            if not count:
                return filled, True
            filled += count
            if filled < size and not incoming.pending:
                self._whole = False
        return filled, False

    def pause_reading(self) -> None:
        if self._transport is not None:
            self._reading_paused = True
            self._hold_back()

    def resume_reading(self) -> None:
        if self._transport is None or not self._reading_paused or self._refused:
            return
        self._reading_paused = False
        self._filled_before = self._filled
        self.last_read = self.frame_began = self._loop.time()
        # Not now: whoever resumes may be in the middle of something.
        self._loop.call_soon(self._go_on)

    def _hold_back(self) -> None:
        """Have the transport read nothing."""
        if not self._held_back and self._transport is not None and not self._transport.is_closing():
            self._held_back = True
            self._transport.pause_reading()

    def _go_on(self) -> None:
        """What was read comes before what is still to be read."""
        if self._stepping or self._closing:
            return
        if self._secured:
            self._read_records()
        if self._held_back and not self._reading_paused and not self._closing and self._transport is not None and not self._transport.is_closing():
            self._held_back = False
            self._transport.resume_reading()

    # --- what goes out ------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        if not self._rest.size and not self._is_stopped:
            super()._send()
            return
        chunks, self._out, self._out_size = self._out, [], 0
        if chunks and self._transport is not None:
            self._queue(chunks)

    def send_slice(self) -> bool:
        goes_on = super().send_slice()
        if self._closing and not self._rest.size:
            self._say_goodbye()
        return goes_on

    def _give_slice(self, slice_: list[memoryview]) -> None:
        self._give(slice_)  # which copies as it encrypts

    def _give(self, chunks: list[Any]) -> None:
        """Encrypt and send."""
        plain = deque(memoryview(chunk).cast("B") for chunk in chunks if len(chunk))
        try:
            while plain and self._transport is not None and self._ssl is not None and self._outgoing is not None:
                self._ssl.write(_next_piece(plain))
                self._transport.write(self._outgoing.read())
        except (ssl.SSLError, ValueError) as error:
            self._sink.not_secured(f"TLS: {_reason(error)}")
            self.abort()

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        if self._transport is None:
            return
        if not self._secured:
            self._closing = True
            self._transport.close()
            return
        self._send()
        if not self._closing:
            self._closing = True
            if not self._rest.size:
                self._say_goodbye()

    def _say_goodbye(self) -> None:
        """Nothing is left to send: tell the peer that this is the end, not a cut."""
        if self._ssl is not None and self._outgoing is not None and self._transport is not None and not self._transport.is_closing():
            try:
                self._ssl.unwrap()
            except (ssl.SSLError, ValueError):
                pass  # it wants to hear the peer say the same, which nobody waits for
            farewell = self._outgoing.read()
            if farewell:
                self._transport.write(farewell)
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        self._closing = True
        super().abort()


def _reason(error: Exception) -> str:
    """Why, in OpenSSL's words, for people."""
    verified = getattr(error, "verify_message", None)
    if verified:
        return f"the client's certificate: {verified}"
    return str(getattr(error, "reason", None) or error).replace("_", " ").lower()


def _next_piece(plain: deque[memoryview]) -> memoryview | bytes:
    """Small buffers together, for a record each would cost more than to copy them; of a large one its next part."""
    first = plain.popleft()
    if len(first) > SEAL_BYTES:
        plain.appendleft(first[SEAL_BYTES:])
        return first[:SEAL_BYTES]
    if not plain or len(first) + len(plain[0]) > SEAL_BYTES:
        return first
    together, size = [first], len(first)
    while plain and size + len(plain[0]) <= SEAL_BYTES:
        together.append(plain.popleft())
        size += len(together[-1])
    return b"".join(together)
