"""Who a client is that did not log in."""

from security.identity import NOBODY


def test_nobody_is_kafkas_anonymous() -> None:
    """With no credential that could be revoked."""
    assert (NOBODY.principal, NOBODY.groups, NOBODY.credential, NOBODY.expires_ms) == ("User:ANONYMOUS", (), "", None)
