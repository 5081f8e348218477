"""Counters and histograms that one thread updates: a tenth of the cost of prometheus_client's, which take a lock each time.

A request updates half a dozen of them, which with locks was a tenth of all its CPU. They register with a prometheus_client
registry and look the same from outside. Only the event loop's thread may update them; any thread may read.
"""

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

Child = TypeVar("Child")


class CounterChild:
    """One series of a counter."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        """Count ``amount`` more, which must not be negative."""
        self.value += amount


class HistogramChild:
    """One series of a histogram. ``bounds`` are the upper ends of its buckets, infinity left out."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, amount: float) -> None:
        """Count one observation of ``amount``; a bound belongs to the bucket that ends with it."""
        self.counts[bisect_left(self._bounds, amount)] += 1
        self.sum += amount


class _Family(Collector, Generic[Child]):
    """The series of one metric by the values of its labels."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = tuple(labels)
        self._children: dict[tuple[str, ...], Child] = {}
        registry.register(self)

    def labels(self, *values: str) -> Child:
        """The series with these values, made when it is first asked for. Hot paths ask once and keep it."""
        child = self._children.get(values)
        if child is None:
            if len(values) != len(self._labels):
                raise ValueError(f"{self._name} has the labels {self._labels}, not {len(values)} values")
            child = self._children[values] = self._new_child()
        return child

    @abstractmethod
    def _new_child(self) -> Child: ...

    def _series(self) -> list[tuple[tuple[str, ...], Child]]:
        # A copy in one step: the loop may add series while another thread reads.
        return list(self._children.items())


class LoopCounter(_Family[CounterChild]):
    """Like prometheus_client's Counter. ``name`` comes without the ``_total`` that is added."""

    def __init__(
        self, name: str, documentation: str, labels: Sequence[str] = (), *, registry: CollectorRegistry
    ) -> None:
        super().__init__(name, documentation, labels, registry)
        if not labels:
            self.inc = self.labels().inc

    def _new_child(self) -> CounterChild:
        return CounterChild()

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for when it renders the registry."""
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for values, child in self._series():
            family.add_metric(values, child.value)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone, so that the registry can refuse a second metric of it."""
        yield CounterMetricFamily(self._name, self._documentation, labels=self._labels)


class LoopHistogram(_Family[HistogramChild]):
    """Like prometheus_client's Histogram. ``buckets`` are upper bounds in rising order, infinity left out."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._bounds = tuple(float(bound) for bound in buckets)
        assert all(low < high for low, high in zip(self._bounds, self._bounds[1:], strict=False)), "bounds rise"
        self._shown = [*map(str, self._bounds), "+Inf"]
        super().__init__(name, documentation, labels, registry)
        if not labels:
            self.observe = self.labels().observe

    def _new_child(self) -> HistogramChild:
        return HistogramChild(self._bounds)

    def collect(self) -> Iterator[Metric]:
        """What prometheus_client asks for when it renders the registry."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
        for values, child in self._series():
            family.add_metric(values, list(zip(self._shown, accumulate(child.counts), strict=True)), child.sum)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone, so that the registry can refuse a second metric of it."""
        yield HistogramMetricFamily(self._name, self._documentation, labels=self._labels)
