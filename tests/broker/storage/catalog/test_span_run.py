"""Runs of spans in memory."""

from hypothesis import given
from hypothesis import strategies as st

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_run import SpanRun


def run_of(count: int, length: int = 10) -> SpanRun:
    run = SpanRun()
    for index in range(count):
        run.append(Span(index * 10, index * 10 + 9, 1, index * length, length, index, index, 1))
    return run


def bases(spans: list[Span]) -> list[int]:
    return [span.base for span in spans]


def test_an_empty_run_covers_nothing() -> None:
    """And reading it gives nothing."""
    run = SpanRun()

    assert not run.covers(0)
    assert run.read(0, 100) == []
    run.drop_first()
    assert list(run) == []


@given(st.integers(0, 300), st.lists(st.integers(0, 60), max_size=8))
def test_dropping_from_the_front_never_shows(count: int, drops: list[int]) -> None:
    """What is left reads as if nothing else had ever been there, however often the head moved."""
    run, left = run_of(count), list(range(count))
    for drop in drops:
        if drop == 0:
            run.drop_first()
            left = left[1:]
        else:
            gone = run.drop_below(left[0] * 10 + drop * 10 if left else 0)
            assert bases(gone) == [index * 10 for index in left[: len(gone)]]
            left = left[len(gone) :]
        assert bases(list(run)) == [index * 10 for index in left]
        assert len(run) == len(left)
        if left:
            assert run.covers(left[0] * 10)
            assert not run.covers(left[0] * 10 - 1)
            assert bases(run.read(left[0] * 10 + 5, 25)) == [index * 10 for index in left[:3]]


def test_a_straddling_span_stays() -> None:
    """Only spans that end before the offset go, at most as many as allowed."""
    run = run_of(5)

    assert bases(run.drop_below(25)) == [0, 10]
    assert bases(run.drop_below(50, limit=1)) == [20]
    assert bases(list(run)) == [30, 40]


def test_a_timestamp_below_the_log_start_finds_what_is_left() -> None:
    """Spans below the log start are passed over."""
    assert bases(run_of(5).from_timestamp(1, 35, 2)) == [30, 40]


def test_spans_are_replaced_where_all_of_them_are_held() -> None:
    """Where some are not, none are held any more, and the rest stays contiguous."""
    old = [Span(at, at + 1, 1, at, 10, at, at, 1) for at in range(0, 20, 2)]
    new = [Span(4, 6, 9, 0, 5, 6, 6, 1), Span(7, 11, 9, 5, 5, 11, 11, 1)]
    for dropped, left in ((0, [0, 2, 4, 7, 12, 14, 16, 18]), (2, [4, 7, 12, 14, 16, 18]), (3, [12, 14, 16, 18]), (7, [14, 16, 18])):
        run = SpanRun()
        for span in old:
            run.append(span)
        run.drop_below(dropped * 2)
        run.replace(4, 11, new)
        assert [span.base for span in run] == left
        assert run.covers(12) == (dropped < 7)
    empty = SpanRun()
    empty.replace(4, 11, new)
    assert len(empty) == 0
