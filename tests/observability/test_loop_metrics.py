"""Counters and histograms of the event loop's thread."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from observability.loop_metrics import LoopCounter, LoopHistogram


def _samples(registry: CollectorRegistry) -> list[str]:
    """What a scrape shows, but for the times of creation, which only prometheus_client's own metrics have."""
    return [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]


def test_a_counter_looks_like_the_usual_one() -> None:
    """A scrape cannot tell it from prometheus_client's counter."""
    ours, usual = CollectorRegistry(auto_describe=True), CollectorRegistry(auto_describe=True)
    for counter in (
        LoopCounter("penstock_things", "Things.", ["kind"], registry=ours),
        Counter("penstock_things", "Things.", ["kind"], registry=usual),
    ):
        counter.labels("a").inc()
        counter.labels("a").inc(41)
        counter.labels("b").inc(0.5)

    assert _samples(ours) == _samples(usual)


def test_a_histogram_looks_like_the_usual_one() -> None:
    """Buckets, count and sum agree with prometheus_client's histogram, on the bounds themselves and beyond the last too."""
    ours, usual = CollectorRegistry(auto_describe=True), CollectorRegistry(auto_describe=True)
    for histogram in (
        LoopHistogram("penstock_waits", "Waits.", ["api"], buckets=(0.5, 1, 10), registry=ours),
        Histogram("penstock_waits", "Waits.", ["api"], buckets=(0.5, 1, 10), registry=usual),
    ):
        for amount in (0, 0.5, 0.75, 1, 3, 10, 11):
            histogram.labels("x").observe(amount)

    assert _samples(ours) == _samples(usual)


def test_without_labels_the_metric_is_its_own_series() -> None:
    """A metric without labels shows zero from the start and is updated directly."""
    registry = CollectorRegistry(auto_describe=True)
    counter = LoopCounter("penstock_plain", "Plain.", registry=registry)
    histogram = LoopHistogram("penstock_sizes", "Sizes.", buckets=(1, 2), registry=registry)
    assert registry.get_sample_value("penstock_plain_total") == 0
    assert registry.get_sample_value("penstock_sizes_count") == 0

    counter.inc(3)
    histogram.observe(2)

    assert registry.get_sample_value("penstock_plain_total") == 3
    assert registry.get_sample_value("penstock_sizes_bucket", {"le": "2.0"}) == 1


def test_a_name_is_given_once() -> None:
    """A second metric of the same name is refused where it is declared."""
    registry = CollectorRegistry(auto_describe=True)
    LoopCounter("penstock_things", "Things.", registry=registry)
    with pytest.raises(ValueError, match="Duplicated"):
        LoopCounter("penstock_things", "Again.", registry=registry)


def test_the_number_of_labels_is_checked() -> None:
    """A series with too few or too many values is a bug that shows at once."""
    counter = LoopCounter("penstock_things", "Things.", ["kind"], registry=CollectorRegistry())
    with pytest.raises(ValueError, match="labels"):
        counter.labels("a", "b")
