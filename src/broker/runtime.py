"""How the interpreter and the C library are set up for a broker's process: once, before it serves."""

import contextlib
import ctypes
import sys
from typing import Final

SWITCH_S: Final = 0.0005
"""After so long a thread gives the interpreter to another that waits for it. Worker threads look through what clients send, some of which is made to take
seconds; with Python's own five milliseconds the event loop would be that late for each thing it does meanwhile."""

MAPPED_BYTES: Final = 4 << 20
"""Memory of this size and above is given back to the system as soon as it is free. Left alone, the C library learns from the first large pieces to keep such,
for each thread, and then keeps what a few batches once unpacked to."""

TRIMMED_BYTES: Final = 16 << 20
"""So much free memory at an end of the heap is kept for what comes next."""

ARENAS: Final = 2
"""Heaps of the C library; it would give each thread one, and each keeps what it once needed. The interpreter's lock leaves them little to do at once."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Numbers of glibc's mallopt."""


def prepare() -> None:
    """Settle both. Where the C library is another one, it keeps its own ways."""
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):
            settle = ctypes.CDLL(None).mallopt
            settle(_M_MMAP_THRESHOLD, MAPPED_BYTES)
            settle(_M_TRIM_THRESHOLD, TRIMMED_BYTES)
            settle(_M_ARENA_MAX, ARENAS)
