"""Kafka's value types: how the text of a setting becomes a value, which values are allowed, and how a value is shown.

Rules only. The types are those of Kafka's ``ConfigDef``; their numbers are the ones DescribeConfigs sends (KIP-569).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

INT_MAX: Final = 2**31 - 1
LONG_MAX: Final = 2**63 - 1
DOUBLE_MAX: Final = 1.7976931348623157e308

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_COMMA: Final = re.compile(r"\s*,\s*")
_THROTTLED_REPLICA: Final = re.compile(r"[0-9]+:[0-9]+", re.ASCII)


class Kind(IntEnum):
    """The type of a setting."""

    BOOLEAN = 1
    STRING = 2
    INT = 3
    SHORT = 4
    LONG = 5
    DOUBLE = 6
    LIST = 7
    CLASS = 8
    PASSWORD = 9


_BOUNDS: Final = {
    Kind.SHORT: (-(2**15), 2**15 - 1),
    Kind.INT: (-INT_MAX - 1, INT_MAX),
    Kind.LONG: (-LONG_MAX - 1, LONG_MAX),
}


class ValueProblem(ValueError):
    """A value is not one the setting can have; the text says why."""


def invalid_value(name: str, text: str, problem: ValueProblem) -> str:
    """The problem as Kafka words it for clients."""
    shown = text if len(text) <= 200 else text[:200] + "..."
    return f"Invalid value {shown} for configuration {name}: {problem}"


Check = Callable[[Any], None]
"""Raises ValueProblem when the (parsed) value is not allowed."""


def parse(kind: Kind, text: str) -> Any:
    """The value that ``text`` stands for: bool, str, int, float or a tuple of str. Raises ValueProblem."""
    text = text.strip()
    match kind:
        case Kind.BOOLEAN:
            lowered = text.lower()
            if lowered not in ("true", "false"):
                raise ValueProblem("Expected value to be either true or false")
            return lowered == "true"
        case Kind.INT | Kind.SHORT | Kind.LONG:
            if not _INTEGER.fullmatch(text):
                raise ValueProblem(f"Not a number of type {kind.name}")
            return check_type(kind, int(text))
        case Kind.DOUBLE:
            try:
                return check_type(kind, float(text.replace("_", "?")))
            except ValueError:
                raise ValueProblem("Not a number of type DOUBLE") from None
        case Kind.LIST:
            # What is listed twice counts once (KIP-1161).
            return tuple(dict.fromkeys(_COMMA.split(text))) if text else ()
        case _:
            return text


def check_type(kind: Kind, value: Any) -> Any:
    """``value`` itself when it is of ``kind``; lists become tuples. For values that were not given as text."""
    match kind:
        case Kind.BOOLEAN:
            if not isinstance(value, bool):
                raise ValueProblem("Expected value to be either true or false")
        case Kind.INT | Kind.SHORT | Kind.LONG:
            low, high = _BOUNDS[kind]
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueProblem(f"Not a number of type {kind.name}")
        case Kind.DOUBLE:
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise ValueProblem("Not a number of type DOUBLE")
            return float(value)
        case Kind.LIST:
            if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
                raise ValueProblem("Expected a comma separated list")
            return tuple(value)
        case _:
            if not isinstance(value, str):
                raise ValueProblem("Expected value to be a string")
    return value


def show(kind: Kind, value: Any) -> str | None:
    """The text Kafka shows for a parsed value; None stays None."""
    if value is None:
        return None
    match kind:
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.LIST:
            return ",".join(value)
        case Kind.DOUBLE:
            return show_double(value)
        case _:
            return str(value)


def show_double(value: float) -> str:
    """As Java writes a double: an exponent below 10^-3 and from 10^7 on, at least one digit after the point."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(float(value))
        return text if "e" not in text else f"{value:.20f}".rstrip("0")
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits = f"{value:.17e}"
        for precision in range(1, 17):
            digits = f"{value:.{precision}e}"
            if float(digits) == value:
                break
        mantissa, _, exponent = digits.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{int(exponent)}"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; None is no bound."""

    low: int | float | None = None
    high: int | float | None = None

    def __call__(self, value: Any) -> None:
        if value is None:
            return
        if self.low is not None and value < self.low:
            raise ValueProblem(f"Value must be at least {self.low}")
        if self.high is not None and value > self.high:
            raise ValueProblem(f"Value must be no more than {self.high}")

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:,}" if isinstance(self.low, int) else str(self.low)
        high = "" if self.high is None else f"{self.high:,}" if isinstance(self.high, int) else str(self.high)
        return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few strings, written exactly so."""

    names: tuple[str, ...]

    def __call__(self, value: Any) -> None:
        if value is not None and value not in self.names:
            raise ValueProblem(f"String must be one of: {', '.join(self.names)}")

    def __str__(self) -> str:
        return ", ".join(self.names)


@dataclass(frozen=True, slots=True)
class SomeOf:
    """A list of a few strings, at least ``least`` of them."""

    names: tuple[str, ...]
    least: int = 0

    def __call__(self, value: Any) -> None:
        if len(value) < self.least:
            raise ValueProblem("must not be empty")
        for item in value:
            if not item:
                raise ValueProblem("values must not be empty")
            if item not in self.names:
                raise ValueProblem(f"String must be one of: {', '.join(self.names)}")

    def __str__(self) -> str:
        return "any of " + ", ".join(self.names)


@dataclass(frozen=True, slots=True)
class GzipLevel:
    """1 to 9, or -1 for zlib's own default (KIP-390)."""

    def __call__(self, value: Any) -> None:
        if value != -1 and not 1 <= value <= 9:
            raise ValueProblem("Value must be between 1 and 9 or equal to -1")

    def __str__(self) -> str:
        return "1 to 9, or -1"


@dataclass(frozen=True, slots=True)
class ThrottledReplicas:
    """``*``, nothing, or a list of PARTITION:BROKER."""

    def __call__(self, value: Any) -> None:
        if value != ("*",) and not all(not item or _THROTTLED_REPLICA.fullmatch(item) for item in value):
            raise ValueProblem("must be '*' or a list of PARTITION:BROKER, separated by commas")

    def __str__(self) -> str:
        return "* or PARTITION:BROKER,..."
