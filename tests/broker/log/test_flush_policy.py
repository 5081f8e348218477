"""When a group is made, and who keeps its bytes."""

from math import inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.log.flush_policy import LINGER_S, FlushLimits, FlushPolicy, OnTheWay

NOTHING = OnTheWay(0, 0, 0)
LIMITS = FlushLimits(
    flush_bytes=1000, age_s=0.25, slots=2, puts_per_second=4, inline_bytes=100, inline_bytes_per_second=400
)
FREE = FlushLimits(flush_bytes=1000, age_s=0.25, slots=2)


def test_no_more_groups_than_slots_are_on_their_way() -> None:
    """Whatever is queued, and for how long it has been."""
    policy = FlushPolicy(FREE)
    assert policy.wait_s(100, 5000, 0, OnTheWay(2, 10, 0)) == inf
    assert policy.is_full(1, OnTheWay(2, 10, 0))
    assert policy.wait_s(100, 5000, 0, OnTheWay(1, 10, 0)) == 0


def test_no_more_bytes_than_the_slots_hold_are_on_their_way() -> None:
    """A batch may be larger than a group should be; when nothing else is on its way it goes all the same."""
    policy = FlushPolicy(FREE)
    assert policy.is_full(200, OnTheWay(1, 1900, 0))
    assert not policy.is_full(100, OnTheWay(1, 1900, 0))
    assert not policy.is_full(5000, NOTHING)


def test_size_and_age_do_not_wait_for_the_budget() -> None:
    """They overdraw it; then what is small and young waits until it is paid."""
    policy = FlushPolicy(FlushLimits(flush_bytes=1000, age_s=0.25, slots=2, puts_per_second=4))
    for _ in range(4):
        assert policy.wait_s(10, 1000, 10, NOTHING) == 0
        policy.goes_inline(10, 1000, NOTHING)
    assert policy.wait_s(10.25, 10, 10, NOTHING) == 0
    assert policy.wait_s(10.1, 10, 10.1, NOTHING) == pytest.approx(0.25)
    assert policy.wait_s(10.9, 10, 10.8, NOTHING) == 0


def test_what_is_small_goes_to_the_catalog_at_once() -> None:
    """One group at a time; while it is on its way the next gathers."""
    policy = FlushPolicy(LIMITS)
    assert policy.wait_s(5, 50, 5, NOTHING) == 0
    assert policy.goes_inline(5, 50, NOTHING)
    assert policy.wait_s(5.01, 50, 5.01, OnTheWay(1, 50, 1)) == pytest.approx(0.25)
    assert not policy.goes_inline(5.01, 50, OnTheWay(1, 50, 1))
    assert policy.wait_s(5.02, 50, 5.01, NOTHING) == 0


def test_what_is_not_so_small_lingers_for_a_moment() -> None:
    """Those who send together go together."""
    policy = FlushPolicy(LIMITS)
    assert policy.wait_s(5, 101, 5, NOTHING) == LINGER_S
    assert policy.wait_s(5 + LINGER_S, 101, 5, NOTHING) == 0
    assert not policy.goes_inline(5, 101, NOTHING)


def test_the_catalog_is_given_so_much_a_second() -> None:
    """Then the store is; later the catalog again."""
    policy = FlushPolicy(LIMITS)
    for _ in range(2):
        assert policy.goes_inline(5, 100, NOTHING)
    assert policy.wait_s(5, 50, 5, NOTHING) == LINGER_S
    assert not policy.goes_inline(5, 50, NOTHING)
    assert policy.wait_s(5.125, 50, 5.125, NOTHING) == 0
    assert policy.goes_inline(5.125, 50, NOTHING)


def test_without_budgets_nothing_goes_to_the_catalog_and_nothing_waits_for_the_store() -> None:
    """0 is no inline writing, and no bound on objects."""
    policy = FlushPolicy(FREE)
    for _ in range(100):
        assert policy.wait_s(5 + LINGER_S, 1, 5, NOTHING) == 0
        assert not policy.goes_inline(5, 1, NOTHING)


@given(seed=st.integers(0, 2**32), rate=st.integers(1, 50), size=st.integers(1, 900))
def test_the_budget_holds_over_time(seed: int, rate: int, size: int) -> None:
    """Whatever comes when: no batch waits beyond its age with a slot free, and as long as age asks for nothing, objects stay within the budget."""
    random = Random(seed)
    limits = FlushLimits(flush_bytes=1000, age_s=10_000, slots=2, puts_per_second=rate)
    policy = FlushPolicy(limits)
    now, puts = 0.0, 0
    for _ in range(300):
        now += random.random() * 0.1
        queued_at = now
        wait = policy.wait_s(now, size, queued_at, NOTHING)
        assert 0 <= wait <= limits.age_s
        now += wait + 1e-9
        assert policy.wait_s(now, size, queued_at, NOTHING) == pytest.approx(0, abs=1e-6)
        policy.goes_inline(now, size, NOTHING)
        puts += 1
    assert puts <= 1 + rate * 0.5 + 1 + rate * now * 1.001
