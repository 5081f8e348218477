"""Rule: when does a broker of a cluster make a group of what is queued, and does the catalog keep its bytes or the store?

Storing costs money and time by the object, not by the byte; waiting costs the producers. Several groups may be on their way at once.

F1  No more than ``slots`` groups are on their way, nor more than ``slots`` times ``flush_bytes`` bytes.
F2  As much as an object holds (``flush_bytes``), or what has waited for ``age_s``, goes at once.
F3  What is small (``inline_bytes``) goes to the catalog at once, as long as that has not been given more than ``inline_bytes_per_second``. One such
    group is on its way at a time: while it is, the next one gathers, and a quiet broker answers in milliseconds.
F4  Everything else goes as soon as it has waited for a moment (``LINGER_S``, in which those who send together come together) and the budget of
    ``puts_per_second`` has room. F2 overdraws that budget; then F4 waits until it is paid.
"""

from math import inf
from typing import Final

from broker.model import value

LINGER_S: Final = 0.005
"""Little beside what an upload takes."""

_AT_ONCE_S: Final = 0.0001
"""Less than this is not worth a wait, nor can clocks tell it from nothing for ever."""

BURST_S: Final = 0.5
"""A budget that was not used is kept for so long."""


@value
class FlushLimits:
    """``puts_per_second`` 0: no bound. ``inline_bytes`` 0: nothing goes to the catalog."""

    flush_bytes: int
    age_s: float
    slots: int
    puts_per_second: float = 0
    inline_bytes: int = 0
    inline_bytes_per_second: float = 0


@value
class OnTheWay:
    """Groups that were begun and are not yet answered."""

    groups: int
    bytes: int
    inline: int
    """How many of the groups the catalog keeps."""


class FlushPolicy:
    """Keeps the two budgets. Times are in seconds, of a clock of the caller's that never runs back."""

    def __init__(self, limits: FlushLimits) -> None:
        self.limits = limits
        self._puts = _Budget(limits.puts_per_second, max(1.0, limits.puts_per_second * BURST_S)) if limits.puts_per_second else None
        rate = limits.inline_bytes_per_second
        self._inline = _Budget(rate, max(float(limits.inline_bytes), rate * BURST_S))

    def is_full(self, queued_bytes: int, way: OnTheWay) -> bool:
        """F1: nothing goes before something on its way has arrived."""
        limits = self.limits
        if not way.groups:
            return False
        return way.groups >= limits.slots or way.bytes + min(queued_bytes, limits.flush_bytes) > limits.slots * limits.flush_bytes

    def wait_s(self, now: float, queued_bytes: int, oldest: float, way: OnTheWay) -> float:
        """With so many bytes queued, the oldest since ``oldest``: 0 when a group is to be made now, else how long to wait at most, unless
        F2 asks for one before, or something arrives."""
        limits = self.limits
        if self.is_full(queued_bytes, way):
            return inf
        age = now - oldest
        left = limits.age_s - age
        if queued_bytes >= limits.flush_bytes or left <= _AT_ONCE_S:
            return 0
        if self._fits_inline(now, queued_bytes):
            return left if way.inline else 0
        wait = LINGER_S - age
        if self._puts is not None:
            wait = max(wait, self._puts.ready_in(now, 1))
        wait = min(wait, left)
        return wait if wait > _AT_ONCE_S else 0

    def goes_inline(self, now: float, size: int, way: OnTheWay) -> bool:
        """Whether the catalog keeps the group of ``size`` bytes that is made now. It counts against one of the budgets from here on."""
        if not way.inline and self._fits_inline(now, size):
            self._inline.take(now, size)
            return True
        if self._puts is not None:
            self._puts.take(now, 1)
        return False

    def _fits_inline(self, now: float, size: int) -> bool:
        return size <= self.limits.inline_bytes and self._inline.ready_in(now, size) <= 0


class _Budget:
    """So much a second. What is taken beyond it is paid back before there is more, but never more than ``room`` of it."""

    __slots__ = ("_at", "_left", "_rate", "_room")

    def __init__(self, rate: float, room: float) -> None:
        self._rate = rate
        self._room = room
        self._left = room if rate else 0.0
        self._at = -inf

    def ready_in(self, now: float, amount: float) -> float:
        """Seconds until ``amount`` may be taken."""
        self._refill(now)
        missing = amount - self._left
        if missing <= 0:
            return 0.0
        return missing / self._rate if self._rate else inf

    def take(self, now: float, amount: float) -> None:
        self._refill(now)
        self._left = max(self._left - amount, -self._room)

    def _refill(self, now: float) -> None:
        if now > self._at:
            if self._rate and self._at > -inf:
                self._left = min(self._left + (now - self._at) * self._rate, self._room)
            self._at = now
