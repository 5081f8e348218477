"""docs/compatibility.md says what the code says."""

import re

import pytest

from tests.differential.differences import MEANT, MEANT_OF_ACCESS, Meant
from tests.differential.document import PAGE, fill


def test_the_page_is_fresh() -> None:
    """The tables of versions and differences are those of the code."""
    assert PAGE.read_text() == fill(PAGE.read_text()), "run: python -m tests.differential.document"


@pytest.mark.parametrize("entry", MEANT + MEANT_OF_ACCESS, ids=lambda entry: entry.where)
def test_each_difference_says_why(entry: Meant) -> None:
    """Patterns are regular expressions of a script and a step; every text is there and fits a table."""
    re.compile(entry.where)
    texts = (entry.area, entry.what, entry.kafka, entry.penstock, entry.reason)
    assert all(text and "|" not in text for text in texts)


def test_a_place_that_is_missing_is_noticed() -> None:
    """A page without its marks is not taken for a fresh one."""
    with pytest.raises(AssertionError, match="no place for versions"):
        fill("# A page\n")
