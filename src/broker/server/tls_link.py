"""TLS under a connection: frames in and buffers out as on any link, ciphertext on the wire.

The handshake is done in threads, a step at a time, so that keys and certificates are never worked on by the event loop; before a client's first
message is whole, nothing is kept for it but that message. From then on the loop encrypts and decrypts by itself, which is quicker than to hand over.

Memory: ciphertext is read into a buffer that all connections share, and given to OpenSSL a record's worth at a time. What was read and may not be looked
at yet, because reading is paused, is at most one read. What is to be sent is encrypted only as far as the peer takes it.
"""

import ssl
from collections import deque
from concurrent.futures import Executor
from typing import Any, Final, Protocol

from broker.server.transport import FrameSink, Link, Loop

READ_BYTES: Final = 64 * 1024
FEED_BYTES: Final = 16 * 1024
"""OpenSSL's buffer of what comes in keeps the size that it once had."""
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
        "_closing", "_congested", "_door", "_handshake_bytes", "_hello", "_incoming", "_outgoing", "_plain", "_plain_size", "_pumping", "_rest",
        "_secured", "_ssl", "_stepping",
    )  # fmt: skip

    def __init__(self, sink: FrameSink, frame_limit: int, loop: Loop, door: Door) -> None:
        super().__init__(sink, frame_limit, loop)
        self._door = door
        self._ssl: ssl.SSLObject | None = None
        self._incoming: ssl.MemoryBIO | None = None
        self._outgoing: ssl.MemoryBIO | None = None
        self._hello = b""
        self._handshake_bytes = 0
        self._stepping = False
        self._secured = False
        self._closing = False
        self._congested = False
        self._pumping = False
        self._rest: memoryview | bytes = b""
        self._plain: deque[memoryview] = deque()
        self._plain_size = 0

    # --- what asyncio calls -------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._cipher_view if self._secured else self._cipher_view[:HELLO_BYTES_MAX]

    def buffer_updated(self, nbytes: int) -> None:
        if self._closing:
            return
        if not self._secured:
            self._handshake(bytes(self._cipher_view[:nbytes]))
            return
        # Nothing is left of the read before: reading is paused while something is.
        self._rest = self._cipher_view[:nbytes]
        self._read_records()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._closing = True
        self._rest = b""
        self._plain.clear()
        self._plain_size = 0
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._congested = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self._congested = False
        self._seal()
        if not self._congested:
            super().resume_writing()

    # --- handshake ----------------------------------------------------------------------------------------------------

    def _handshake(self, data: bytes) -> None:
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
        self._pause_transport()
        self._loop.run_in_executor(self._door.threads, self._advance, data).add_done_callback(self._stepped)

    def _advance(self, data: bytes) -> tuple[bool, str | None, bytes]:
        """In a thread: whether the handshake is done, why it failed, and what is to be sent."""
        if self._closing:
            return False, "the client left", b""
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
        return done, why, self._outgoing.read()

    def _stepped(self, future: Any) -> None:
        self._stepping = False
        if self._closing or self._transport is None:
            return
        if future.cancelled() or future.exception() is not None:
            self._fail("the TLS handshake could not be done")
            return
        done, why, out = future.result()
        if out:
            self._transport.write(out)
        if why is not None:
            self._fail(f"TLS handshake: {why}")
            return
        if done:
            assert self._ssl is not None
            self._secured = True
            self.last_read = self._loop.time()
            self._sink.secured(self._ssl.getpeercert(binary_form=True))
            if self._closing:
                return
        if not done and self._hello:
            self._step()
            return
        self._resume_transport()
        if done and not self._reading_paused:
            self._read_records()

    def _fail(self, reason: str) -> None:
        self._closing = True
        self._hello = b""
        self._sink.not_secured(reason)
        if self._transport is not None:
            self._transport.close()

    def _pause_transport(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume_transport(self) -> None:
        if self._transport is not None and not self._transport.is_closing() and not self._reading_paused:
            self._transport.resume_reading()

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
            self._rest = bytes(self._rest) if self._rest and not self._closing else b""

    def _fill(self, buffer: memoryview) -> tuple[int, bool]:
        """Decrypt into ``buffer``: how many bytes came, and whether the peer has ended."""
        assert self._ssl is not None and self._incoming is not None  # noqa: PT018 - made together
        read, pending, incoming = self._ssl.read, self._ssl.pending, self._incoming
        filled, size = 0, len(buffer)
        while filled < size:
            if not incoming.pending and not pending():
                # An empty record's worth may be within OpenSSL still, but then more of it is to come.
                if not self._rest:
                    break
                incoming.write(self._rest[:FEED_BYTES])
                self._rest = self._rest[FEED_BYTES:]
            try:
                count: int = read(size - filled, buffer[filled:])  # type: ignore[assignment]
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLZeroReturnError:
                return filled, True
            if not count:
                return filled, True
            filled += count
        return filled, False

    def resume_reading(self) -> None:
        was_paused = self._reading_paused
        super().resume_reading()
        if was_paused and not self._reading_paused and self._secured:
            # Not now: whoever resumes may be in the middle of something.
            self._loop.call_soon(self._read_records)

    # --- what goes out ------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        chunks = self._out
        if not chunks or self._transport is None:
            return
        self._plain.extend(memoryview(chunk).cast("B") for chunk in chunks if len(chunk))
        self._plain_size += self._out_size
        self._out, self._out_size = [], 0
        self._seal()

    def _seal(self) -> None:
        """Encrypt and send as much as the peer takes."""
        plain = self._plain
        try:
            while plain and not self._congested and self._transport is not None and self._ssl is not None and self._outgoing is not None:
                piece = self._next_piece()
                self._plain_size -= len(piece)
                self._ssl.write(piece)
                self._transport.write(self._outgoing.read())
        except (ssl.SSLError, ValueError) as error:
            self._sink.not_secured(f"TLS: {_reason(error)}")
            self.abort()
            return
        if self._closing and not plain:
            self._say_goodbye()

    def _next_piece(self) -> memoryview | bytes:
        """Small buffers together, for a record each would cost more than to copy them; of a large one its next part."""
        plain = self._plain
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

    @property
    def unsent(self) -> int:
        return super().unsent + self._plain_size

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
            if not self._plain:
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

