"""Memory that another process writes and this one hands out as it is: mapped once, lent for one answer after the other.

Mapping memory anew for each answer costs more than everything else that the broker does for it: half a millisecond a megabyte, most of it page tables.
A region is lent until the last view of it is gone, so what a client does not take holds one; who finds none free has memory made for that answer alone.
"""

import ctypes
import mmap
import os
import weakref
from collections import deque
from typing import Final

REGION_BYTES: Final = 8 << 20
REGIONS_MAX: Final = 16
"""As many descriptors as go over a socket at once."""


class FarMemory:
    """Owns the regions of one process. Pages are there once they were written."""

    def __init__(self, total_bytes: int, region_bytes: int = REGION_BYTES) -> None:
        self.region_bytes = region_bytes
        self.descriptors: list[int] = []
        self._maps: list[mmap.mmap] = []
        self._free: deque[int] = deque()
        self._array = ctypes.c_ubyte * region_bytes
        for number in range(min(total_bytes // region_bytes, REGIONS_MAX)):
            memory = os.memfd_create("penstock-far-region", os.MFD_CLOEXEC)
            self.descriptors.append(memory)
            os.ftruncate(memory, region_bytes)
            self._maps.append(mmap.mmap(memory, region_bytes))
            self._free.append(number)

    @property
    def free(self) -> int:
        """How many regions are lent to nobody."""
        return len(self._free)

    def lend(self) -> int | None:
        """A region to be written, None when all are lent. The one used last comes first: its pages are there."""
        return self._free.pop() if self._free else None

    def give_back(self, number: int) -> None:
        """It was not written, and will not be."""
        self._free.append(number)

    def view(self, number: int, size: int) -> memoryview:
        """The first ``size`` bytes of a region that was lent and written; it is given back when this view, and all that are made of it, are gone."""
        lent = self._array.from_buffer(self._maps[number])
        weakref.finalize(lent, self._free.append, number).atexit = False
        return memoryview(lent).cast("B")[:size].toreadonly()

    def close(self) -> None:
        """The process is gone. Views that are left keep their memory."""
        for memory in self.descriptors:
            os.close(memory)
        self.descriptors.clear()
        self._maps.clear()
