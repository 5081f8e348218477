"""A log's rows agree with each other, or it is said where they do not."""

from dataclasses import replace

import pytest

from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.span_flags import (
    FLAG_ABORT_MARKER,
    FLAG_FINAL_OFFSETS,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.checking.dump import AbortedRow, LogRow
from broker.storage.checking.log_rules import LogCheck

LOG = LogRow(1, b"t" * 16, "orders", 0, 0, 10, 10, 178, 500)
FIRST = Span(0, 8, 5, 0, 100, 400, 400, 3)
MARKER = Span(9, 9, -1, 7, MARKER_BYTES, 500, 500, 1, FLAG_ABORT_MARKER | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS)


def findings(log: LogRow, spans: list[Span], *rows: ProducerState | AbortedRow) -> list[str]:
    check = LogCheck(log)
    for span in spans:
        check.span(span)
    for row in rows:
        check.producer(row) if isinstance(row, ProducerState) else check.aborted(row)
    return [str(found) for found in check.finish()]


def test_a_log_in_order_has_no_findings() -> None:
    """With a marker, a producer and what was aborted; an empty one too, and one that was cut off."""
    producer = ProducerState(7, 0, 8, 400, ((0, 8, 0, 400),))
    assert findings(LOG, [FIRST, MARKER], producer, AbortedRow(9, 2, 7, 10)) == []
    assert findings(replace(LOG, high_watermark=0, last_stable=0, bytes=0), []) == []
    assert findings(replace(LOG, log_start=10, bytes=0), []) == []
    assert findings(replace(LOG, log_start=5), [FIRST, MARKER]) == []
    assert findings(replace(LOG, log_start=9, trimmed_below=9), [FIRST, MARKER]) == []


def test_an_open_transaction_holds_the_last_stable_offset() -> None:
    """At its first record, or where the log begins now (I5)."""
    opened = ProducerState(7, 0, 8, 400, (), 3)
    assert findings(replace(LOG, last_stable=3), [FIRST, MARKER], opened) == []
    assert findings(replace(LOG, last_stable=5, log_start=5), [FIRST, MARKER], opened) == []
    assert any("I5" in each for each in findings(LOG, [FIRST, MARKER], opened))


@pytest.mark.parametrize(
    ("spans", "what"),
    [
        ([FIRST], "the spans end at 9"),
        ([MARKER], "first offset"),
        ([], "no span holds offsets 0 to 9"),
        ([replace(FIRST, last=7), MARKER], "gap"),
        ([replace(FIRST, last=9), MARKER], "overlaps"),
        ([replace(FIRST, length=-1), MARKER], "-1 long"),
        ([FIRST, replace(MARKER, flags=FLAG_FINAL_OFFSETS)], "no marker"),
        ([FIRST, replace(MARKER, length=5)], "no marker"),
        ([replace(FIRST, base=8, last=0), MARKER], "no offsets"),
        ([FIRST, replace(MARKER, running_timestamp=300)], "running timestamp"),
    ],
)
def test_spans_tile_the_log(spans: list[Span], what: str) -> None:
    """Each way not to is found (I3)."""
    assert any(what in each and "I3" in each for each in findings(LOG, spans)), findings(LOG, spans)


@pytest.mark.parametrize(
    ("producer", "what"),
    [
        (ProducerState(7, 0, 8, 400, ((0, 8, 10, 400),)), "beyond"),
        (ProducerState(7, 0, 8, 400, ((4, 8, 2, 400), (0, 3, 5, 400))), "newest first"),
        (ProducerState(7, 0, 5, 400, ((0, 8, 0, 400),)), "at sequence 5"),
    ],
)
def test_producers_agree_with_the_log(producer: ProducerState, what: str) -> None:
    """As far as its rows tell (I6)."""
    assert any(what in each and "I6" in each for each in findings(LOG, [FIRST, MARKER], producer))


@pytest.mark.parametrize(
    "row", [AbortedRow(10, 2, 7, 10), AbortedRow(9, 9, 7, 10), AbortedRow(9, -1, 7, 10), AbortedRow(9, 2, 7, 11)]
)
def test_aborted_transactions_lie_in_the_log(row: AbortedRow) -> None:
    """From a first record to a marker (I5)."""
    assert any("I5" in each for each in findings(LOG, [FIRST, MARKER], row))


def test_aborted_transactions_come_in_order() -> None:
    """A search over them relies on it."""
    rows = [AbortedRow(5, 2, 7, 6), AbortedRow(9, 3, 8, 4)]
    assert any("cannot follow" in each for each in findings(LOG, [FIRST, MARKER], *rows))
