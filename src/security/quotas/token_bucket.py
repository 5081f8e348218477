"""Tokens that come at a rate up to a burst: whoever finds any may take as many as needed, and then has to wait for what is missing (KIP-599)."""

from math import inf
from typing import Final

from security.quotas.rate_window import THROTTLE_MAX_MS, WindowShape

_ROUNDING: Final = 1e-6


class TokenBucket:
    """Full at first. ``shape`` says how many seconds' worth the burst is: all windows."""

    __slots__ = ("_shape", "_tokens", "last_ms")

    def __init__(self, shape: WindowShape) -> None:
        self._shape = shape
        self._tokens = inf
        self.last_ms = 0

    def take(self, amount: float, rate: float, now_ms: int) -> None:
        """Take tokens, whether there are any or not."""
        self._refill(rate, now_ms)
        self._tokens -= amount

    def has(self, amount: float, rate: float, now_ms: int) -> bool:
        """Whether there are so many."""
        self._refill(rate, now_ms)
        return self._tokens >= amount - _ROUNDING

    def missing_ms(self, rate: float, now_ms: int) -> int:
        """How long until there are none missing: 0 when there are none."""
        self._refill(rate, now_ms)
        if self._tokens >= -_ROUNDING:
            return 0
        if rate <= 0:
            return THROTTLE_MAX_MS
        return min(THROTTLE_MAX_MS, max(1, round(-self._tokens / rate * 1000)))

    def _refill(self, rate: float, now_ms: int) -> None:
        burst = rate * self._shape.count * self._shape.size_ms / 1000
        passed_ms = max(0, now_ms - self.last_ms)
        self._tokens = min(burst, self._tokens + rate * passed_ms / 1000)
        self.last_ms = max(self.last_ms, now_ms)
