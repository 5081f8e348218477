"""Whom a quota is for, and how much, as people write and read it."""

import pytest

from broker.cli.failure import CommandFailed
from broker.cli.quota_requests import number, shown_number, worded


def test_entities_in_words() -> None:
    """The user first, as people say it."""
    assert worded((("client-id", None), ("user", "alice"))) == "user alice, default client-id"
    assert worded((("ip", None),)) == "default ip"


def test_numbers_as_they_are_written() -> None:
    """Whole ones without a fraction."""
    assert [number("1000", "q"), number(12.5, "q"), number(3, "q")] == [1000.0, 12.5, 3.0]
    assert [str(shown_number(1000.0)), str(shown_number(12.5))] == ["1000", "12.5"]


@pytest.mark.parametrize("text", ["", "much", None, True, [1]])
def test_what_is_no_number(text: object) -> None:
    """Is said to be none."""
    with pytest.raises(CommandFailed, match="is to be a number"):
        number(text, "q")
