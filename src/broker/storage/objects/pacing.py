"""Rules: how many requests a store is sent at once, when one is tried again, and when a second one is sent beside a slow one.

P1  Throttling makes requests fewer and slower, at once; it never makes them end. What succeeds makes them more again, slowly.
P2  The requests of one burst that are all told to slow down count as told once.
P3  A second request beside a slow one (a hedge) is sent only while the store is well, and for at most one in ten requests.
P4  Between two tries passes a time that grows, and of which a random part is taken: brokers that failed together do not come back together.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

_COOL_DOWN_S: Final = 1.0
_SAMPLES: Final = 128
_SAMPLES_NEEDED: Final = 16
_HEDGES_SAVED_UP: Final = 4.0
_HEDGES_A_REQUEST: Final = 0.1
_PAUSE_FIRST_S: Final = 0.02
_PAUSE_MOST_S: Final = 2.0


@dataclass(slots=True)
class Pace:
    """How many requests may be under way (P1, P2): one more for each round of successes, half as many when told to slow down.

    ``pause_s`` is how long each request waits before it is sent."""

    most: int
    slots: float = field(init=False)
    pause_s: float = field(init=False, default=0.0)
    _slowed_at: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self.slots = float(self.most)

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return max(1, int(self.slots))

    def succeeded(self) -> None:
        """A request came through."""
        self.slots = min(float(self.most), self.slots + 1.0 / max(self.slots, 1.0))
        self.pause_s = self.pause_s * 0.8 if self.pause_s > _PAUSE_FIRST_S / 8 else 0.0

    def throttled(self, now_s: float) -> None:
        """A request was told to slow down."""
        if now_s - self._slowed_at < _COOL_DOWN_S and self.slots <= 1.0:
            self.pause_s = min(_PAUSE_MOST_S, max(self.pause_s, _PAUSE_FIRST_S) * 1.2)
        if now_s - self._slowed_at >= _COOL_DOWN_S:
            self._slowed_at = now_s
            self.slots = max(1.0, self.slots / 2)
            self.pause_s = min(_PAUSE_MOST_S, max(self.pause_s * 2, _PAUSE_FIRST_S))

    def is_well(self, now_s: float) -> bool:
        """Whether the store has not complained for a while."""
        return now_s - self._slowed_at > 10 * _COOL_DOWN_S


class Hedging:
    """When a request is slow enough for a second one (P3): slower than 95 of 100 recent ones."""

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self._recent: deque[float] = deque(maxlen=_SAMPLES)
        self._saved_up = 1.0
        self._after: float | None = None
        self._since = 0

    def observed(self, seconds: float) -> None:
        """How long a request took."""
        self._recent.append(seconds)
        self._saved_up = min(_HEDGES_SAVED_UP, self._saved_up + _HEDGES_A_REQUEST)
        self._since += 1
        if len(self._recent) >= _SAMPLES_NEEDED and (self._after is None or self._since >= _SAMPLES_NEEDED):
            self._since = 0
            self._after = max(self._least_s, sorted(self._recent)[int(len(self._recent) * 0.95)])

    @property
    def after_s(self) -> float | None:
        """How long to wait for an answer before a second request goes out; None: none does."""
        return self._after if self._saved_up >= 1.0 else None

    def hedged(self) -> None:
        """A second request goes out."""
        self._saved_up -= 1.0


@dataclass(slots=True)
class Attempts:
    """The tries of one request (P4), until ``give_up_s`` have passed."""

    give_up_s: float
    first_s: float = 0.05
    most_s: float = 3.0
    failures: int = 0

    def delay(self, elapsed_s: float, chance: float) -> float | None:
        """How long to wait before the next try, given a random ``chance`` from 0 to 1; None when it is time to give up."""
        limit = min(self.most_s, self.first_s * 2.0**self.failures)
        self.failures += 1
        wait = limit * (0.25 + 0.75 * chance)
        return wait if elapsed_s + wait < self.give_up_s else None
