"""A contiguous run of spans of one partition in memory, oldest first: the whole log, or its recent tail."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Final

from broker.storage.catalog.base import SPANS_PER_ANSWER, Span

_LAST: Final = attrgetter("last")
_RUNNING: Final = attrgetter("running_timestamp")
_COMPACT_AT: Final = 64


class SpanRun:
    """Spans in offset order without gaps. Dropping from the front is cheap: a head index, moved up now and then."""

    __slots__ = ("_head", "_spans")

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._head = 0

    def __len__(self) -> int:
        return len(self._spans) - self._head

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans[self._head :])

    def append(self, span: Span) -> None:
        assert len(self) == 0 or self._spans[-1].last + 1 == span.base, "I3: spans tile the log"
        self._spans.append(span)

    def covers(self, offset: int) -> bool:
        """Whether the run reaches back to ``offset``."""
        return len(self) > 0 and self._spans[self._head].base <= offset

    def read(self, offset: int, max_bytes: int) -> list[Span]:
        """The spans that :class:`SpanQuery` asks for."""
        spans = self._spans
        at = bisect_left(spans, offset, self._head, key=_LAST)
        end = min(len(spans), at + SPANS_PER_ANSWER)
        found: list[Span] = []
        taken = 0
        while at < end:
            span = spans[at]
            found.append(span)
            taken += span.length
            if taken >= max_bytes:
                break
            at += 1
        return found

    def from_timestamp(self, timestamp: int, log_start: int, limit: int) -> list[Span]:
        """Up to ``limit`` spans from the first whose running timestamp reaches ``timestamp``."""
        first = bisect_left(self._spans, log_start, self._head, key=_LAST)
        at = bisect_left(self._spans, timestamp, first, key=_RUNNING)
        return self._spans[at : at + limit]

    def replace(self, old_base: int, old_last: int, new: Iterable[Span]) -> None:
        """Put ``new`` in the place of the spans from ``old_base`` to ``old_last``; where not all of those are held, hold none of them."""
        if not len(self):
            return
        first = bisect_left(self._spans, old_base, self._head, key=_LAST)
        end = bisect_left(self._spans, old_last + 1, self._head, key=_LAST)
        if self._spans[self._head].base <= old_base:
            self._spans[first:end] = new
        elif end > self._head:
            self._advance(end)

    def drop_below(self, offset: int, limit: int | None = None) -> list[Span]:
        """Take out (at most ``limit``) spans that end before ``offset`` and return them."""
        end = bisect_left(self._spans, offset, self._head, key=_LAST)
        if limit is not None:
            end = min(end, self._head + limit)
        dropped = self._spans[self._head : end]
        self._advance(end)
        return dropped

    def drop_first(self) -> None:
        """Take out the oldest span, if there is one."""
        if len(self):
            self._advance(self._head + 1)

    def _advance(self, head: int) -> None:
        self._head = head
        if head >= _COMPACT_AT and head * 2 >= len(self._spans):
            del self._spans[:head]
            self._head = 0
