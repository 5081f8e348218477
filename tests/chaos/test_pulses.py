"""How pauses are measured."""

import pytest

from tests.chaos import pulses
from tests.chaos.pulses import Gaps


def test_the_longest_gap_of_any_partition_counts_also_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only since the measurement began."""
    now = [100.0]
    monkeypatch.setattr(pulses.time, "monotonic", lambda: now[0])
    gaps = Gaps(2)
    now[0] = 101.0
    gaps.event(0)
    now[0] = 101.5
    gaps.event(0)
    assert gaps.longest_s() == pytest.approx(1.5)  # partition 1 has had nothing yet
    gaps.event(1)
    now[0] = 102.0
    assert gaps.longest_s() == pytest.approx(1.5)
    gaps.begin()
    now[0] = 102.25
    assert gaps.longest_s() == pytest.approx(0.25)
