"""The bytes of a span are the batches that the catalog says they are."""

from dataclasses import replace

import pytest

from broker.storage.catalog.base import ProducerState, Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.checking.batch_rules import BatchCheck
from broker.storage.checking.dump import LogRow
from broker.wire.records.record import Record, encode_batch

LOG = LogRow(1, b"t" * 16, "orders", 0, 0, 10, 10, 0, 0)


def batch(base: int, records: int, sequence: int = -1) -> bytes:
    made = [Record(base + index, 500, b"k", b"v") for index in range(records)]
    producer = 7 if sequence >= 0 else -1
    return bytes(
        encode_batch(
            made, base_offset=base, producer_id=producer, producer_epoch=min(producer, 0), base_sequence=sequence
        )
    )


DATA = batch(0, 3) + batch(0, 2, 0)
SPAN = Span(10, 14, 5, 0, len(DATA), 500, 500, 2)


def findings(span: Span, data: bytes, *producers: ProducerState) -> list[str]:
    check = BatchCheck(LOG, {each.producer_id: each for each in producers})
    return [str(each) for each in (*check.span(span, memoryview(data)), *check.finish())]


def test_what_was_written_is_right() -> None:
    """With offsets that are still to be stamped, and with final ones."""
    assert findings(SPAN, DATA) == []
    final = batch(10, 2) + batch(14, 1)
    assert findings(replace(SPAN, flags=FLAG_FINAL_OFFSETS), final) == []


@pytest.mark.parametrize(
    ("span", "data", "what"),
    [
        (SPAN, DATA[:-1] + b"x", "CRC"),
        (SPAN, DATA[:-1], "announced"),
        (SPAN, DATA + batch(0, 1), "3 batches"),
        (replace(SPAN, last=15), DATA, "end at 14"),
        (replace(SPAN, max_timestamp=499), DATA, "timestamp 500"),
        (replace(SPAN, flags=FLAG_FINAL_OFFSETS), batch(9, 2) + batch(14, 1), "offsets 9 to 10"),
        (replace(SPAN, flags=FLAG_FINAL_OFFSETS), batch(10, 2) + batch(14, 2), "offsets 14 to 15"),
        (replace(SPAN, flags=FLAG_FINAL_OFFSETS), batch(12, 2) + batch(11, 1), "offsets 11 to 11"),
    ],
)
def test_anything_else_is_found(span: Span, data: bytes, what: str) -> None:
    """Each in its own words."""
    assert any(what in each for each in findings(span, data)), findings(span, data)


def test_producers_are_remembered_as_they_were() -> None:
    """Their latest batch (I6); a later epoch may have begun since."""
    right = ProducerState(7, 0, 1, 500, ((0, 1, 13, 500),))
    assert findings(SPAN, DATA, right) == []
    assert findings(SPAN, DATA, replace(right, epoch=1, last_sequence=-1, window=())) == []
    assert any(
        "I6" in each for each in findings(SPAN, DATA, replace(right, last_sequence=5, window=((4, 5, 13, 500),)))
    )
    assert any("I6" in each for each in findings(SPAN, DATA, replace(right, window=((0, 1, 12, 500),))))
