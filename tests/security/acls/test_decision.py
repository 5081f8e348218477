"""A decision tells its reason."""

from security.acls.decision import Decision


def test_a_decision_may_have_no_rule() -> None:
    """Then the reason says it all."""
    assert Decision(False, "no rule allows it").rule is None
