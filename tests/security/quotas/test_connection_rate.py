"""New connections: at once, later, or not at all."""

from security.quotas.connection_rate import AT_ONCE, ConnectionRate
from security.quotas.quota_table import Limit
from security.quotas.rate_window import WindowShape

SHAPE = WindowShape(2, 1000)
ALL = Limit(5.0, ("broker",), "broker")


def address(name: str, rate: float = 1.0) -> Limit:
    return Limit(rate, ("ip", name), "ip")


def test_an_address_above_its_rate_is_turned_away() -> None:
    """After a burst; others are not concerned."""
    rate = ConnectionRate(SHAPE, 100)
    verdicts = [rate.judge(address("a"), [], 0) for _ in range(4)]

    assert verdicts[:2] == [AT_ONCE, AT_ONCE]
    assert [(each.refused, each.rule) for each in verdicts[2:]] == [(True, "ip")] * 2
    assert rate.judge(address("b"), [], 0) == AT_ONCE
    assert rate.judge(address("a"), [], 1000) == AT_ONCE


def test_above_the_rate_of_all_they_wait_for_their_turn() -> None:
    """One after the other, at that rate, and not longer than a measure."""
    rate = ConnectionRate(SHAPE, 100)
    verdicts = [rate.judge(None, [ALL], 0) for _ in range(20)]

    assert verdicts[:10] == [AT_ONCE] * 10
    assert [(each.wait_ms, each.refused) for each in verdicts[10:15]] == [(200 * n, False) for n in range(1, 6)]
    assert all(each.refused for each in verdicts[15:])
    # Those turned away did not count: the queue does not grow with an attack.
    assert not rate.judge(None, [ALL], 400).refused


def test_who_is_turned_away_for_its_address_costs_the_others_nothing() -> None:
    """The shared rate is not used up by it."""
    rate = ConnectionRate(SHAPE, 100)
    for _ in range(1000):
        rate.judge(address("attacker"), [ALL], 0)

    assert [rate.judge(address(str(n)), [ALL], 0) for n in range(8)] == [AT_ONCE] * 8


def test_the_tightest_of_several_counts() -> None:
    """The broker's rate and the listener's."""
    rate = ConnectionRate(SHAPE, 100)
    listener = Limit(1.0, ("listener", "A"), "listener")
    for _ in range(2):
        assert rate.judge(None, [ALL, listener], 0) == AT_ONCE

    verdict = rate.judge(None, [ALL, listener], 0)

    assert (verdict.wait_ms, verdict.rule) == (1000, "listener")
