"""Rule: for how much of the time far reads may go on beside producers.

What they cost producers is not known beforehand: nothing, where there are cores and disks to spare, much where there are not. So it is seen from
commits. Of those that nobody read beside or shortly before, one in a hundred takes longer than some time, which is tracked: the 99th percentile that producers usually have anyway
(usually: when something else makes commits slow for some seconds, reads are not to add to it). Of those while there are readers, resting or not, more may take noticeably longer. Each that
does takes from the part of the time that reads have, each that does not gives a little back, in such a proportion that the two are even when as many are slow as may be. So nothing has to
be told apart that cannot be: what a commit was slowed by, and how long after a read it still may be.

It is assumed at first that reads disturb, and with the time ever less, unless commits go on to show it: where there are few, a reader need not wait for long until there were
enough.
"""

from collections import deque
from math import exp, log
from statistics import median_low
from typing import Final

NOTICED: Final = 1.1
"""What takes so many times as long as what is ordinary was made slow; nearly nothing is while nobody reads."""

SLOWED: Final = 0.003
"""The part of all commits that may be made slow by reads, where nobody says otherwise."""

BY_THEMSELVES: Final = 0.004
"""The part that is slow without."""

LEAST_SHARE: Final = 0.05
"""Reads always get so much of the time."""

SHARE_AT_FIRST: Final = 0.06
TRUST_S: Final = 20.0
"""After so much time of reading, without evidence, their part of the time is some three times as large."""

BLOCK: Final = 100
"""Of so many commits that nobody read beside the longest is taken, which is their 99th percentile; of fewer nothing is concluded."""

BLOCKS: Final = 9
"""The median of so many counts: what was before, with more to be written at a time or on other disks, is soon forgotten, and some seconds of something else are not noticed."""

_ALLOWED_MAX: Final = 0.99
_TAKEN: Final = 0.2
"""The part of what reads have that a slow commit takes."""

_MOST: Final = 2.0
"""What is gained beyond all of the time is lost first, so that some slow commits in a row are not enough where most are not."""


class GivingWay:
    """Owns what commits have shown. Times in seconds, from any clock that never runs back."""

    __slots__ = ("_block", "_given", "_share", "_taken", "_usual", "slowed", "threshold_s")

    def __init__(self, slowed: float = SLOWED) -> None:
        """``slowed``: the part of all commits that may be made slow by reads; with 1 reads have all of the time."""
        self.slowed = slowed
        self.threshold_s = 0.0
        """What one of a hundred commits usually exceeds; 0: too few were seen yet."""
        self._block: list[float] = []
        self._usual: deque[float] = deque(maxlen=BLOCKS)
        allowed = min(slowed + BY_THEMSELVES, _ALLOWED_MAX)
        self._taken = log(1 - _TAKEN)
        self._given = -self._taken * allowed / (1 - allowed)
        self._share = log(SHARE_AT_FIRST)

    def alone(self, took_s: float) -> None:
        """A commit took so long, and nobody had read for a while."""
        self._block.append(took_s)
        if len(self._block) >= BLOCK:
            self._usual.append(max(self._block))
            self._block.clear()
            self.threshold_s = median_low(self._usual)

    def beside(self, took_s: float) -> None:
        """A commit took so long while there were readers."""
        if self.threshold_s:
            self._grow(self._taken if took_s > self.threshold_s * NOTICED else self._given)

    def read_for(self, seconds: float) -> None:
        """Somebody read for so long."""
        self._grow(seconds / TRUST_S)

    def _grow(self, by: float) -> None:
        self._share = min(max(self._share + by, log(LEAST_SHARE)), log(_MOST))

    @property
    def share(self) -> float:
        """The part of the time that reads may take."""
        return 1.0 if self.slowed >= 1 else min(exp(self._share), 1.0)
