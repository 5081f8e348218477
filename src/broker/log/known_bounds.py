"""What this broker knows of logs in a catalog that other brokers write to as well: from its own commits, from others' hints, from queries. Pure.

What is known here is never all there is. It says only what it can prove:

1. Offsets below a known high watermark were assigned, and everything below them is committed. There may be more.
2. The last stable offset never falls (I5), so one that was read once holds for good. It moves on over a batch that was appended at it
   outside of any transaction: a transaction that is open begins neither before it, for then the last stable offset would have stood there,
   nor in it.
3. A log start that was read holds until it moves; how long ago it was read is kept, and whoever answers from here decides how old is too old.

So nobody is told from here that an offset is out of range, where a log begins, or how a transaction ended.

A query that began after something was learned, and has less of it, is right: the catalog has lost what it had acknowledged. So it may have when the leader
epoch has grown, even if others have written since. What is known is then replaced. Which came first is told by tickets, not by clocks.
"""

from typing import Final, NamedTuple

from broker.model import LogBounds

NEVER: Final = float("-inf")


class News(NamedTuple):
    """What a query had to say beyond what was known. ``size``: about so many bytes are new. ``is_lost``: the log is shorter than it was."""

    high_watermark: bool = False
    stable: bool = False
    start: bool = False
    size: int = 0
    is_lost: bool = False


class KnownLog:
    """One log. ``confirmed_at`` is when the latest query of which this is the answer began; before the first nothing but the high watermark
    is known. ``unsettled`` is the ticket of something after which more may be stable than is known, 0 when there is no such thing.
    ``distrusted`` is the ticket of what this broker itself has changed in the catalog: a query that began before it confirms nothing.
    ``replaced`` is the ticket of the latest word that the log consists of something else: no query that began before it says of what."""

    __slots__ = (
        "bytes", "confirmed_at", "distrusted", "epoch_starts", "high_watermark", "last_stable_offset", "leader_epoch", "learned", "log_start", "replaced",
        "unsettled",
    )  # fmt: skip

    def __init__(self, high_watermark: int, replaced: int) -> None:
        self.log_start = 0
        self.high_watermark = high_watermark
        self.last_stable_offset = 0
        self.leader_epoch = -1
        self.epoch_starts: tuple[tuple[int, int], ...] = ()
        self.bytes = -1
        self.learned = 0
        self.unsettled = 0
        self.distrusted = 0
        self.replaced = replaced
        self.confirmed_at = NEVER

    @property
    def bounds(self) -> LogBounds:
        """As of now, as far as it is known."""
        # A log that was told to begin later may pass records of an open transaction, but what is stable never lies before its start.
        stable = min(max(self.last_stable_offset, self.log_start), self.high_watermark)
        return LogBounds(
            self.log_start, self.high_watermark, stable, self.leader_epoch, max(self.bytes, 0), self.epoch_starts
        )


