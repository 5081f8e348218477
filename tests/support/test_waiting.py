"""Waiting by asking again ends with what was waited for, or says what was seen instead."""

import pytest

from tests.support.waiting import wait_until


def test_the_first_sight_that_fits_is_returned() -> None:
    """And nobody looks again after it."""
    sights = iter(range(10))

    assert wait_until(lambda number: number == 3, lambda: next(sights)) == 3
    assert next(sights) == 4


def test_too_late_tells_the_last_sight() -> None:
    """Without it nobody could tell why a test on another machine gave up."""
    with pytest.raises(AssertionError, match="after 0 s still 'asleep'"):
        wait_until(lambda seen: seen == "awake", lambda: "asleep", deadline_s=0.0)
