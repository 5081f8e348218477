"""Certificates to try TLS with."""

from datetime import UTC, datetime, timedelta

from cryptography import x509

from security.tls.issuing import Authority


def test_a_certificate_is_for_names_and_addresses() -> None:
    """From an authority, for as long as was asked."""
    now = datetime.now(UTC).replace(microsecond=0)
    root = Authority("root")
    issued = root.issue("broker", hosts=("localhost", "::1"), lifetime=timedelta(days=3), now=now)

    issued.certificate.verify_directly_issued_by(root.certificate)
    names = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["::1"]
    assert issued.certificate.not_valid_after_utc == now + timedelta(days=3)
    assert issued.chain == ()


def test_an_authority_in_between_comes_with_what_it_issues() -> None:
    """Those who know only the root need it."""
    middle = Authority("middle", issuer=Authority("root"))

    assert middle.issue("broker").chain == (middle.certificate,)


def test_keys_are_not_shown() -> None:
    """Not even where the object is printed."""
    assert "PRIVATE" not in repr(Authority().issue("x"))
    assert b"ENCRYPTED" in Authority().issue("x").key_pem("password")
