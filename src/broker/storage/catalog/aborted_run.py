"""The aborted transactions of one partition in memory, in the order in which they were aborted: all of them, or the latest."""

from bisect import bisect_left
from collections.abc import Container
from operator import attrgetter
from typing import Final

from broker.storage.catalog.marker_rules import AbortedEntry
from broker.storage.catalog.transactions import AbortedTransaction

_LAST: Final = attrgetter("transaction.last_offset")
_STABLE: Final = attrgetter("stable_behind")


class AbortedRun:
    """``complete_from``: every aborted transaction with its marker at this offset or later is here."""

    __slots__ = ("_complete_from", "_entries")

    def __init__(self, complete_from: int = 0) -> None:
        self._entries: list[AbortedEntry] = []
        self._complete_from = complete_from

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, entry: AbortedEntry) -> None:
        self._entries.append(entry)

    def read(self, first_offset: int, upper_offset: int) -> list[AbortedTransaction] | None:
        """Those that reach into [first_offset, upper_offset); None when some of them may not be here."""
        if first_offset < self._complete_from:
            return None
        start = bisect_left(self._entries, first_offset, key=_LAST)
        # Whatever was aborted later than the first one with that much stable behind it began beyond the range.
        stop = bisect_left(self._entries, upper_offset, start, key=_STABLE) + 1
        return [
            entry.transaction for entry in self._entries[start:stop] if entry.transaction.first_offset < upper_offset
        ]

    def drop_below(self, offset: int) -> None:
        """Forget those that end before ``offset``, where the log no longer reaches."""
        del self._entries[: bisect_left(self._entries, offset, key=_LAST)]

    def forget(self, last_offsets: Container[int]) -> None:
        """Of the transactions that end there nothing is left to hide."""
        self._entries = [entry for entry in self._entries if entry.transaction.last_offset not in last_offsets]

    def drop_first(self) -> None:
        """Make room: the oldest one goes, if there is one, and memory reaches back less far."""
        if self._entries:
            self._complete_from = self._entries.pop(0).transaction.last_offset + 1
