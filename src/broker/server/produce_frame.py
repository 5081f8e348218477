"""How many partitions a large Produce request names, found without decoding it.

A request of records is large because of its records, and those stay as they are. One made of a hundred megabytes of empty
partitions would take gigabytes and a minute of the event loop once decoded, so it is refused before that. Pure.
"""

import struct
from typing import Final

from broker.wire.errors import DecodeError
from broker.wire.primitives import ELEMENTS_MAX, MALFORMED, malformed, read_uvarint, skip_counted_tags

PARTITIONS_MAX: Final = ELEMENTS_MAX
"""Topics, partitions and unknown tagged fields of one large Produce request. Far above what clients put into one: they have a batch for each."""

COUNTED_ABOVE_BYTES: Final = PARTITIONS_MAX * 6
"""A smaller frame cannot hold more: an empty partition takes six bytes at least."""

_FIRST_FLEXIBLE: Final = 9
_FIRST_WITH_IDS: Final = 13
_UUID_BYTES: Final = 16
_INT16: Final = struct.Struct(">h").unpack_from
_INT32: Final = struct.Struct(">i").unpack_from


def check_partition_count(frame: memoryview, position: int, version: int) -> None:
    """Walk from ``position``, where the body begins, over names and records. Raises DecodeError above PARTITIONS_MAX.

    Whatever else is wrong with the frame is for the decoder to say.
    """
    try:
        count = _count_flexible(frame, position, version) if version >= _FIRST_FLEXIBLE else _count(frame, position)
    except MALFORMED as error:
        raise malformed(error) from error
    if count > PARTITIONS_MAX:
        raise DecodeError(f"more than {PARTITIONS_MAX} topics and partitions in one request")


def _count(frame: memoryview, position: int) -> int:
    (length,) = _INT16(frame, position)
    position += 2 + max(length, 0) + 6
    (topics,) = _INT32(frame, position)
    position += 4
    count = 0
    for _ in range(topics):
        (length,) = _INT16(frame, position)
        position += 2 + max(length, 0)
        (partitions,) = _INT32(frame, position)
        position += 4
        count += 1 + max(partitions, 0)
        if count > PARTITIONS_MAX:
            break
        for _ in range(partitions):
            (length,) = _INT32(frame, position + 4)
            position += 8 + max(length, 0)
    return count


def _count_flexible(frame: memoryview, position: int, version: int) -> int:
    end = len(frame)
    length, position = read_uvarint(frame, position)
    position += max(length - 1, 0) + 6
    topics, position = read_uvarint(frame, position)
    count = 0
    for _ in range(topics - 1):
        if version >= _FIRST_WITH_IDS:
            position += _UUID_BYTES
        else:
            length, position = read_uvarint(frame, position)
            position += max(length - 1, 0)
        partitions, position = read_uvarint(frame, position)
        count += max(partitions, 1)
        if count > PARTITIONS_MAX:
            break
        for _ in range(partitions - 1):
            length, position = read_uvarint(frame, position + 4)
            position, left = skip_counted_tags(frame, position + max(length - 1, 0), end, PARTITIONS_MAX - count)
            count = PARTITIONS_MAX - left
        position, left = skip_counted_tags(frame, position, end, PARTITIONS_MAX - count)
        count = PARTITIONS_MAX - left
    return count
