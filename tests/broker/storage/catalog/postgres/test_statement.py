"""Several changes as one statement."""

import pytest

from broker.storage.catalog.postgres.statement import Statement


def test_arguments_are_numbered_through() -> None:
    """Each part's own, one behind the other."""
    statement = Statement()
    statement.add("DELETE FROM a WHERE x = {} AND y = {}", 1, 2)
    statement.add("DELETE FROM b")
    statement.add("DELETE FROM c WHERE x = {}", 3)

    assert statement.arguments == [1, 2, 3]
    assert statement.text() == (
        "WITH p0 AS (DELETE FROM a WHERE x = $1 AND y = $2), p1 AS (DELETE FROM b), p2 AS (DELETE FROM c WHERE x = $3) SELECT 1"
    )
    assert statement.text("SELECT x FROM p2").endswith(") SELECT x FROM p2")


def test_the_same_parts_are_the_same_text() -> None:
    """Whatever their arguments are, so that the database has seen it before."""
    one, other = Statement(), Statement()
    one.add("DELETE FROM a WHERE x = {}", 1)
    other.add("DELETE FROM a WHERE x = {}", 2)

    assert one.text() is other.text()


def test_arguments_belong_to_places() -> None:
    """One too many or too few is a defect."""
    with pytest.raises(AssertionError):
        Statement().add("DELETE FROM a WHERE x = {}")
