"""The settings of logging in."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from broker.config.sasl_settings import MECHANISMS, SaslSettings
from broker.config.settings import SETTINGS, Settings, problems_of


def test_what_a_listener_may_have_for_itself() -> None:
    """As in Kafka: mechanisms, the length of sessions, the size of requests before a login, and whose tokens are taken."""
    tokens = {name for name in SaslSettings.model_fields if name.startswith("sasl_oauthbearer_")}
    assert {name for name in SaslSettings.model_fields if SETTINGS[name].per_listener} == tokens | {
        "sasl_enabled_mechanisms",
        "connections_max_reauth_ms",
        "sasl_server_max_receive_size",
    }


def test_secrets_are_files() -> None:
    """There is no setting that holds a password, and none that could be changed by a client while the broker runs."""
    assert SETTINGS["sasl_plain_users_file"].read("/run/users") == Path("/run/users")
    assert SETTINGS["initial_admin_password_file"].read("/run/password") == Path("/run/password")
    assert all(SETTINGS[name].mode == "read-only" for name in SaslSettings.model_fields)


def test_passwords_are_not_sent_unless_wanted() -> None:
    """What is enabled by itself never sees them."""
    assert Settings().sasl_enabled_mechanisms == ("SCRAM-SHA-256", "SCRAM-SHA-512")
    assert set(Settings().sasl_enabled_mechanisms) < set(MECHANISMS)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sasl_enabled_mechanisms": "GSSAPI"}, "must be one of"),
        ({"sasl_oauthbearer_algorithms": "none"}, "must be one of"),
        ({"sasl_oauthbearer_algorithms": "RS256,HS256"}, "must be one of"),
        ({"connections_max_reauth_ms": "-1"}, "at least 0"),
        ({"sasl_server_max_receive_size": "1000000"}, "no more than"),
        ({"sasl_plain_users_file": " "}, "path of a file"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, str], why: str) -> None:
    """When settings are read, not when a client comes."""
    with pytest.raises(ValidationError) as caught:
        Settings(**given)  # type: ignore[arg-type]

    assert why in problems_of(caught.value)[0].why
