"""A store that asks for less gets less, and more again when it is well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.storage.objects.pacing import Attempts, Hedging, Pace


def test_throttling_halves_and_success_adds_one_a_round() -> None:
    """Additive up, multiplicative down (P1)."""
    pace = Pace(16)
    pace.throttled(10.0)
    assert pace.at_once == 8
    assert pace.pause_s > 0
    for _ in range(9):
        pace.succeeded()
    assert pace.at_once == 9
    for _ in range(200):
        pace.succeeded()
    assert (pace.at_once, pace.pause_s) == (16, 0.0)


def test_a_burst_counts_once() -> None:
    """All requests of it were sent before the first was told (P2)."""
    pace = Pace(16)
    for _ in range(16):
        pace.throttled(10.0)
    assert pace.at_once == 8
    pace.throttled(11.5)
    assert pace.at_once == 4


def test_throttling_never_stops_requests() -> None:
    """One at a time is the least, with bounded pauses (P1)."""
    pace = Pace(4)
    for second in range(1000):
        pace.throttled(float(second))
    assert pace.at_once == 1
    assert pace.pause_s <= 2.0


def test_a_store_is_well_again_after_a_while() -> None:
    """Until then there are no second requests (P3)."""
    pace = Pace(4)
    assert pace.is_well(0.0)
    pace.throttled(100.0)
    assert not pace.is_well(105.0)
    assert pace.is_well(111.0)


def test_slow_is_what_is_slower_than_most() -> None:
    """Known after a few requests, and never too little."""
    hedging = Hedging(0.01)
    assert hedging.after_s is None
    for number in range(100):
        hedging.observed(0.1 if number % 25 else 2.0)
    assert hedging.after_s == pytest.approx(0.1)
    quick = Hedging(0.05)
    for _ in range(50):
        quick.observed(0.001)
    assert quick.after_s == 0.05


def test_one_request_in_ten_may_have_a_second() -> None:
    """However slow the store becomes (P3)."""
    hedging = Hedging(0.01)
    hedged = 0
    for _ in range(1000):
        hedging.observed(1.0)
        if hedging.after_s is not None:
            hedging.hedged()
            hedged += 1
    assert 90 <= hedged <= 105


@given(st.floats(0, 1), st.integers(1, 60))
def test_tries_come_ever_more_slowly_until_time_is_up(chance: float, give_up_s: int) -> None:
    """Neither all at once nor for ever (P4)."""
    attempts = Attempts(float(give_up_s))
    elapsed = 0.0
    delays = []
    while (delay := attempts.delay(elapsed, chance)) is not None:
        elapsed += delay
        delays.append(delay)
    assert elapsed < give_up_s
    assert delays == sorted(delays)
    assert all(0 < delay <= attempts.most_s for delay in delays)
