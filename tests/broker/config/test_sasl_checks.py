"""Nothing is left to be checked by nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from broker.config.sasl_checks import enabled_mechanisms
from broker.config.settings import Settings, problems_of

SASL: dict[str, Any] = {"listeners": "SASL_PLAINTEXT://localhost:1"}
TOKENS: dict[str, Any] = {
    "sasl_enabled_mechanisms": "OAUTHBEARER",
    "sasl_oauthbearer_jwks_endpoint_url": "https://login.example/keys",
    "sasl_oauthbearer_expected_issuer": "https://login.example",
    "sasl_oauthbearer_expected_audience": "penstock",
    "sasl_oauthbearer_algorithms": "RS256",
}


def problems(**given: Any) -> list[str]:
    """The settings that are wrong."""
    try:
        Settings(**{**SASL, **given})
    except ValidationError as error:
        return [problem.setting for problem in problems_of(error)]
    return []


def test_what_each_mechanism_needs() -> None:
    """SCRAM nothing, PLAIN a file, tokens all that they are checked by."""
    assert problems() == []
    assert problems(sasl_enabled_mechanisms="PLAIN") == ["sasl_plain_users_file"]
    assert problems(sasl_enabled_mechanisms="PLAIN", sasl_plain_users_file="users") == []
    assert problems(**TOKENS) == []
    assert problems(sasl_enabled_mechanisms="") == ["sasl_enabled_mechanisms"]


@pytest.mark.parametrize("missing", [name for name in TOKENS if name != "sasl_enabled_mechanisms"])
def test_no_token_is_taken_unchecked(missing: str) -> None:
    """CVE-2026-33557 and CVE-2026-110985: what is not configured must not be passed over."""
    assert problems(**{name: value for name, value in TOKENS.items() if name != missing}) == [missing]


def test_only_listeners_of_sasl_count() -> None:
    """What is enabled for all is enabled nowhere without them; each may have its own."""
    assert problems(listeners="PLAINTEXT://localhost:1", sasl_enabled_mechanisms="PLAIN,OAUTHBEARER") == []
    assert enabled_mechanisms(Settings(listeners="PLAINTEXT://localhost:1")) == frozenset()
    own = {"listener.name.sasl_plaintext.sasl.enabled.mechanisms": "PLAIN"}
    assert problems(listener_overrides=own) == ["sasl_plain_users_file"]
    assert enabled_mechanisms(Settings(**SASL, listener_overrides=own, sasl_plain_users_file="users")) == {"PLAIN"}


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://login.example/keys", True),
        ("file:///etc/keys.json", True),
        ("file://host/keys", False),
        ("http://login.example/keys", False),
        ("ftp://login.example/keys", False),
        ("https://user:password@login.example/keys", False),
        ("/etc/keys.json", False),
        ("HTTPS", False),
    ],
)
def test_where_keys_may_come_from(url: str, fine: bool) -> None:
    """CVE-2025-27817: nothing but HTTPS and files; the URL is not shown, for it may hold a password."""
    assert problems(**{**TOKENS, "sasl_oauthbearer_jwks_endpoint_url": url}) == ([] if fine else ["sasl_oauthbearer_jwks_endpoint_url"])


TWO = {"listeners": "SASL_PLAINTEXT://localhost:1,OTHER://localhost:2", "listener_security_protocol_map": "SASL_PLAINTEXT:SASL_PLAINTEXT,OTHER:SASL_PLAINTEXT"}


def own(listener: str, **given: object) -> dict[str, object]:
    """Settings of a listener for tokens, by Kafka's names."""
    return {f"listener.name.{listener}.oauthbearer.{name.replace('_', '.')}": value for name, value in given.items()}


def test_what_is_missing_on_one_listener_is_missing() -> None:
    """Each has its own or everybody's; where tokens are not taken nothing is needed."""
    issuer = {"sasl_oauthbearer_expected_issuer": "https://other.example"}
    without = {name: value for name, value in TOKENS.items() if name != "sasl_oauthbearer_expected_issuer"}

    assert problems(**TWO, **TOKENS, listener_overrides=own("other", **issuer)) == []
    assert problems(**TWO, **without, listener_overrides=own("other", **issuer)) == ["sasl_oauthbearer_expected_issuer"]
    assert problems(**TWO, **without, listener_overrides={**own("other", **issuer), **own("sasl_plaintext", **issuer)}) == []
    scram = {"listener.name.sasl_plaintext.sasl.enabled.mechanisms": "SCRAM-SHA-256"}
    assert problems(**TWO, **without, listener_overrides={**own("other", **issuer), **scram}) == []


def test_the_url_of_one_listener_is_looked_at_too() -> None:
    """It may allow http for itself alone."""
    http = own("other", sasl_oauthbearer_jwks_endpoint_url="http://localhost/keys")
    name = "listener.name.other_oauthbearer.sasl.oauthbearer.jwks.endpoint.url"

    assert problems(**TWO, **TOKENS, listener_overrides=http) == [name]
    for allowing in (own("other", sasl_oauthbearer_jwks_allow_http="true"), {"listener.name.other.sasl.oauthbearer.jwks.allow.http": "true"}):
        assert problems(**TWO, **TOKENS, listener_overrides={**http, **allowing}) == []
    assert problems(**TWO, **TOKENS, listener_overrides={**http, **own("sasl_plaintext", sasl_oauthbearer_jwks_allow_http="true")}) == [name]


def test_http_must_be_asked_for() -> None:
    """For tests."""
    given = {**TOKENS, "sasl_oauthbearer_jwks_endpoint_url": "http://localhost/keys", "sasl_oauthbearer_jwks_allow_http": True}
    assert problems(**given) == []


def test_the_first_administrator() -> None:
    """A password needs a user; in a cluster it cannot be made by each broker for itself."""
    assert problems(initial_admin="root") == []
    assert problems(initial_admin_password_file="x") == ["initial_admin_password_file"]
    cluster = {"catalog": "postgresql://localhost/x", "objects": "s3://b/p", "initial_admin": "root"}
    assert problems(**cluster) == ["initial_admin"]
    assert problems(**cluster, initial_admin_password_file="x") == []
