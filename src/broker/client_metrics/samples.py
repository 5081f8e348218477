"""Rule: what a push holds, read from its OpenTelemetry form (``MetricsData`` v1) within bounds.

- Unpacked, a push may have so many bytes and no more. What protobuf makes of it takes up to thirty times that, for a moment.
- Gauges and sums are taken, one sample for each of their points: that is all that Kafka's clients send. Histograms and summaries are
  left out, as are values that are no numbers.
- Attributes of the point and of its resource become labels: so many, so long, under names that Prometheus takes.

The protobuf library is loaded with the first push: it takes seven megabytes, and most brokers never see one.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from broker.model import value
from broker.wire.errors import DecodeError
from broker.wire.records.compression import decompress

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint

LABELS_MAX: Final = 12
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


def read(compression: int, data: bytes | memoryview, unpacked_max: int, samples_max: int) -> tuple[list[Sample], int]:
    """The samples of a push, at most ``samples_max``, and how many it has beyond them. Raises DecodeError; of that kind is
    OutputLimitError, for one that is too large unpacked."""
    from google.protobuf.message import DecodeError as ProtobufError
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

    unpacked = decompress(compression, data, unpacked_max)
    try:
        pushed = MetricsData.FromString(bytes(unpacked))
    except ProtobufError as error:
        raise DecodeError(f"not OpenTelemetry metrics: {error}") from error
    samples: list[Sample] = []
    left_out = 0
    for sample in _samples(pushed):
        if len(samples) < samples_max:
            samples.append(sample)
        else:
            left_out += 1
    return samples, left_out


def _samples(pushed: Any) -> Iterator[Sample]:
    for of_resource in pushed.resource_metrics:
        resource = of_resource.resource.attributes
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                yield from _of_metric(metric, resource)


def _of_metric(metric: "Metric", resource: "Iterable[KeyValue]") -> Iterator[Sample]:
    name = _text(metric.name)
    match metric.WhichOneof("data"):
        case "gauge":
            points, is_delta = metric.gauge.data_points, False
        case "sum":
            points, is_delta = metric.sum.data_points, metric.sum.aggregation_temporality == _DELTA
        case _:
            return
    for point in points:
        number = _number(point)
        if name and number is not None:
            yield Sample(name, _labels(chain(point.attributes, resource)), number, is_delta)


def _number(point: "NumberDataPoint") -> float | None:
    match point.WhichOneof("value"):
        case "as_int":
            return float(point.as_int)
        case "as_double" if point.as_double == point.as_double:
            return point.as_double
        case _:
            return None


def _labels(attributes: "Iterable[KeyValue]") -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for attribute in attributes:
        if len(found) >= LABELS_MAX:
            break
        name = _NOT_A_NAME.sub("_", attribute.key[:TEXT_MAX]).strip("_")
        if name and name not in OWN_LABELS:
            found.setdefault(f"_{name}" if name[0].isdigit() else name, _shown(attribute.value))
    return tuple(sorted(found.items()))


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
