"""The settings of TLS, of limits before a login, and of the HTTP surface's doors."""

import pytest
from pydantic import ValidationError

from broker.config.kafka_values import ValueProblem
from broker.config.settings import SETTINGS, Settings, problems_of
from broker.config.tls_settings import TlsSettings, as_counts

PASSWORDS = ("ssl_keystore_password", "ssl_key_password", "ssl_truststore_password", "ssl_keystore_key", "ssl_keystore_certificate_chain")


def test_passwords_and_keys_are_never_shown() -> None:
    """What is sensitive is so in every answer."""
    assert all(SETTINGS[name].sensitive for name in PASSWORDS)


def test_all_of_tls_may_differ_by_listener() -> None:
    """But for what is about the whole process, or without effect."""
    same = {name for name in TlsSettings.model_fields if name.startswith("ssl_") and not SETTINGS[name].per_listener}

    assert {name for name in same if not SETTINGS[name].without_effect} == {"ssl_reload_poll_ms"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"ssl_principal_mapping_rules": "RULE:(/$1/"}, "not a regular expression"),
        ({"ssl_cipher_suites": "TLS_RSA_WITH_RC4_128_MD5"}, "cannot be spoken"),
        ({"ssl_enabled_protocols": "TLSv1.1"}, "must be one of"),
        ({"ssl_keystore_type": "BKS"}, "must be one of"),
        ({"http_token_file": " "}, "path of a file"),
        ({"max_connections_per_ip_overrides": "10.0.0.1"}, "HOST:NUMBER"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str], why: str) -> None:
    """When settings are read, not when a client comes."""
    with pytest.raises(ValidationError) as caught:
        Settings(**given)  # type: ignore[arg-type]

    assert why in problems_of(caught.value)[0].why


def test_numbers_by_host() -> None:
    """Addresses of both kinds."""
    assert as_counts("10.0.0.1:3, [::1]:4,host:0") == {"10.0.0.1": 3, "::1": 4, "host": 0}
    assert as_counts({"a": 1}) == {"a": 1}
    for wrong in ("a:b", ":1", 3, {"a": "b"}, {"a": -1}):
        with pytest.raises(ValueProblem):
            as_counts(wrong)
