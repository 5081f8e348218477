"""What connecting costs, by address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.server.connecting_time import ADDRESSES, BURST_S, EXPECTED_S, LONGEST_WAIT_S, ConnectingTime, network_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def come(time: ConnectingTime, address: str) -> float:
    """How long a connection waits that is counted at once."""
    wait_s = time.wait_s(address)
    time.spend(address, EXPECTED_S)
    return wait_s


def test_an_address_waits_until_it_is_within_its_share_again() -> None:
    """Others do not wait for it."""
    clock = Clock()
    time = ConnectingTime(0.1, clock)
    assert come(time, "a") == 0
    time.spend("a", BURST_S + 0.1)
    assert come(time, "a") == pytest.approx((0.1 + EXPECTED_S) / 0.1)
    assert come(time, "b") == 0
    clock.now = 2.0
    assert come(time, "a") == 0


def test_nobody_waits_for_longer_than_clients_do() -> None:
    """Whatever it has cost."""
    time = ConnectingTime(0.1, Clock())
    time.spend("a", 1000)
    assert come(time, "a") == LONGEST_WAIT_S


def test_without_a_share_nothing_is_counted() -> None:
    """0 turns it off."""
    time = ConnectingTime(0.0, Clock())
    time.spend("a", 1000)
    assert come(time, "a") == 0
    assert len(time) == 0


def test_many_that_come_together_do_not_all_find_room() -> None:
    """Each counts before it has cost anything."""
    time = ConnectingTime(0.1, Clock())
    waits = [come(time, "a") for _ in range(int(BURST_S / EXPECTED_S) + 200)]
    assert waits[:1000] == [0] * 1000
    assert 0 < waits[-100] < waits[-1] < LONGEST_WAIT_S


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 0.5)), max_size=60))
def test_over_time_an_address_has_its_share_and_a_burst(steps: list[tuple[float, float]]) -> None:
    """When it costs nothing while it is told to wait."""
    clock = Clock()
    time = ConnectingTime(0.25, clock)
    spent = 0.0
    for pause, cost in steps:
        clock.now += pause
        clock.now += (wait := come(time, "a"))
        if wait < LONGEST_WAIT_S:
            time.spend("a", cost)
            spent += cost
    longest = max((cost for _, cost in steps), default=0.0)
    assert spent <= BURST_S + longest + 0.25 * clock.now + 1e-6


def test_memory_does_not_follow_the_number_of_addresses() -> None:
    """Those that have been quiet for longest are forgotten."""
    time = ConnectingTime(0.1, Clock())
    time.spend("busy", 10)
    for number in range(ADDRESSES * 3):
        come(time, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        if number % 100 == 0:
            come(time, "busy")
    assert len(time) <= ADDRESSES
    assert come(time, "busy") > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("unknown", "unknown"),
        ("a:b:nonsense", "a:b:nonsense"),
    ],
)
def test_whose_address_it_is(address: str, network: str) -> None:
    """Of IPv6 the first half."""
    assert network_of(address) == network
