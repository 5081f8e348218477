"""What exchanges have in common."""

from security.sasl.exchange import LoginRefused, Step


def test_a_step_shows_nobody_unless_it_says_so() -> None:
    """That a mechanism has no more to say is not enough to be somebody."""
    assert Step(b"last").identity is None


def test_a_refusal_says_whom_it_concerned() -> None:
    """For the audit."""
    assert LoginRefused("why", "alice").user == "alice"
    assert str(LoginRefused("why")) == "why"
