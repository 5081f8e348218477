"""The process's byte budget: requests under way, and what has arrived of large ones that are not yet whole.

Who may read is decided by three rules, so that neither memory nor anybody's progress is in the hands of a single client:

1. While no more than half of the budget is used, everybody reads.
2. Above that, a connection reads only while it holds less than its *share*: a quarter of the budget, divided by the connections there
   are. So whoever fills the budget and sits on it (behind a fetch that waits for days, behind answers it does not read, in the middle
   of a hundred frames) stops only himself: a connection that holds nothing may always send its next request.
3. A large frame that outgrows the share waits in the middle, but one at a time *has the turn* and goes on although the budget is used
   up: without that, frames that wait for each other's bytes would wait for ever. It goes to the frame that lacks the fewest bytes, for
   that is the soonest to become a request that gives everything back. Only when too much is used by requests that are already being
   served it goes to nobody: those give back by themselves.

4. Of *very large* frames that are not yet whole, a sixteenth of the budget is enough: while there is more, they wait for the turn as in rule 3, however
   much else is free. Honest clients send such frames seldom; who announces 100 MiB and never ends is held to that sixteenth.

Bytes that were received are counted, never refused. So the process holds at most ``limit``, one frame (the turn's) and one read of each
connection. What to do about clients that keep their bytes for long is the listener's business: it closes those that sit on their share
or more while the limit is exceeded, and the one that has the turn and does not use it.
"""

from typing import Protocol


class Holder(Protocol):
    """A connection, as the budget sees it."""

    @property
    def missing(self) -> int:
        """Bytes that its unfinished frame lacks."""
        ...

    def budget_has_room(self) -> None:
        """It may ask again whether it may read."""
        ...


class ByteBudget:
    """Counts bytes taken and given back, and says who may read. ``used`` includes ``unfinished``: bytes of frames that are not whole."""

    __slots__ = ("_between", "_holders", "_large", "_passing", "_turn", "_unfinished", "ample", "large_ample", "limit", "quarter", "unfinished", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.ample = limit // 2
        self.quarter = limit // 4
        self.large_ample = limit // 16
        self.used = 0
        self.unfinished = 0
        self._holders = 0
        # Who waits for room: in the middle of a large frame, of a very large one while other bytes are not scarce, and between frames. Dictionaries for
        # their order.
        self._unfinished: dict[Holder, None] = {}
        self._large: dict[Holder, None] = {}
        self._between: dict[Holder, None] = {}
        self._turn: Holder | None = None
        self._passing = False

    # --- bytes --------------------------------------------------------------------------------------------------------

    def take(self, count: int) -> None:
        """Count ``count`` bytes as held."""
        self.used += count

    def take_unfinished(self, count: int) -> None:
        """Count bytes of a frame that is not yet whole."""
        self.used += count
        self.unfinished += count

    def frame_is_whole(self, holder: Holder, count: int) -> None:
        """A frame of which ``count`` bytes were counted is not unfinished any more; they stay held. It needs no turn from now on."""
        self.unfinished -= count
        self.stop_waiting(holder)
        if self._large and not self.is_crowded:
            self._wake()

    def give_back(self, count: int) -> None:
        """Count ``count`` bytes as free; connections that wait go on when there is room."""
        self.used -= count
        assert self.used >= self.unfinished >= 0, "bytes given back were taken before"
        if self._unfinished or self._between or self._large:
            self._wake()

    # --- who may read -------------------------------------------------------------------------------------------------

    @property
    def scarce(self) -> bool:
        """Only who holds less than its share may read; ask :meth:`may_read`."""
        return self.used > self.ample

    @property
    def is_crowded(self) -> bool:
        """Who is in the middle of a very large frame may only read on when :meth:`may_read` says so."""
        return self.unfinished > self.large_ample

    @property
    def exhausted(self) -> bool:
        return self.used > self.limit

    @property
    def share(self) -> int:
        """Bytes that each connection may hold when they are scarce. Never 0: who holds nothing may read."""
        return max(1, self.quarter // max(1, self._holders))

    @property
    def large_share(self) -> int:
        """Bytes that each may hold of a very large frame when there is much of such."""
        return max(1, self.large_ample // max(1, self._holders))

    def may_read(self, holder: Holder, held: int, mid_frame: bool, is_large: bool = False) -> bool:
        """Whether a connection that holds ``held`` bytes may read although they are scarce, or, in the middle of a very large frame (``is_large``),
        although it is crowded. If not, it is told when to ask again; ``mid_frame`` says that it is in the middle of a large frame."""
        if holder is self._turn:
            return True
        self._between.pop(holder, None)
        self._unfinished.pop(holder, None)
        self._large.pop(holder, None)
        is_held_back = is_large and self.is_crowded
        if held < (self.large_share if is_held_back else self.share):
            return True
        if not mid_frame:
            self._between[holder] = None
            return False
        if is_held_back and not self.scarce:
            self._large[holder] = None
        else:
            self._unfinished[holder] = None
        self._pass_turn()
        return holder is self._turn

    def holds_up(self, holder: Holder) -> bool:
        """It has the turn, and others wait for it."""
        return holder is self._turn and bool(self._unfinished or self._large)

    @property
    def _being_served(self) -> int:
        return self.used - self.unfinished

    def _wake(self) -> None:
        if self.used <= self.ample:
            waiting = [*self._unfinished, *self._between]
            self._unfinished.clear()
            self._between.clear()
            if not self.is_crowded:
                waiting += self._large
                self._large.clear()
            for holder in waiting:
                holder.budget_has_room()
        if self._turn is None:
            self._pass_turn()

    def _pass_turn(self) -> None:
        if self._passing:
            return
        self._passing = True
        # Who is given the turn may have no use for it now, because it reads nothing for another reason; then the next one gets it.
        # Half and the shares leave a quarter, so that what is being served and this frame stay within the promise above.
        while self._turn is None and (waiting := self._unfinished or self._large) and (self.used <= self.limit or self._being_served <= self.quarter):
            self._turn = min(waiting, key=_missing)
            del waiting[self._turn]
            self._turn.budget_has_room()
        self._passing = False

    # --- who is there -------------------------------------------------------------------------------------------------

    def join(self) -> None:
        """One connection more shares the budget."""
        self._holders += 1

    def leave(self, holder: Holder, unfinished: int) -> None:
        """A connection is gone, and ``unfinished`` bytes of a frame with it."""
        self._holders -= 1
        self.unfinished -= unfinished
        self.stop_waiting(holder)
        self.give_back(unfinished)

    def stop_waiting(self, holder: Holder) -> None:
        """A connection does not wait for room any more, nor does it need the turn."""
        self._unfinished.pop(holder, None)
        self._large.pop(holder, None)
        self._between.pop(holder, None)
        if holder is self._turn:
            self._turn = None
            self._pass_turn()


def _missing(holder: Holder) -> int:
    return holder.missing
