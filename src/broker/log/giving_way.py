"""Rule: for how much of the time far reads may go on beside producers.

What they cost producers is not known beforehand: nothing, where there are cores and disks to spare, much where there are not. So it is seen from
commits. Of those that nobody read beside, one in a hundred takes longer than some time, which is tracked: the 99th percentile that producers have anyway. Of those that somebody read
beside, more may take noticeably longer. Reads get so large a part of the time that of all commits no more than one in a hundred does.

It is assumed at first that reads disturb, and with the time ever less, unless commits go on to show it: where there are few, a reader need not wait for long until there were
enough.
"""

from typing import Final

ORDINARY: Final = 0.99
"""The part of commits that is ordinary, while nobody reads."""

NOTICED: Final = 1.1
"""What takes so many times as long as what is ordinary was made slow; nearly nothing is while nobody reads."""

SLOWED: Final = 0.003
"""The part of all commits that may be made slow by reads, where nobody says otherwise."""

BY_THEMSELVES: Final = 0.004
"""The part that is slow without."""

LEAST_SHARE: Final = 0.05
"""Reads always get so much of the time."""

SLOW_AT_FIRST: Final = 0.05
TRUST_S: Final = 120.0
"""In so much time of reading, without evidence, about two thirds of a suspicion are gone."""

_STEP: Final = 0.02
_WEIGHT: Final = 0.002


class GivingWay:
    """Owns what commits have shown. Times in seconds, from any clock that never runs back."""

    __slots__ = ("_slowed", "slow", "threshold_s")

    def __init__(self, slowed: float = SLOWED) -> None:
        """``slowed``: the part of all commits that may be made slow by reads; with 1 reads have all of the time."""
        self._slowed = slowed
        self.threshold_s = 0.0
        """What ORDINARY of the commits do not exceed; 0: none was seen yet."""
        self.slow = SLOW_AT_FIRST
        """The part of commits beside reads that takes noticeably longer."""

    def alone(self, took_s: float) -> None:
        """A commit took so long, and nobody read."""
        if took_s > self.threshold_s:
            self.threshold_s = self.threshold_s * (1 + _STEP * ORDINARY) if self.threshold_s else took_s
        else:
            self.threshold_s *= 1 - _STEP * (1 - ORDINARY)

    def beside(self, took_s: float) -> None:
        """A commit took so long beside a read."""
        if self.threshold_s:
            self.slow += ((took_s > self.threshold_s * NOTICED) - self.slow) * _WEIGHT

    def read_for(self, seconds: float) -> None:
        """Somebody read for so long."""
        self.slow += (BY_THEMSELVES - self.slow) * min(seconds / TRUST_S, 1.0)

    @property
    def share(self) -> float:
        """The part of the time that reads may take."""
        made_slow = self.slow - BY_THEMSELVES
        return 1.0 if made_slow <= self._slowed else max(self._slowed / made_slow, LEAST_SHARE)
