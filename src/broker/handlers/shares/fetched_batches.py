"""What a share group makes of batches that were read: their offsets, and which of the bytes go to the member. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from broker.coordinators.shares.share_partition import FetchedBatch
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import Buffer
from broker.wire.records.batch import LENGTH_OVERHEAD, parse_header

_FIRST: Final = attrgetter("first")
_LAST: Final = attrgetter("last")


@dataclass(slots=True)
class Fetched:
    """Batches in order, and for each (buffer, position, size): where it lies. ``size`` is that of all together."""

    batches: list[FetchedBatch] = field(default_factory=list)
    places: list[tuple[int, int, int]] = field(default_factory=list)
    size: int = 0

    @property
    def offsets(self) -> int:
        """How many offsets they cover."""
        return self.batches[-1].last - self.batches[0].first + 1


def place(records: Sequence[Buffer], aborted: Sequence[AbortedTransaction], new_from: int, enough: int) -> Fetched:
    """The batches of ``records``, until ``enough`` of their offsets are at or behind ``new_from``: what follows is not needed.

    Batches of a transaction in ``aborted`` are marked, and do not count; markers are batches like others.
    """
    fetched = Fetched()
    batches, places = fetched.batches, fetched.places
    for index, buffer in enumerate(records):
        at, end = 0, len(buffer)
        while at < end:
            header = parse_header(buffer, at)
            base = header.base_offset
            last = base + header.last_offset_delta
            size = header.batch_length + LENGTH_OVERHEAD
            is_aborted = bool(aborted) and (
                header.is_transactional
                and not header.is_control
                and any(each.producer_id == header.producer_id and each.first_offset <= base <= each.last_offset for each in aborted)
            )
            batches.append(FetchedBatch(base, last, is_aborted))
            places.append((index, at, size))
            fetched.size += size
            at += size
            if last >= new_from and not is_aborted:
                enough -= last - max(base, new_from) + 1
                if enough <= 0:
                    return fetched
    return fetched


def slices(records: Sequence[Buffer], fetched: Fetched, first: int, last: int) -> tuple[list[Buffer], int]:
    """The whole batches that hold any of the offsets ``first`` to ``last``, not copied, and their size."""
    position = bisect_left(fetched.batches, first, key=_LAST)
    stop = bisect_right(fetched.batches, last, key=_FIRST)
    places = fetched.places
    chosen: list[Buffer] = []
    total = 0
    while position < stop:
        index, start, size = places[position]
        end = start + size
        position += 1
        while position < stop and places[position][0] == index:
            end += places[position][2]
            position += 1
        buffer = records[index]
        chosen.append(buffer if start == 0 and end == len(buffer) else memoryview(buffer)[start:end])
        total += end - start
    return chosen, total
