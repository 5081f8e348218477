"""Broker settings that are the defaults of topics: which of several units counts."""

from typing import Any

import pytest

from broker.config.settings import Settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 604_800_000),
        ({"log_retention_hours": 2}, 7_200_000),
        ({"log_retention_hours": 2, "log_retention_minutes": 3}, 180_000),
        ({"log_retention_hours": 2, "log_retention_minutes": 3, "log_retention_ms": 4}, 4),
        ({"log_retention_hours": 2, "log_retention_ms": -1}, -1),
        ({"log_retention_hours": -1}, -1),
        ({"log_retention_minutes": -1}, -1),
    ],
)
def test_the_finest_unit_of_retention_counts(given: dict[str, Any], expected: int) -> None:
    """log.retention.ms before .minutes before .hours; -1 is for ever in each."""
    assert Settings(**given).retention_ms == expected


def test_the_finest_unit_of_rolling_and_flushing_counts() -> None:
    """As in Kafka; they have no effect, but tools see them."""
    assert (Settings().segment_ms, Settings(log_roll_hours=1).segment_ms) == (604_800_000, 3_600_000)
    assert Settings(log_roll_hours=1, log_roll_ms=5).segment_ms == 5
    assert (Settings(log_roll_jitter_hours=1).segment_jitter_ms, Settings(log_roll_jitter_ms=5).segment_jitter_ms) == (3_600_000, 5)
    assert (Settings().flush_ms, Settings(log_flush_scheduler_interval_ms=7).flush_ms) == (2**63 - 1, 7)
    assert Settings(log_flush_scheduler_interval_ms=7, log_flush_interval_ms=5).flush_ms == 5
