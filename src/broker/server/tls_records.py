"""Where TLS records end in what a peer sends (RFC 8446 section 5.1): a type, a version, and the length of what follows.

OpenSSL is given whole records and asked once for each: what it is asked for in the middle of one costs more than to decrypt a third of it.
"""

from typing import Final

HEADER_BYTES: Final = 5
CONTENT_BYTES_MAX: Final = 16_384 + 256
"""Of a record, with what encryption adds."""


class RecordEnds:
    """Goes through a stream piece by piece, wherever it is cut."""

    __slots__ = ("_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    def next(self, data: memoryview | bytes) -> tuple[int, bool]:
        """How many bytes of ``data`` are of the record under way, and whether it ends there. One that is longer than records may be ends at once: so it comes
        before OpenSSL, which refuses it."""
        size, left = len(data), self._left
        if left:
            if size < left:
                self._left = left - size
                return size, False
            self._left = 0
            return left, True
        header = self._header
        if header or size < HEADER_BYTES:
            lacking = HEADER_BYTES - len(header)
            header += bytes(data[:lacking])
            if len(header) < HEADER_BYTES:
                self._header = header
                return size, False
            self._header = b""
            length = header[3] << 8 | header[4]
            end = lacking + length
        else:
            length = data[3] << 8 | data[4]
            end = HEADER_BYTES + length
        if length > CONTENT_BYTES_MAX:
            return size, True
        if end > size:
            self._left = end - size
            return size, False
        return end, True

    def skip(self, data: bytes) -> None:
        """Go on behind ``data``."""
        view = memoryview(data)
        while view:
            view = view[self.next(view)[0] :]
