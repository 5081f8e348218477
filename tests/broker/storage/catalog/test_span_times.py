"""When a span is from, with timestamps and without."""

from hypothesis import given
from hypothesis import strategies as st

from broker.storage.catalog.span_times import UNKNOWN, is_older, of_batch, of_both, time_of, untimed

TIMES = st.integers(0, 2**50)


@given(TIMES, TIMES)
def test_the_time_of_arrival_stands_for_a_timestamp(came: int, oldest: int) -> None:
    """It is below what any search for a timestamp finds, and retention goes by it."""
    assert untimed(came) < UNKNOWN
    assert time_of(untimed(came)) == came
    assert is_older(untimed(came), oldest) == (came < oldest)
    assert is_older(came, oldest) == (came < oldest)


def test_what_nobody_knows_of_is_not_old() -> None:
    assert time_of(UNKNOWN) is None
    assert not is_older(UNKNOWN, 2**60)


@given(TIMES, TIMES)
def test_two_become_one(one: int, other: int) -> None:
    """A timestamp counts more than a time of arrival, and that more than nothing."""
    assert of_both(one, other) == of_both(other, one) == max(one, other)
    assert of_both(one, untimed(other)) == of_both(untimed(other), one) == one
    assert of_both(untimed(one), untimed(other)) == untimed(max(one, other))
    assert of_both(UNKNOWN, untimed(one)) == of_both(untimed(one), UNKNOWN) == untimed(one)


@given(TIMES, TIMES)
def test_a_batch_is_from_when_its_span_is(timestamp: int, source: int) -> None:
    """Unless its records say so themselves."""
    assert of_batch(timestamp, source) == of_batch(timestamp, untimed(source)) == timestamp
    assert of_batch(UNKNOWN, untimed(source)) == of_batch(UNKNOWN, source) == untimed(source)
    assert of_batch(UNKNOWN, UNKNOWN) == UNKNOWN
