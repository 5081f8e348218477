"""A metric whose series come and go with their owners, as many of them as a bound allows.

The event loop's thread changes it; any thread may render it. What an owner has is replaced as a whole, so a reader sees either.
"""

from collections.abc import Hashable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Labels = tuple[tuple[str, str], ...]
"""Names and values, in a fixed order."""


class SeriesTable(Collector):
    """Series by owner."""

    def __init__(self, name: str, documentation: str, *, registry: CollectorRegistry) -> None:
        self._name = name
        self._documentation = documentation
        self._of: dict[Hashable, Mapping[Labels, float]] = {}
        self._count = 0
        registry.register(self)

    def __len__(self) -> int:
        """Series of all owners together."""
        return self._count

    def of(self, owner: Hashable) -> Mapping[Labels, float]:
        """What an owner has."""
        return self._of.get(owner, {})

    def put(self, owner: Hashable, series: Mapping[Labels, float], series_max: int) -> int:
        """Let the owner have these series instead of those it had, or as many of them as keep all owners' together within ``series_max``.
        How many were left out."""
        room = max(0, series_max - (self._count - len(self.of(owner))))
        kept = dict(series) if len(series) <= room else dict(list(series.items())[:room])
        self._count += len(kept) - len(self.of(owner))
        if kept:
            self._of[owner] = kept
        else:
            self._of.pop(owner, None)
        return len(series) - len(kept)

    def drop(self, owner: Hashable) -> None:
        """The owner is gone, and its series with it."""
        self._count -= len(self._of.pop(owner, {}))

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for when it renders the registry."""
        family = Metric(self._name, self._documentation, "unknown")
        # A copy in one step: the loop may add and drop owners while another thread reads.
        for series in list(self._of.values()):
            for labels, number in series.items():
                family.add_sample(self._name, dict(labels), number)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone, so that the registry can refuse a second metric of it."""
        yield Metric(self._name, self._documentation, "unknown")
