"""Where batches begin in large spans, remembered."""

from broker.log.batch_marks import WORTH_BYTES, BatchMarks, Mark
from broker.storage.catalog.base import Span


def span(object_id: int = 1, length: int = 1 << 20) -> Span:
    return Span(100, 10_000, object_id, 4096, length, 0, 0, 10)


def test_finds_the_nearest_known_batch_at_or_before_an_offset() -> None:
    """Without marks it is the span's first."""
    marks = BatchMarks()
    assert marks.find(span(), 5000) == Mark(100, 0)
    marks.add(span(), 600, 70_000)
    marks.add(span(), 300, 30_000)
    marks.add(span(), 300, 30_000)
    assert marks.find(span(), 299) == Mark(100, 0)
    assert marks.find(span(), 300) == Mark(300, 30_000)
    assert marks.find(span(), 5000) == Mark(600, 70_000)
    assert marks.find(span(object_id=2), 5000) == Mark(100, 0)


def test_small_spans_and_their_ends_are_not_worth_a_mark() -> None:
    """Small spans are read whole; the end of a span is the next one's beginning."""
    marks = BatchMarks()
    marks.add(span(length=WORTH_BYTES), 300, 3000)
    marks.add(span(), 10_001, 1 << 20)
    marks.add(span(), 100, 0)
    assert len(marks) == 0


def test_spans_and_marks_are_bounded() -> None:
    """The span asked about longest ago goes first; a span's marks are thinned out."""
    marks = BatchMarks(capacity=2)
    marks.add(span(1), 300, 3000)
    marks.add(span(2), 300, 3000)
    marks.find(span(1), 300)
    marks.add(span(3), 300, 3000)
    assert len(marks) == 2
    assert marks.find(span(1), 400) == Mark(300, 3000)
    assert marks.find(span(2), 400) == Mark(100, 0)
    for number in range(2000):
        marks.add(span(3), 301 + number, 3001 + number)
    found = marks.find(span(3), 1500)
    assert 1000 < found.base <= 1500
    assert found.at == found.base + 2700
