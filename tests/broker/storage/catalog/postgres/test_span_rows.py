from broker.model import LogBounds
from broker.storage.catalog.base import Span, SpanAnswer, SpanQuery
from broker.storage.catalog.postgres.span_rows import answer_of, bounds_of, is_short

BOUNDS = (1, 9, 8, 2, 70, [1, 3, 2, 5])


def span(base: int) -> Span:
    return Span(base, base + 1, 1, 0, 10, 5, 5, 1, 0)


def row(base: int) -> tuple[object, ...]:
    return (*BOUNDS, base, base + 1, 1, 0, 10, 5, 5, 1, 0)


def test_bounds_with_their_epochs() -> None:
    """Most logs have had one."""
    assert bounds_of(BOUNDS) == LogBounds(1, 9, 8, 2, 70, ((1, 3), (2, 5)))
    assert bounds_of((*BOUNDS[:5], None)) == LogBounds(1, 9, 8, 2, 70)


def test_rows_of_one_log() -> None:
    """No row, no log; a row without a span, no spans."""
    assert answer_of([row(1), row(3)]) == SpanAnswer(bounds_of(BOUNDS), [span(1), span(3)])
    assert answer_of([(*BOUNDS, *[None] * 9)]) == SpanAnswer(bounds_of(BOUNDS), [])
    assert answer_of([]) == SpanAnswer(None, ())


def test_whether_more_was_asked_for() -> None:
    """As many as there may be, and not enough bytes."""
    answer = SpanAnswer(None, [span(1), span(3), span(5)])

    assert is_short(SpanQuery(1, 0, 31), answer, 3)
    assert not is_short(SpanQuery(1, 0, 30), answer, 3)
    assert not is_short(SpanQuery(1, 0, 31), answer, 4)
