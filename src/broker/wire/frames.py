"""Length-prefixed frames out of a stream of bytes, for clients and tests. Sans-IO: bytes in, frames out.

The broker's own listener cuts frames inside its transport, without copying; this is the plain form of the same rules.
"""

import struct
from typing import Final

from broker.wire.errors import DecodeError

PREFIX_BYTES: Final = 4
DEFAULT_MAX_FRAME_BYTES: Final = 100 * 1024 * 1024
_PREFIX: Final = struct.Struct(">i")


class FrameReader:
    """Collects bytes until a frame is whole.

    A prefix that is negative or above `max_frame_bytes` is refused with DecodeError as soon as it is seen, before any of the
    frame is collected; the stream cannot be resynchronised, so every later call is refused as well.
    """

    def __init__(self, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()
        self._refusal: str | None = None

    @property
    def buffered(self) -> int:
        """Bytes received and not yet handed out."""
        return len(self._buffer)

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Takes bytes as they come."""
        self._buffer += data

    def next_frame(self) -> memoryview | None:
        """The next frame without its prefix, or None when more bytes are needed."""
        if self._refusal is not None:
            raise DecodeError(self._refusal)
        if len(self._buffer) < PREFIX_BYTES:
            return None
        size: int = _PREFIX.unpack_from(self._buffer)[0]
        if size < 0 or size > self._max_frame_bytes:
            self._refusal = (
                f"negative frame length {size}"
                if size < 0
                else f"frame of {size} bytes exceeds {self._max_frame_bytes}"
            )
            self._buffer.clear()
            raise DecodeError(self._refusal)
        stop = PREFIX_BYTES + size
        if len(self._buffer) < stop:
            return None
        frame = bytes(self._buffer[PREFIX_BYTES:stop])
        del self._buffer[:stop]
        return memoryview(frame)


def frame(*parts: bytes | bytearray | memoryview) -> bytes:
    """One frame made of the parts, prefix included."""
    return _PREFIX.pack(sum(map(len, parts))) + b"".join(parts)
