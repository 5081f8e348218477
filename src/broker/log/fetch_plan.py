"""Which bytes answer a fetch: the shares of the partitions, and the ranges to read from the store. Pure.

Partitions come in the order of the request (a fetch session rotates it), each up to its own limit and to what is left of the
request's; the first that has anything gives at least one batch, so that a reader always gets on (KIP-74).
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple

from broker.log.visibility import EpochEnd
from broker.model import UNKNOWN_OFFSET, LogBounds
from broker.storage.catalog.base import Span
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import Buffer
from broker.wire.error_codes import ErrorCode

FIRST_READ_BYTES: Final = 64 * 1024
"""What is read at least when a batch must come whatever the limits say: its size is known only from its header."""

WHOLE_BELOW: Final = 64 * 1024
"""Spans up to this size are read whole."""

MERGE_GAP_BYTES: Final = 16 * 1024
"""Ranges of one object this near to each other are cheaper read as one."""

MERGED_BYTES_MAX: Final = 8 * 1024 * 1024

COALESCE_BELOW: Final = 2048
"""Buffers smaller than this on average are joined: handing the socket thousands of them costs more than the copy."""

NO_REPLICA: Final = -1

_BASE: Final = attrgetter("base")


@dataclass(slots=True)
class Wanted:
    """One partition of a fetch."""

    pid: int
    offset: int
    max_bytes: int
    current_leader_epoch: int = -1
    last_fetched_epoch: int = -1


@dataclass(slots=True)
class PartitionAnswer:
    """What one partition answers; offsets are -1 with an error. ``records`` are whole batches back to back, ``size`` bytes, the last of
    which ends before ``next_offset``. ``aborted`` is what a read_committed reader must leave out of them. ``preferred_replica``: the broker it had
    better ask."""

    error_code: int
    high_watermark: int = -1
    last_stable_offset: int = -1
    log_start: int = -1
    records: list[Buffer] = field(default_factory=list)
    size: int = 0
    diverging: EpochEnd | None = None
    next_offset: int = UNKNOWN_OFFSET
    aborted: Sequence[AbortedTransaction] = ()
    preferred_replica: int = NO_REPLICA

    def give(self, records: list[Buffer], size: int, next_offset: int) -> None:
        """Add the bytes."""
        self.records = coalesced(records, size)
        self.size = size
        self.next_offset = next_offset

    def fail(self, code: ErrorCode) -> None:
        """Answer with an error and nothing else."""
        self.error_code = int(code)
        self.high_watermark = self.last_stable_offset = self.log_start = self.next_offset = UNKNOWN_OFFSET
        self.records, self.size, self.aborted = [], 0, ()


def answer_of(bounds: LogBounds) -> PartitionAnswer:
    """An answer without records yet."""
    return PartitionAnswer(0, bounds.high_watermark, bounds.last_stable_offset, bounds.log_start)


class ColdShare:
    """What one partition is to give from the store."""

    __slots__ = ("answer", "at_least_one", "bounds", "limit", "spans", "upper", "wanted")

    def __init__(
        self,
        wanted: Wanted,
        answer: PartitionAnswer,
        bounds: LogBounds,
        spans: Sequence[Span],
        limit: int,
        upper: int,
        at_least_one: bool,
    ) -> None:
        self.wanted = wanted
        self.answer = answer
        self.bounds = bounds
        self.spans = spans
        self.limit = limit
        self.upper = upper
        self.at_least_one = at_least_one

    @property
    def has_the_end(self) -> bool:
        """Whether the spans reach to the end of the log."""
        return self.spans[-1].last + 1 >= self.bounds.high_watermark


class Shares:
    """Hands out the bytes of one request, partition by partition."""

    __slots__ = ("left", "taken")

    def __init__(self, max_bytes: int) -> None:
        self.left = max_bytes
        self.taken = 0

    @property
    def at_least_one(self) -> bool:
        """Nobody was given anything yet: the next one's first batch comes whatever its size."""
        return self.taken == 0

    def limit(self, max_bytes: int) -> int:
        """How many bytes a partition that asks for ``max_bytes`` may give; 0: not even a batch."""
        return max(min(self.left, max_bytes), 0)

    @property
    def is_spent(self) -> bool:
        """Nothing more can be given."""
        return self.left <= 0 and self.taken > 0

    def take(self, size: int) -> None:
        """A partition gives ``size`` bytes."""
        self.left -= size
        self.taken += size


def below(spans: Sequence[Span], upper: int) -> Sequence[Span]:
    """Those of ``spans`` that begin below offset ``upper``."""
    if not spans or spans[-1].base < upper:
        return spans
    return spans[: bisect_left(spans, upper, key=_BASE)]


class ReadRange(NamedTuple):
    """``length`` bytes at ``position`` of an object: a part of ``span`` that begins with the batch of offset ``base``."""

    span: Span
    base: int
    position: int
    length: int

    @property
    def is_whole(self) -> bool:
        """Whether it reaches the end of its span."""
        return self.position + self.length == self.span.position + self.span.length


def ranges_of(spans: Sequence[Span], first_base: int, first_at: int, limit: int, at_least_one: bool) -> list[ReadRange]:
    """The ranges that cover ``limit`` bytes of ``spans``, starting with the batch ``first_base`` that lies ``first_at`` bytes
    into the first of them. Small spans are read whole: where their batches begin is not known."""
    if at_least_one:
        limit = max(limit, FIRST_READ_BYTES)
    ranges: list[ReadRange] = []
    base, at = first_base, first_at
    for span in spans:
        if limit <= 0:
            break
        length = span.length - at
        if span.length > WHOLE_BELOW:
            length = min(length, limit)
        ranges.append(ReadRange(span, base, span.position + at, length))
        limit -= length
        if length < span.length - at:
            break
        base, at = span.last + 1, 0
    return ranges


class MergedRange(NamedTuple):
    """One read of an object, and which of the ranges asked for (by index) it holds."""

    position: int
    length: int
    members: tuple[int, ...]


def merge(ranges: Sequence[tuple[int, int]]) -> list[MergedRange]:
    """Put (position, length) ranges of one object that lie near each other into one read. No range is cut."""
    merged: list[MergedRange] = []
    start = end = -1
    members: list[int] = []
    for index in sorted(range(len(ranges)), key=ranges.__getitem__):
        position, length = ranges[index]
        stop = position + length
        if members and position - end <= MERGE_GAP_BYTES and max(stop, end) - start <= MERGED_BYTES_MAX:
            members.append(index)
            end = max(end, stop)
            continue
        if members:
            merged.append(MergedRange(start, end - start, tuple(members)))
        start, end, members = position, stop, [index]
    if members:
        merged.append(MergedRange(start, end - start, tuple(members)))
    return merged


def coalesced(buffers: list[Buffer], size: int) -> list[Buffer]:
    """The same bytes in fewer buffers, when they are many and small."""
    if len(buffers) > 16 and size < len(buffers) * COALESCE_BELOW:
        return [b"".join(buffers)]
    return buffers
