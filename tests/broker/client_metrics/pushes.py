"""Pushes as clients make them."""

from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource


def attributes(values: Mapping[str, Any]) -> list[KeyValue]:
    kinds = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}
    return [
        KeyValue(key=key, value=AnyValue() if value is None else AnyValue(**{kinds[type(value)]: value}))
        for key, value in values.items()
    ]


def gauge(name: str, number: float, **labels: Any) -> Metric:
    return Metric(name=name, gauge=Gauge(data_points=[NumberDataPoint(as_double=number, attributes=attributes(labels))]))


def total(name: str, number: int, *, delta: bool = False, **labels: Any) -> Metric:
    points = [NumberDataPoint(as_int=number, attributes=attributes(labels))]
    return Metric(name=name, sum=Sum(data_points=points, aggregation_temporality=1 if delta else 2, is_monotonic=True))  # type: ignore[arg-type]


def push_of(metrics: Iterable[Metric], **resource: Any) -> bytes:
    of_resource = ResourceMetrics(
        resource=Resource(attributes=attributes(resource)), scope_metrics=[ScopeMetrics(metrics=list(metrics))]
    )
    return MetricsData(resource_metrics=[of_resource]).SerializeToString()
