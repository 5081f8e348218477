"""How much of answers that nobody has taken yet the process holds, and how much more one fetch may bring.

A client that asks for 50 MiB and does not read them would have the broker hold them; a thousand such, or as many honest ones behind slow lines, would have it hold
more than there is. So a fetch is given at most half of what is free: the first few as much as they ask for, the others less and less, and one batch
where nothing is free, for a reader must always get on (KIP-74). Clients take it as any answer that has less than they asked for, and ask again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

UNLIMITED: Final = 1 << 62


class AnswerRoom:
    """``used`` are bytes of answers that are made and not taken, ``being_read`` those that reads from the store are about to bring."""

    __slots__ = ("being_read", "limit", "used")

    def __init__(self, limit: int = UNLIMITED) -> None:
        self.limit = limit
        self.used = 0
        self.being_read = 0

    def most(self, wanted: int) -> int:
        """How many of the bytes ``wanted`` an answer may have now; at least 1, which is as much as one batch."""
        return max(1, min(wanted, (self.limit - self.used - self.being_read) // 2))

    @property
    def is_scarce(self) -> bool:
        """Less than an eighth is free: who sits on its answers is in the way of others."""
        return self.used > self.limit - self.limit // 8

    def take(self, size: int) -> None:
        """An answer waits to be taken."""
        self.used += size

    def give_back(self, size: int) -> None:
        """So much of answers was taken, or is not wanted any more."""
        self.used -= size

    @contextmanager
    def reading(self, size: int) -> Iterator[None]:
        """So much is being read while the block runs."""
        self.being_read += size
        try:
            yield
        finally:
            self.being_read -= size
