"""Which group is woken when."""

from hypothesis import given
from hypothesis import strategies as st

from broker.coordinators.wake_ups import WakeUps


def test_the_earliest_wake_up_of_a_group_counts() -> None:
    """A later one changes nothing; when it has come, the group has none."""
    timers = WakeUps()
    assert timers.wake_at("g", 10)
    assert not timers.wake_at("g", 20)
    assert timers.wake_at("g", 5)
    assert timers.due(4) == []
    assert timers.due(5) == ["g"]
    assert timers.due(100) == []
    assert len(timers) == 0


def test_it_says_when_somebody_must_be_woken_earlier() -> None:
    """Whoever sleeps until the next wake-up must hear of an earlier one, and of no other."""
    timers = WakeUps()

    assert timers.wake_at("a", 10)
    assert not timers.wake_at("b", 20)
    assert timers.wake_at("c", 1)
    assert timers.next_ms == 1


def test_a_forgotten_group_is_not_woken() -> None:
    """Unless it asks again."""
    timers = WakeUps()
    timers.wake_at("g", 10)
    timers.forget("g")
    assert timers.due(10) == []
    timers.wake_at("g", 30)
    assert timers.due(30) == ["g"]


def test_wake_ups_of_groups_that_are_gone_do_not_pile_up() -> None:
    """A client can make and drop groups for ever."""
    timers = WakeUps()
    timers.wake_at("stays", 10**9)
    for number in range(10_000):
        timers.wake_at("g", 10**6 + number)
        timers.forget("g")

    assert len(timers._heap) < 100
    assert timers.due(10**9) == ["stays"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 50))), st.integers(0, 60))
def test_everybody_due_is_woken_once(asked: list[tuple[str, int]], now_ms: int) -> None:
    """Those whose earliest wish is not after now."""
    timers = WakeUps()
    for name, at_ms in asked:
        timers.wake_at(name, at_ms)

    assert sorted(timers.due(now_ms)) == sorted({name for name, at_ms in asked if at_ms <= now_ms})
