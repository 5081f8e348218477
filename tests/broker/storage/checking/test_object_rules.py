"""Objects agree with their rows, and spans with what objects say of themselves."""

from dataclasses import replace

import pytest

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.checking.dump import ObjectRow
from broker.storage.checking.object_contents import Contents
from broker.storage.checking.object_rules import ObjectCheck, is_inline, object_name, row_findings
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS
from broker.storage.objects.footer import UNKNOWN, FooterEntry

ROW = ObjectRow(5, 2, 100)
ENTRY = FooterEntry(1, UNKNOWN, 0, 60, 2, 6, 9)
CONTENTS = Contents(
    object_id=5, end=100, entries=[ENTRY, replace(ENTRY, pid=2, position=60, length=40)], is_whole=False
)
SPAN = Span(0, 5, 5, 10, 50, 9, 9, 2)


@pytest.mark.parametrize(
    ("row", "spans", "end", "what"),
    [
        (ROW, 2, 100, ""),
        (ROW, 3, 100, "its row says 2"),
        (ROW, 2, 101, "ends at 100"),
        (replace(ROW, is_going=True), 2, 100, "to be deleted"),
        (replace(ROW, never=True), 2, 100, "never"),
        (replace(ROW, live=0, is_going=True), 0, 0, ""),
        (replace(ROW, object_id=INLINE_OBJECTS, inline_bytes=100), 2, 100, ""),
        (replace(ROW, object_id=INLINE_OBJECTS), 2, 100, "does not have the bytes"),
        (replace(ROW, object_id=INLINE_OBJECTS, inline_bytes=99), 2, 100, "keeps 99"),
    ],
)
def test_rows_agree_with_spans(row: ObjectRow, spans: int, end: int, what: str) -> None:
    """Counts (I4) and ends (I2)."""
    found = [str(each) for each in row_findings(row, spans, end)]
    assert (any(what in each for each in found) and found != []) if what else found == []


@pytest.mark.parametrize(
    ("contents", "pid", "span", "what"),
    [
        (CONTENTS, 1, SPAN, ""),
        (CONTENTS, 2, SPAN, "not that log's"),
        (CONTENTS, 1, replace(SPAN, length=51), "not that log's"),
        (CONTENTS, 1, replace(SPAN, flags=FLAG_FINAL_OFFSETS), "not final"),
        (replace(CONTENTS, is_whole=True), 1, SPAN, "are final"),
        (replace(CONTENTS, entries=(), is_told=False), 1, SPAN, ""),
        (replace(CONTENTS, entries=[ENTRY, replace(ENTRY, position=60, length=40)]), 1, replace(SPAN, length=90), ""),
        (replace(CONTENTS, entries=[replace(ENTRY, base=0, last=4)]), 1, replace(SPAN, position=0), "0 to 4"),
        (CONTENTS, 9, replace(SPAN, length=0), ""),
    ],
)
def test_spans_agree_with_the_object(contents: Contents, pid: int, span: Span, what: str) -> None:
    """Bytes, offsets, and whether those are final."""
    found = [str(each) for each in ObjectCheck(contents).span_findings([(pid, span)])]
    assert (any(what in each for each in found) and found != []) if what else found == []


def test_an_object_that_is_too_short_is_found() -> None:
    """A longer one is none: its end may not be committed yet."""
    assert list(ObjectCheck(replace(CONTENTS, end=99)).size_findings(ROW))
    assert not list(ObjectCheck(replace(CONTENTS, end=101)).size_findings(ROW))


def test_ids_tell_where_bytes_are() -> None:
    """In the catalog or in the store."""
    assert [is_inline(each) for each in (INLINE_OBJECTS - 1, INLINE_OBJECTS, WHOLE_OBJECTS - 1, WHOLE_OBJECTS)] == [
        False,
        True,
        True,
        False,
    ]
    assert object_name(255) == "object 00000000000000ff"
