"""How fast something was used of late: the sum over a number of short windows, the last of them still open.

As in Kafka, the rate is over the whole windows and the part of the open one, so that a burst may use at once what its quota gives in all of them.
"""

from dataclasses import dataclass
from typing import Final

THROTTLE_MAX_MS: Final = (1 << 31) - 1
"""The longest time that an answer can tell."""


@dataclass(frozen=True, slots=True)
class WindowShape:
    """``count`` windows of ``size_ms`` each, the open one among them."""

    count: int = 11
    size_ms: int = 1000

    @property
    def whole_s(self) -> float:
        """What the windows without the open one cover; at least one."""
        return self.whole * self.size_ms / 1000

    @property
    def whole(self) -> int:
        """How many windows there are without the open one: one is needed, or nothing would be remembered when the next is opened."""
        return max(1, self.count - 1)


class RateWindow:
    """``shape`` says what the windows are; those with nothing in them take no memory."""

    __slots__ = ("_shape", "_slots", "_total", "last_ms")

    def __init__(self, shape: WindowShape) -> None:
        self._shape = shape
        self._slots: list[tuple[int, float]] = []
        self._total = 0.0
        self.last_ms = 0

    def add(self, amount: float, now_ms: int) -> None:
        """Something was used. A clock that runs back adds to the window that is open."""
        self._forget(now_ms)
        slots, slot = self._slots, now_ms // self._shape.size_ms
        if slots and slots[-1][0] >= slot:
            slots[-1] = (slots[-1][0], slots[-1][1] + amount)
        else:
            slots.append((slot, amount))
        self._total += amount
        self.last_ms = max(self.last_ms, now_ms)

    def throttle_ms(self, bound: float, now_ms: int) -> int:
        """How long nothing must be used for the rate to be back at ``bound``: 0 when it is not above."""
        self._forget(now_ms)
        if self._total <= 0:
            return 0
        shape = self._shape
        oldest_ms = (now_ms // shape.size_ms - shape.whole) * shape.size_ms
        window_ms = now_ms - oldest_ms
        rate = self._total * 1000 / window_ms
        if rate <= bound:
            return 0
        return min(THROTTLE_MAX_MS, max(1, round((rate - bound) / bound * window_ms)))

    def _forget(self, now_ms: int) -> None:
        """Let go of windows that are over, and of rounding with the last of them."""
        slots = self._slots
        oldest = now_ms // self._shape.size_ms - self._shape.whole
        while slots and slots[0][0] < oldest:
            self._total -= slots.pop(0)[1]
        if not slots:
            self._total = 0.0


