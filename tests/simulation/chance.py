"""What the seed decides, and the record of what happened."""

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final, TypeVar

import anyio

Choice = TypeVar("Choice")

LINES_KEPT: Final = int(os.environ.get("PENSTOCK_SIMULATION_LINES", "60"))


class Violation(AssertionError):
    """Something that the broker promises did not hold."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How much goes wrong: probabilities for each call of storage, each frame, each second."""

    refuse: float
    """Storage says that it did nothing."""
    lose_reply: float
    """Storage did it, and the broker dies before it learns of it."""
    dawdle: float
    """Storage takes its time, before or after doing it."""
    cut: float
    """The connection ends with this frame, served or not."""
    crash_each_s: float
    """The broker dies, wherever it is."""


CALM: Final = Weather(0, 0, 0, 0, 0)
WEATHERS: Final = (
    CALM,
    Weather(refuse=0.01, lose_reply=0.002, dawdle=0.1, cut=0.005, crash_each_s=0.005),
    Weather(refuse=0.05, lose_reply=0.005, dawdle=0.3, cut=0.02, crash_each_s=0.02),
    Weather(refuse=0.15, lose_reply=0.0, dawdle=0.5, cut=0.0, crash_each_s=0.0),
    Weather(refuse=0.0, lose_reply=0.01, dawdle=0.2, cut=0.0, crash_each_s=0.1),
    Weather(refuse=0.02, lose_reply=0.0, dawdle=0.2, cut=0.05, crash_each_s=0.0),
    Weather(refuse=0.1, lose_reply=0.005, dawdle=0.3, cut=0.02, crash_each_s=0.1),
)


class Chance:
    """One seed's decisions, in the order they are asked for, and the trace of what came of them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.weather = self.random.choice(WEATHERS[1:])
        self.quiet = True
        """Nothing goes wrong while this is set."""
        self._digest = sha256()
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.events = 0

    def happens(self, probability: float) -> bool:
        """Whether it does. Faults are asked for by :meth:`fault`."""
        return self.random.random() < probability

    def fault(self, probability: float) -> bool:
        """The same for what goes wrong."""
        return not self.quiet and self.random.random() < probability

    def seconds(self, most: float) -> float:
        """A time, most often a short one."""
        return most * self.random.random() ** 3

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return self.random.choice(choices)

    def note(self, who: str, what: str) -> None:
        """Write down what happened."""
        line = f"{anyio.current_time():10.4f} {who}: {what}"
        self.events += 1
        self._digest.update(line.encode())
        self._lines.append(line)

    @property
    def digest(self) -> str:
        """Two runs that have the same took the same way."""
        return self._digest.hexdigest()

    @property
    def last_lines(self) -> list[str]:
        return list(self._lines)
