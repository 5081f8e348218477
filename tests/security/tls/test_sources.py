"""What contexts are made of."""

from security.tls.sources import TlsSources


def test_sources_are_compared_without_being_kept() -> None:
    """And never shown."""
    one = TlsSources(key_store=b"secret-0", key_password="secret-1")

    assert one.digest() == TlsSources(key_store=b"secret-0", key_password="secret-1").digest()
    others = (TlsSources(key_store=b"secret-0"), TlsSources(key_store=b"secret-0", key_pem="secret-1"), TlsSources(key_pem="secret-0"))
    assert len({one.digest(), *(each.digest() for each in others)}) == 4
    assert "secret" not in repr(one)
