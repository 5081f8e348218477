"""A worker thread's rests."""

import pytest

from broker import pacing
from broker.pacing import FREE_S, REST, Allowance, Pacer


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


class Times:
    """A thread that works and rests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.worked, self.slept = 50.0, 3.0, 0.0
        monkeypatch.setattr(pacing, "perf_counter", lambda: self.now)
        monkeypatch.setattr(pacing, "thread_time", lambda: self.worked)
        monkeypatch.setattr(pacing, "sleep", self.pass_by)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.worked += seconds


def test_work_of_a_kind_has_its_share_and_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it is divided, into pieces and between those that cause it."""
    times = Times(monkeypatch)
    allowance = Allowance(0.1, 0.05)
    began = times.now
    for _ in range(100):
        allowance.begin()
        for _ in range(5):
            times.work(0.002)
            allowance()
    assert 1.0 - 0.05 <= 0.1 * (times.now - began) <= 1.0
    times.pass_by(10)
    before = times.slept
    allowance.begin()
    times.work(0.05)
    allowance()
    assert times.slept == before, "after a while there is a burst again"


def test_what_other_threads_do_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is processor time, and each thread has its own count of it."""
    times = Times(monkeypatch)
    allowance = Allowance(0.1, 0.05)
    for count in (1_000.0, 7.0):
        times.worked = count
        allowance.begin()
        times.now += 5
        allowance()
    assert times.slept == 0
