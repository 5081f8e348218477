"""Rule: what a push holds, read from its OpenTelemetry form (``MetricsData`` v1) within bounds.

- Unpacked, a push may have so many bytes and no more, and so many parts, which are counted before protobuf makes anything of them. No part is looked at more
  often than once for itself.
- Gauges and sums are taken, one sample for each of their points: that is all that Kafka's clients send. Histograms and summaries are
  left out, as are values that are no numbers.
- Attributes of the point and of its resource become labels: so many, so long, under names that Prometheus takes.

The protobuf library is loaded with the first push: it takes seven megabytes, and most brokers never see one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from broker.client_metrics.parts import check_parts
from broker.model import value
from broker.wire.errors import DecodeError
from broker.wire.records.compression import OutputLimitError, decompress

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, MetricsData, NumberDataPoint

Part = TypeVar("Part")

PARTS_MAX: Final = 50_000
"""Resources, scopes, metrics and points of one push. Small bytes make very many of them, and each takes a moment to look at."""

PARTS_AT_ONCE: Final = 100
"""Of these, without a pause."""

LABELS_MAX: Final = 12
"""Attributes that are looked at, of a resource and of a point, and labels that come of both."""

TEXT_MAX: Final = 200
"""Characters of a name or of a label's value; what is longer is cut off."""

OWN_LABELS: Final = ("metric", "client_id", "client_instance_id")
"""Labels that the broker gives itself: attributes of the same names do not count."""

_NOT_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")
_DELTA: Final = 1


@value
class Sample:
    """One value of one series. ``is_delta``: what was added since the last push, rather than the sum of all."""

    name: str
    labels: tuple[tuple[str, str], ...]
    number: float
    is_delta: bool


def read_or_refuse(
    compression: int, data: bytes | memoryview, unpacked_max: int, samples_max: int, pause: Callable[[], None] = lambda: None
) -> tuple[list[Sample], int] | DecodeError:
    """As :func:`read`, for a worker thread: what is wrong is returned, without where it comes from. That has what was unpacked, megabytes each time, and
    would keep it until the next collection."""
    try:
        return read(compression, data, unpacked_max, samples_max, pause)
    except DecodeError as error:
        error.__traceback__ = error.__context__ = error.__cause__ = None
        return error


def read(
    compression: int, data: bytes | memoryview, unpacked_max: int, samples_max: int, pause: Callable[[], None] = lambda: None
) -> tuple[list[Sample], int]:
    """The samples of a push, at most ``samples_max``, and how many it has beyond them. Raises DecodeError; of that kind is
    OutputLimitError, for one that is too large unpacked or has too many parts. ``pause`` is called from time to time."""
    from google.protobuf.message import DecodeError as ProtobufError
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

    unpacked = decompress(compression, data, unpacked_max)
    check_parts(unpacked, pause)
    try:
        pushed = MetricsData.FromString(bytes(unpacked))
    except ProtobufError as error:
        raise DecodeError(f"not OpenTelemetry metrics: {error}") from error
    return _Reading(samples_max, pause).of(pushed)


class _Reading:
    """One push being read, with what is left of its budget of parts."""

    def __init__(self, samples_max: int, pause: Callable[[], None]) -> None:
        self._samples_max = samples_max
        self._pause = pause
        self._samples: list[Sample] = []
        self._left_out = 0
        self._parts = 0

    def of(self, pushed: "MetricsData") -> tuple[list[Sample], int]:
        for of_resource in self._each(pushed.resource_metrics):
            shared = _labels(of_resource.resource.attributes)
            for of_scope in self._each(of_resource.scope_metrics):
                for metric in self._each(of_scope.metrics):
                    self._metric(metric, shared)
        return self._samples, self._left_out

    def _each(self, parts: "Iterable[Part]") -> "Iterator[Part]":
        for part in parts:
            self._parts += 1
            if self._parts > PARTS_MAX:
                raise OutputLimitError(f"more than {PARTS_MAX} metrics and values")
            if self._parts % PARTS_AT_ONCE == 0:
                self._pause()
            yield part

    def _metric(self, metric: "Metric", shared: Mapping[str, str]) -> None:
        match metric.WhichOneof("data"):
            case "gauge":
                points, is_delta = metric.gauge.data_points, False
            case "sum":
                points, is_delta = metric.sum.data_points, metric.sum.aggregation_temporality == _DELTA
            case _:
                return
        name = _text(metric.name)
        for point in self._each(points):
            number = _number(point)
            if not name or number is None:
                continue
            if len(self._samples) >= self._samples_max:
                self._left_out += 1
                continue
            labels = sorted({**shared, **_labels(point.attributes)}.items())[:LABELS_MAX]
            self._samples.append(Sample(name, tuple(labels), number, is_delta))


def _number(point: "NumberDataPoint") -> float | None:
    match point.WhichOneof("value"):
        case "as_int":
            return float(point.as_int)
        case "as_double" if point.as_double == point.as_double:
            return point.as_double
        case _:
            return None


def _labels(attributes: "Iterable[KeyValue]") -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in islice(attributes, LABELS_MAX):
        name = _NOT_A_NAME.sub("_", attribute.key[:TEXT_MAX]).strip("_")
        if name and name not in OWN_LABELS:
            found.setdefault(f"_{name}" if name[0].isdigit() else name, _shown(attribute.value))
    return found


def _shown(attribute: Any) -> str:
    match attribute.WhichOneof("value"):
        case "string_value":
            return _text(attribute.string_value)
        case "bool_value":
            return "true" if attribute.bool_value else "false"
        case "int_value":
            return str(attribute.int_value)
        case "double_value":
            return str(attribute.double_value)
        case _:
            return ""


def _text(text: str) -> str:
    return text[:TEXT_MAX]
