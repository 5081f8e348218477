"""When a span is from. That of records which have timestamps is their largest. Of records without any (-1) it is when they came, as Kafka goes by the time its
segment was written; it is kept in the same place, below -1, where every search for a timestamp passes it over.
"""

from typing import Final

UNKNOWN: Final = -1
"""Of records without timestamps that were written before it was noted when they came."""


def untimed(came_ms: int) -> int:
    """What stands for the timestamp of records that have none and came then (Unix time)."""
    return UNKNOWN - 1 - came_ms


def time_of(max_timestamp: int) -> int | None:
    """The Unix time in ms that retention goes by; None when nobody knows."""
    if max_timestamp >= 0:
        return max_timestamp
    return UNKNOWN - 1 - max_timestamp if max_timestamp < UNKNOWN else None


def is_older(max_timestamp: int, oldest_ms: int) -> bool:
    """Whether a span is from before ``oldest_ms``. What nobody knows of is not: it stays until there is too much."""
    time = time_of(max_timestamp)
    return time is not None and time < oldest_ms


def of_both(one: int, other: int) -> int:
    """Of two spans that become one: the larger timestamp; when neither has any, when the later one came."""
    return max(one, other) if one >= 0 or other >= 0 else min(one, other)


def of_batch(timestamp: int, source: int) -> int:
    """Of a batch with this largest timestamp, taken out of a span that is from ``source``."""
    return timestamp if timestamp >= 0 else untimed(source) if source >= 0 else source
