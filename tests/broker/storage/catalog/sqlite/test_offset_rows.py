"""Committed offsets as rows."""

from broker.model import CommittedOffset
from broker.storage.catalog.sqlite.offset_rows import json_text, offset_of_row, offset_row, text_key

POSITION = CommittedOffset(offset=5, leader_epoch=3, metadata='état\0"', commit_ms=7, expire_ms=8, topic_id=b"i" * 16)


def test_any_text_makes_a_key_without_a_nul() -> None:
    """SQLite would cut it there."""
    assert "\0" not in text_key("a\0b")
    assert text_key("a\0b") != text_key("a")


def test_an_offset_comes_back_from_its_row() -> None:
    """With whatever characters a client put in."""
    assert offset_of_row(offset_row(("g\0", "orders", 2), POSITION)) == (("g\0", "orders", 2), POSITION)


def test_rows_are_one_parameter() -> None:
    """None of them is an empty list, which statements walk as any other."""
    assert json_text([(1, "a")]) == '[[1,"a"]]'
    assert json_text([]) == "[]"
