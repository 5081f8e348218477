"""Rule: is it worth waiting a moment for more batches before the next group is committed, and how long at most?

A producer has a few requests in flight, five by default. When one of them arrives a little before the others it becomes a group of
its own, the others the next, and from then on the producer is always in two groups: each waits for the other's commit, and every
batch costs half a commit instead of a fifth.

So, when batches came in while a group was being committed, there is reason to expect those who were just answered to come back
at once, and the next group waits for as many:

G1  Nobody waits after an idle moment: a batch that finds the writer idle is committed at once. When everything in flight was in
    one group, the queue is empty until the first of its senders is back; that soon (``BACK_WITHIN_S``) it is not idle.
G2  The wait ends as soon as as many batches have arrived as were just answered.
G3  It is never longer than half of what a commit takes (or a millisecond, the finest that event loops can wait), and never
    longer than ``PATIENCE_MAX_S``.
G4  When it was in vain, the next group goes without, then the next two, four, and so on up to ``SKIP_MAX``: clients that do not come
    back at once (a fixed rate, no pipelining) pay next to nothing.
"""

from typing import Final

PATIENCE_MIN_S: Final = 0.001
PATIENCE_MAX_S: Final = 0.003
SKIP_MAX: Final = 64

BACK_WITHIN_S: Final = 0.002
"""Senders that were answered and have more to send are back sooner than this, over a network of one's own."""

WORTHWHILE_COMMIT_S: Final = 0.0003
"""A commit faster than this costs less than the wait."""

ENOUGH_BATCHES: Final = 64
ENOUGH_BYTES: Final = 256 * 1024
"""In a group this large the fixed cost of a commit does not matter any more."""


class Gathering:
    """Keeps what the last commits were like. Times are in seconds, measured by the caller."""

    __slots__ = ("_answered", "_rested", "_skip", "_skip_after_failure", "_took")

    def __init__(self) -> None:
        self._answered = 0
        self._rested = False
        self._took = 0.0
        self._skip = 0
        self._skip_after_failure = 1

    def committed(self, batches: int, seconds: float) -> None:
        """A group of so many batches was committed and its senders were answered."""
        self._answered = batches
        self._rested = False
        self._took = seconds

    def rested(self, seconds: float) -> None:
        """There was nothing to commit for so long (G1)."""
        self._rested = True
        if seconds > BACK_WITHIN_S:
            self._answered = 0

    def wanted(self, queued: int, queued_bytes: int) -> int:
        """With so much in the queue: how many batches to wait for, or 0 to commit at once. Ask once before each group."""
        if not self._answered or not queued or self._took < WORTHWHILE_COMMIT_S:
            return 0
        if queued >= ENOUGH_BATCHES or queued_bytes >= ENOUGH_BYTES:
            return 0
        if self._skip:
            self._skip -= 1
            return 0
        # What came in during the commit is from others than those who were answered after it; what came in later is theirs.
        wanted = min(self._answered if self._rested else queued + self._answered, ENOUGH_BATCHES)
        return wanted if wanted > queued else 0

    @property
    def patience_s(self) -> float:
        """How long to wait for them (G3)."""
        return min(max(self._took / 2, PATIENCE_MIN_S), PATIENCE_MAX_S)

    def waited(self, in_vain: bool) -> None:
        """What came of a wait (G4)."""
        if in_vain:
            self._skip = self._skip_after_failure
            self._skip_after_failure = min(2 * self._skip_after_failure, SKIP_MAX)
        else:
            self._skip_after_failure = 1
