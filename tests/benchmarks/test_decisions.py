"""What a decision costs can be measured."""

from benchmarks.decisions import authorizer_with, decision_us


def test_a_decision_is_measured() -> None:
    """Among as many rules as were asked for, but for a few."""
    assert len(authorizer_with(401)) == 401
    assert 0 < decision_us(401, 10) < 10_000
