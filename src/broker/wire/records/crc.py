"""CRC-32C (Castagnoli), the checksum of record batches and of our own stored formats.

`crc32c` is preferred: it reads any buffer without a copy. `google-crc32c` stands in where that package is not
wanted (it is LGPL); it takes only `bytes`, so a memoryview costs a copy there.
"""

from collections.abc import Callable

Buffer = bytes | bytearray | memoryview
Checksum = Callable[[Buffer, int], int]


def from_crc32c() -> Checksum:
    """The checksum of the `crc32c` package, or ImportError."""
    from crc32c import crc32c as native

    return native


def from_google_crc32c() -> Checksum:
    """The checksum of the `google-crc32c` package, or ImportError."""
    from google_crc32c import extend  # type: ignore[import-not-found,unused-ignore]

    def extended(buf: Buffer, crc: int = 0) -> int:
        return int(extend(crc, bytes(buf)))

    return extended


def _load() -> Checksum:
    try:
        return from_crc32c()
    except ImportError:
        return from_google_crc32c()


_native = _load()


def crc32c(buf: Buffer, crc: int = 0) -> int:
    """The unsigned CRC-32C of `buf`; pass an earlier result as `crc` to go on from there."""
    return _native(buf, crc)
