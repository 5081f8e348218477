"""Waiting for what nobody announces."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_S = 0.002

Seen = TypeVar("Seen")


def wait_until(condition: Callable[[Seen], bool], look: Callable[[], Seen], deadline_s: float = 30.0) -> Seen:
    """Look until ``condition`` holds for what is seen, and return that; AssertionError with the last sight when it is too late.

    Only for what can be seen in no other way than by asking again: Apache Kafka answers before leaders, coordinators and
    deletions are known everywhere, and tells nobody when they are. Where there is something to wait for (an answer
    that is held back, a line of output, an event), wait for that.
    """
    deadline = time.monotonic() + deadline_s
    while not condition(seen := look()):
        assert time.monotonic() < deadline, f"after {deadline_s:g} s still {seen!r}"
        time.sleep(POLL_S)
    return seen
