"""What handlers are made of."""

import pytest

from broker.handlers.base import Pending


def test_an_answer_reaches_whoever_asked_before_or_after() -> None:
    """The callback runs at once when the answer is already there."""
    told: list[object] = []
    early, late = Pending(), Pending()
    early.when_done(told.append)
    early.resolve("a")
    late.resolve("b")
    late.when_done(told.append)

    assert told == ["a", "b"]


def test_an_answer_is_given_once() -> None:
    """A second one is a defect."""
    pending = Pending()
    pending.resolve(None)
    with pytest.raises(AssertionError, match="once"):
        pending.resolve(None)
