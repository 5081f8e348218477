"""A worker thread's rests."""

import pytest

from broker import pacing
from broker.pacing import FREE_S, REST, Pacer


def test_short_work_is_not_held_up_and_long_work_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times as long as it worked since it was asked last, once it has had what is free."""
    now = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(pacing, "perf_counter", lambda: now[0])
    monkeypatch.setattr(pacing, "sleep", sleep)
    pause = Pacer()
    for _ in range(20):
        now[0] += FREE_S / 10
        pause()

    assert 9 <= len(slept) <= 11
    assert slept == pytest.approx([FREE_S / 10 * REST] * len(slept))