class KnownBounds:
    """Holds ``capacity`` logs; those that were learned of first go first, and cost a query when they are asked for again."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._logs: dict[int, KnownLog] = {}
        self._tickets = 0
        self._replaced = 0  # the latest of a log of which nothing was known

    def __len__(self) -> int:
        return len(self._logs)

    def ticket(self) -> int:
        """To be taken before a query begins, and given back with what it came to."""
        self._tickets += 1
        return self._tickets

    def get(self, pid: int) -> KnownLog | None:
        """The log, when something is known of it."""
        return self._logs.get(pid)

    def peek(self, pid: int) -> LogBounds | None:
        """The bounds that are known; None when no query has said where the log begins."""
        log = self._logs.get(pid)
        return None if log is None or log.confirmed_at == NEVER else log.bounds

    def confirmed(self, pid: int, bounds: LogBounds, ticket: int, begun_at: float) -> News:
        """A query that was given ``ticket`` has read these bounds."""
        log = self._logs.get(pid)
        if log is None:
            log = self._add(pid, bounds.high_watermark)
            is_first, is_lost = True, False
        else:
            is_first = log.confirmed_at == NEVER
            is_lost = (bounds.high_watermark < log.high_watermark and log.learned < ticket) or (
                -1 < log.leader_epoch < bounds.leader_epoch
            )
        if is_lost:
            log.log_start = log.last_stable_offset = 0
            log.high_watermark = -1
            log.bytes = -1
        news = News(
            bounds.high_watermark > log.high_watermark,
            bounds.last_stable_offset > log.last_stable_offset,
            bounds.log_start > log.log_start and not is_first,
            max(bounds.bytes - log.bytes, 1) if log.bytes >= 0 else 1,
            is_lost,
        )
        if news.high_watermark or is_first:
            log.high_watermark = max(log.high_watermark, bounds.high_watermark)
            log.bytes = bounds.bytes
            log.learned = self.ticket()
        log.last_stable_offset = max(log.last_stable_offset, bounds.last_stable_offset)
        log.log_start = max(log.log_start, bounds.log_start)
        if bounds.leader_epoch > log.leader_epoch:
            log.leader_epoch, log.epoch_starts = bounds.leader_epoch, bounds.epoch_starts
        if ticket > log.distrusted:
            log.confirmed_at = max(log.confirmed_at, begun_at)
        if ticket > log.unsettled:
            log.unsettled = 0
        return news

    def appended(self, pid: int, base: int, last: int, size: int, *, in_transaction: bool) -> None:
        """This broker has committed a batch (or, ``in_transaction``, the marker of a transaction)."""
        self._tickets += 1
        log = self._logs.get(pid)
        if log is None:
            log = self._add(pid, last + 1)
        elif last >= log.high_watermark:
            if base > log.high_watermark:
                log.unsettled = self._tickets  # what others wrote before it may be stable
            log.high_watermark = last + 1
            if log.bytes >= 0:
                log.bytes += size
        log.learned = self._tickets
        if base == log.last_stable_offset and not in_transaction:
            log.last_stable_offset = last + 1

    def hinted(self, pid: int, high_watermark: int) -> bool:
        """Another broker says that it has committed up to ``high_watermark``. False when that is no news, or about a log of which nothing is known."""
        log = self._logs.get(pid)
        if log is None or high_watermark <= log.high_watermark:
            return False
        log.high_watermark = high_watermark
        log.learned = log.unsettled = self.ticket()
        return True

    def ended(self, pid: int) -> None:
        """A transaction has ended on the log, here or elsewhere."""
        log = self._logs.get(pid)
        if log is not None:
            log.unsettled = self.ticket()

    def distrust(self, pid: int, until: float, log_start: int = 0) -> None:
        """The log was changed, and begins at ``log_start`` or later: only what is asked from now on confirms it again. ``until`` is a time at which
        nothing is trusted any more."""
        log = self._logs.get(pid) or self._add(pid, 0)
        log.log_start = max(log.log_start, log_start)
        log.distrusted = self.ticket()
        log.confirmed_at = min(log.confirmed_at, until)

    def replaced(self, pid: int) -> None:
        """The log was compacted, here or elsewhere: it consists of something else. Of a log of which nothing is known nothing is kept by itself: then
        it is as if all of those had been."""
        log = self._logs.get(pid)
        if log is None:
            self._replaced = self.ticket()
        else:
            log.replaced = self.ticket()

    def may_keep(self, pid: int, ticket: int) -> bool:
        """Whether what a query that was given ``ticket`` has found the log to consist of is so still, as far as is known."""
        log = self._logs.get(pid)
        return ticket > (self._replaced if log is None else max(log.replaced, log.distrusted))

    def forget(self, pid: int) -> None:
        """The partition is gone, or nothing that is known of it can be relied on."""
        self._logs.pop(pid, None)

    def clear(self) -> None:
        """The catalog is another one: nothing is known."""
        self._logs.clear()

    def _add(self, pid: int, high_watermark: int) -> KnownLog:
        if len(self._logs) >= self._capacity:
            del self._logs[next(iter(self._logs))]
        log = self._logs[pid] = KnownLog(high_watermark, self._replaced)
        return log
