"""Principals."""

from security.principal import ANONYMOUS


def test_anonymous_has_kafkas_name() -> None:
    """ACLs written for Kafka keep their meaning."""
    assert ANONYMOUS == "User:ANONYMOUS"
