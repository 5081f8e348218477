"""Metrics of several brokers together, and what they came to between two looks."""

import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Scrape:
    """Every series by its name and labels, summed over the brokers."""

    values: Mapping[Series, float]

    def since(self, before: Self) -> "Scrape":
        """What was added since then."""
        return Scrape({key: value - before.values.get(key, 0.0) for key, value in self.values.items()})

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of a metric that have these labels."""
        wanted = set(labels.items())
        return sum(value for (found, having), value in self.values.items() if found == name and wanted <= having)

    def quantile(self, name: str, share: float) -> float:
        """The upper end of the bucket of a histogram in which so large a share of it is reached; 0 when nothing was observed."""
        buckets: dict[float, float] = {}
        for (found, labels), value in self.values.items():
            if found == f"{name}_bucket":
                end = float(dict(labels)["le"])
                buckets[end] = buckets.get(end, 0.0) + value
        count = buckets.get(float("inf"), 0.0)
        if not count:
            return 0.0
        return next(end for end, value in sorted(buckets.items()) if value >= count * share)


def scraped(addresses: Sequence[str]) -> Scrape:
    """What brokers say at their HTTP addresses now."""
    values: dict[Series, float] = {}
    for address in addresses:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                values[key] = values.get(key, 0.0) + sample.value
    return Scrape(values)
