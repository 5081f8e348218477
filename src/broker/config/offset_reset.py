"""Where a share group begins to read a partition that it has not read yet: the values of ``share.auto.offset.reset``.

``earliest``, ``latest``, or ``by_duration:`` and a time in ISO 8601 as Java reads it: ``PnDTnHnMn.nS``.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from broker.config.kafka_values import LONG_MAX, ValueProblem

_BY_DURATION: Final = "by_duration"
_NUMBER: Final = r"([-+]?[0-9]{1,19})"
_DURATION: Final = re.compile(
    rf"([-+]?)P(?:{_NUMBER}D)?(T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}(?:[.,]([0-9]{{0,9}}))?S)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OffsetReset:
    """``duration_ms`` is None for the earliest and the latest offset; else how far back from now."""

    strategy: str
    duration_ms: int | None = None


def read_offset_reset(text: str) -> OffsetReset:
    """What ``text`` says; raises ValueProblem."""
    if text in ("earliest", "latest"):
        return OffsetReset(text)
    strategy, _, duration = text.partition(":")
    milliseconds = _milliseconds(duration) if strategy == _BY_DURATION else None
    if milliseconds is None:
        raise ValueProblem(
            f"Invalid value `{text[:200]}` for configuration share.auto.offset.reset. The value must be either 'earliest', 'latest' "
            "or of the format 'by_duration:<PnDTnHnMn.nS>'."
        )
    return OffsetReset(_BY_DURATION, milliseconds)


def _milliseconds(text: str) -> int | None:
    """The time, or None when it is none or negative."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    sign, days, time, hours, minutes, seconds, fraction = match.groups()
    if not (days or hours or minutes or seconds) or (time is not None and len(time) < 2):
        return None
    nanoseconds = int((fraction or "").ljust(9, "0"))
    if (seconds or "").startswith("-"):
        nanoseconds = -nanoseconds
    whole = int(days or 0) * 86_400 + int(hours or 0) * 3_600 + int(minutes or 0) * 60 + int(seconds or 0)
    total = whole * 1_000_000_000 + nanoseconds
    if sign == "-":
        total = -total
    return total // 1_000_000 if 0 <= total <= LONG_MAX * 1_000_000 else None


@dataclass(frozen=True, slots=True)
class OffsetResetCheck:
    """Whether a text is such a value."""

    def __call__(self, value: Any) -> None:
        read_offset_reset(value)

    def __str__(self) -> str:
        return "earliest, latest, by_duration:PnDTnHnMn.nS"
