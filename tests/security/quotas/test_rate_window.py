"""How long to wait for a rate to be what it may be."""

import random

import pytest

from security.quotas.rate_window import THROTTLE_MAX_MS, RateWindow, WindowShape

SHAPE = WindowShape(11, 1000)


def test_a_burst_of_all_windows_is_free() -> None:
    """What a quota gives in ten seconds may be used in one go; a little more costs the time it takes."""
    window = RateWindow(SHAPE)
    window.add(10_000, 500_000)
    assert window.throttle_ms(1000, 500_000) == 0

    window.add(1_000, 500_000)

    assert window.throttle_ms(1000, 500_000) == 1000


def test_what_was_used_is_forgotten() -> None:
    """After all windows."""
    window = RateWindow(SHAPE)
    window.add(1_000_000, 0)
    assert window.throttle_ms(1, 10_999) > 0

    assert window.throttle_ms(1, 11_000) == 0


def test_the_longest_wait_can_be_told() -> None:
    """In the 32 bits there are, even for the smallest quota."""
    window = RateWindow(SHAPE)
    window.add(1e30, 0)

    assert window.throttle_ms(1, 0) == THROTTLE_MAX_MS


def test_a_clock_that_stands_or_runs_back_does_no_harm() -> None:
    """What is added then is in the open window."""
    window = RateWindow(SHAPE)
    window.add(5_000, 10_000)
    window.add(5_000, 9_000)

    assert window.throttle_ms(500, 10_000) == 10_000


@pytest.mark.parametrize("shape", [SHAPE, WindowShape(1, 1000), WindowShape(3, 2000)])
def test_who_waits_as_told_has_the_rate(shape: WindowShape) -> None:
    """Over a long time a client that obeys is given its quota, hardly more nor less, whatever the sizes of its requests."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    window, now_ms, used, bound = RateWindow(shape), 0, 0.0, 1000.0
    while now_ms < 2_000_000:
        amount = chance.randrange(1, 3000)
        window.add(amount, now_ms)
        used += amount
        now_ms += window.throttle_ms(bound, now_ms) + 1

    # What is forgotten with old windows, and the burst at first, are no more than a few windows' worth now and then.
    assert 0.9 < used / (now_ms / 1000) / bound < 1.35
