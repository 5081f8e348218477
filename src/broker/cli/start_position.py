"""From where to read: ``earliest``, ``latest``, an offset, a count from the end, or a time."""

from datetime import UTC, datetime
from typing import Any, Final

from broker.cli.failure import USAGE, CommandFailed

EARLIEST: Final = -2
LATEST: Final = -1


def parse_time(text: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 time (UTC unless it says otherwise) or of a plain number of milliseconds."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"{text!r} is no time: use 2026-01-31T12:00:00 or milliseconds since 1970", USAGE) from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)


def parse_offset(text: str) -> tuple[str, int]:
    """(kind, number): kind is ``earliest``, ``latest``, ``offset``, ``tail`` (last n) or ``time`` (ms)."""
    if text in ("earliest", "beginning"):
        return "earliest", 0
    if text in ("latest", "end"):
        return "latest", 0
    if text.startswith("@"):
        return "time", parse_time(text[1:])
    try:
        number = int(text)
    except ValueError as error:
        raise CommandFailed(f"--offset is earliest, latest, N, -N (the last N) or @TIME, not {text!r}", USAGE) from error
    return ("offset", number) if number >= 0 else ("tail", -number)


def resolve(consumer: Any, topic: str, partitions: list[int], start: str, timeout_s: float) -> dict[int, tuple[int, int]]:
    """For each partition (first offset to read, end of the log as of now)."""
    from confluent_kafka import TopicPartition

    kind, number = parse_offset(start)
    found: dict[int, tuple[int, int]] = {}
    by_time: dict[int, int] = {}
    if kind == "time":
        asked = [TopicPartition(topic, index, number) for index in partitions]
        by_time = {tp.partition: tp.offset for tp in consumer.offsets_for_times(asked, timeout=timeout_s)}
    for index in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, index), timeout=timeout_s)
        if kind == "earliest":
            first = low
        elif kind == "latest":
            first = high
        elif kind == "tail":
            first = max(low, high - number)
        elif kind == "time":
            first = by_time[index] if by_time[index] >= 0 else high
        else:
            first = number
        found[index] = (first, high)
    return found
