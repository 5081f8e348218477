"""Rule: how many parts a push has, found without making them. Pure.

What protobuf makes of an empty part of two bytes takes up to two hundred, so a push of very many must be refused before. Only where messages lie within messages
is looked at; whatever else is wrong is for protobuf to say.
"""

from collections.abc import Callable
from typing import Final

from broker.wire.errors import DecodeError
from broker.wire.records.compression import OutputLimitError

NESTED_MAX: Final = 150_000
"""Messages within a push, down to the values of attributes. A megabyte of metrics with a few labels each has a hundred thousand."""

FIELDS_MAX: Final = 600_000
"""Fields that are stepped over."""

FIELDS_AT_ONCE: Final = 500
"""Without a pause."""

_METRICS, _RESOURCE_METRICS, _RESOURCE, _SCOPE_METRICS, _SCOPE, _METRIC, _POINTS, _POINT, _KEY_VALUE, _VALUE, _LIST, _PAIRS, _LEAF = range(13)
_HISTOGRAM, _HISTOGRAM_POINT, _EXPONENTIAL, _EXPONENTIAL_POINT, _SUMMARY, _SUMMARY_POINT, _EXEMPLAR = range(13, 20)

_WITHIN: Final[dict[int, dict[int, int]]] = {
    _METRICS: {1: _RESOURCE_METRICS},
    _RESOURCE_METRICS: {1: _RESOURCE, 2: _SCOPE_METRICS},
    _RESOURCE: {1: _KEY_VALUE, 3: _LEAF},
    _SCOPE_METRICS: {1: _SCOPE, 2: _METRIC},
    _SCOPE: {3: _KEY_VALUE},
    _METRIC: {5: _POINTS, 7: _POINTS, 9: _HISTOGRAM, 10: _EXPONENTIAL, 11: _SUMMARY, 12: _KEY_VALUE},
    _POINTS: {1: _POINT},
    _POINT: {5: _EXEMPLAR, 7: _KEY_VALUE},
    _HISTOGRAM: {1: _HISTOGRAM_POINT},
    _HISTOGRAM_POINT: {8: _EXEMPLAR, 9: _KEY_VALUE},
    _EXPONENTIAL: {1: _EXPONENTIAL_POINT},
    _EXPONENTIAL_POINT: {1: _KEY_VALUE, 8: _LEAF, 9: _LEAF, 11: _EXEMPLAR},
    _SUMMARY: {1: _SUMMARY_POINT},
    _SUMMARY_POINT: {6: _LEAF, 7: _KEY_VALUE},
    _EXEMPLAR: {7: _KEY_VALUE},
    _KEY_VALUE: {2: _VALUE},
    _VALUE: {5: _LIST, 6: _PAIRS},
    _LIST: {1: _VALUE},
    _PAIRS: {1: _KEY_VALUE},
    _LEAF: {},
}
"""By what a message is, the fields that are messages, and which (OpenTelemetry's metrics v1)."""


def check_parts(data: bytes | bytearray | memoryview, pause: Callable[[], None] = lambda: None) -> None:
    """Raises OutputLimitError above NESTED_MAX or FIELDS_MAX, DecodeError for what no message can have."""
    waiting: list[tuple[int, int, int]] = [(0, len(data), _METRICS)]
    nested = fields = 0
    while waiting:
        at, end, kind = waiting.pop()
        within = _WITHIN[kind]
        while at < end:
            fields += 1
            if fields > FIELDS_MAX:
                raise OutputLimitError(f"more than {FIELDS_MAX} fields")
            if fields % FIELDS_AT_ONCE == 0:
                pause()
            tag, at = _varint(data, at, end)
            match tag & 7:
                case 0:
                    _, at = _varint(data, at, end)
                case 1:
                    at += 8
                case 5:
                    at += 4
                case 2:
                    size, at = _varint(data, at, end)
                    if (inner := within.get(tag >> 3)) is not None:
                        nested += 1
                        if nested > NESTED_MAX:
                            raise OutputLimitError(f"more than {NESTED_MAX} messages within a push")
                        if size:
                            waiting.append((at, min(at + size, end), inner))
                    at += size
                case _:
                    raise DecodeError("not OpenTelemetry metrics: a group, which these have none of")


def _varint(data: bytes | bytearray | memoryview, at: int, end: int) -> tuple[int, int]:
    """A number and where it ends; behind ``end`` when it does not."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            break
    return 0, end
