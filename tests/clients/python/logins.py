"""Rounds of requests by somebody who has logged in: what the drivers in Python have in common."""

import time
from collections.abc import Iterator

PAUSE_S = 1.1
"""Between two rounds: a client may log in again once a second."""


def rounds(seconds: float) -> Iterator[int]:
    """Counts from 1, once at least, until so long has passed."""
    end = time.monotonic() + seconds
    number = 1
    yield number
    while time.monotonic() + PAUSE_S < end:
        time.sleep(PAUSE_S)
        number += 1
        yield number
