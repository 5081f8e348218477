"""Which record a timestamp leads to, within the span that the catalog says it lies in. Pure, and slow: batches are decoded."""

from collections.abc import Callable
from typing import Final

from broker.log.stored_batches import Piece, check_crc, walk
from broker.wire.errors import DecodeError
from broker.wire.records.record import Position, find_timestamp, go_on
from broker.wire.records.record import walk as walk_records

# ListOffsets' special timestamps.
LATEST: Final = -1
EARLIEST: Final = -2
MAX: Final = -3  # KIP-734
EARLIEST_LOCAL: Final = -4  # KIP-405
LATEST_TIERED: Final = -5  # KIP-1005
EARLIEST_PENDING_UPLOAD: Final = -6  # KIP-1023

FIRST_VERSIONS: Final = {
    LATEST: 1,
    EARLIEST: 1,
    MAX: 7,
    EARLIEST_LOCAL: 8,
    LATEST_TIERED: 9,
    EARLIEST_PENDING_UPLOAD: 11,
}
"""ListOffsets' version from which on each may be asked for."""


UNPACKED_MAX: Final = 32 * 1024 * 1024
"""What a batch may unpack to; the records of a larger one are not looked at."""


def first_at(piece: Piece, target: int, start_offset: int, pause: Callable[[], None] = go_on) -> Position | None:
    """The first record from ``start_offset`` on with a timestamp of at least ``target``. ``pause`` is called now and then. Raises StoredDataError.

    A batch whose records cannot be decoded, or unpack to more than UNPACKED_MAX, although they are what the producer sent stands for its first offset.
    """
    for at, base, header in walk(piece):
        if header.max_timestamp < target or base + header.last_offset_delta < start_offset:
            continue
        check_crc(piece.data, at, header)
        try:
            found = find_timestamp(piece.data, target, at, header._replace(base_offset=base), start_offset=start_offset, max_output=UNPACKED_MAX, pause=pause)
        except DecodeError:
            found = Position(max(base, start_offset), header.max_timestamp)
        pause()
        if found is not None:
            return found
    return None


def greatest(piece: Piece, start_offset: int, pause: Callable[[], None] = go_on) -> Position | None:
    """The first record with the greatest timestamp from ``start_offset`` on. ``pause`` is called now and then. Raises StoredDataError."""
    best: Position | None = None
    for at, base, header in walk(piece):
        if base + header.last_offset_delta < start_offset or (best and header.max_timestamp <= best.timestamp):
            continue
        check_crc(piece.data, at, header)
        try:
            for offset, timestamp, _ in walk_records(piece.data, at, header._replace(base_offset=base), max_output=UNPACKED_MAX, pause=pause):
                if offset >= start_offset and (best is None or timestamp > best.timestamp):
                    best = Position(offset, timestamp)
        except DecodeError:
            best = Position(max(base, start_offset), header.max_timestamp)
        pause()
    return best
