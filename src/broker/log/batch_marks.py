"""Where batches begin within large stored spans, as far as reading has come across it.

The catalog says where a span lies, not where its batches do. A reader that goes through a log span by span would have to walk
each from its start at every fetch; with the place where its last fetch ended remembered it goes on from there.
"""

from bisect import bisect_right, insort
from collections import OrderedDict
from typing import Final, NamedTuple

from broker.log.fetch_plan import WHOLE_BELOW
from broker.storage.catalog.base import Span

WORTH_BYTES: Final = WHOLE_BELOW
"""A span up to this size is read whole and walked anyway."""

_MARKS_A_SPAN = 256


class Mark(NamedTuple):
    """A batch with first offset ``base`` begins ``at`` bytes into its span."""

    base: int
    at: int


class BatchMarks:
    """Marks of the ``capacity`` spans most recently asked about."""

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._spans: OrderedDict[tuple[int, int], list[Mark]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, span: Span, base: int, at: int) -> None:
        """Remember a batch of ``span``."""
        if span.length <= WORTH_BYTES or not 0 < at < span.length:
            return
        key = (span.object_id, span.position)
        marks = self._spans.get(key)
        if marks is None:
            marks = self._spans[key] = []
            if len(self._spans) > self._capacity:
                self._spans.popitem(last=False)
        mark = Mark(base, at)
        if mark not in marks:
            insort(marks, mark)
            if len(marks) > _MARKS_A_SPAN:
                # Thin them out: every second one still bounds a walk to twice the distance.
                del marks[1::2]

    def find(self, span: Span, offset: int) -> Mark:
        """The last known batch at or before ``offset``: the span's first one when nothing better is known."""
        marks = self._spans.get((span.object_id, span.position))
        if marks is not None:
            self._spans.move_to_end((span.object_id, span.position))
            found = bisect_right(marks, offset, key=_base_of) - 1
            # A span that lost its beginning to DeleteRecords is cut at a span boundary, so marks never lie before its base.
            if found >= 0:
                return marks[found]
        return Mark(span.base, 0)


def _base_of(mark: Mark) -> int:
    return mark.base
