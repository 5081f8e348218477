"""When authorization is on, and what its settings take."""

from typing import Any

import pytest

from broker.config.access_settings import AccessSettings, authorization_is_on, delegation_tokens_are_on
from broker.config.broker_entries import broker_entries
from broker.config.settings import SETTINGS, Settings

STANDARD = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


@pytest.mark.parametrize(
    ("given", "is_on"),
    [
        ({}, False),
        ({"authorization": "on"}, True),
        ({"authorizer_class_name": STANDARD}, True),
        ({"authorizer_class_name": "kafka.security.authorizer.AclAuthorizer"}, True),
        ({"authorizer_class_name": STANDARD, "authorization": "off"}, False),
        ({"authorizer_class_name": ""}, False),
    ],
)
def test_authorization_is_on_when_told(given: dict[str, Any], is_on: bool) -> None:
    """In our way or in Kafka's."""
    assert authorization_is_on(Settings(**given)) == is_on


@pytest.mark.parametrize(("protocol", "is_on"), [("PLAINTEXT", False), ("SASL_PLAINTEXT", True), ("SASL_SSL", True)])
def test_authorization_is_on_where_clients_log_in(protocol: str, is_on: bool) -> None:
    """On one listener at least."""
    settings = Settings().model_copy(update={"listener_security_protocol_map": {"PLAINTEXT": protocol}})

    assert authorization_is_on(settings) == is_on
    assert not authorization_is_on(settings.model_copy(update={"authorization": "off"}))


def test_super_users_are_separated_by_semicolons() -> None:
    """There are commas in the names of certificates; groups may be among them."""
    settings = Settings(super_users=" User:CN=admin,O=x ; User:b;;Group:admins; User:b")

    assert settings.super_users == ("User:CN=admin,O=x", "User:b", "Group:admins")
    assert SETTINGS["super_users"].show(settings.super_users) == "User:CN=admin,O=x;User:b;Group:admins"
    assert Settings(super_users=["User:a"]).super_users == ("User:a",)


@pytest.mark.parametrize(
    "given",
    [
        {"super_users": "admin"}, {"super_users": "User:"}, {"super_users": ":x"}, {"super_users": 7}, {"authorization": "yes"},
        {"authorizer_class_name": "com.example.Authorizer"}, {"delegation_token_expiry_time_ms": 0},
    ],
)
def test_what_they_cannot_be_is_refused(given: dict[str, Any]) -> None:
    """A super user that is misspelled must not go unnoticed, and no class is loaded."""
    with pytest.raises(ValueError, match=next(iter(given))):
        Settings(**given)


def test_delegation_tokens_are_off_unless_wanted() -> None:
    """By saying so, or by giving a secret."""
    assert not delegation_tokens_are_on(Settings())
    assert delegation_tokens_are_on(Settings(delegation_tokens=True))
    assert delegation_tokens_are_on(Settings(delegation_token_secret_key="s"))
    assert delegation_tokens_are_on(Settings(delegation_token_secret_file="/run/secrets/tokens"))


def test_the_secret_is_never_shown() -> None:
    """Not by DescribeConfigs, which does not list what only Kafka's authorizer knows, and not in a repr."""
    settings = Settings(delegation_token_secret_key="hush", super_users="User:a")
    entries = {entry.name: entry for entry in broker_entries(settings)}

    assert "hush" not in repr(settings)
    assert entries["delegation.token.secret.key"].value is None
    assert entries["delegation.token.secret.key"].sensitive
    assert "authorizer.class.name" in entries
    assert "super.users" not in entries
    assert set(AccessSettings.model_fields) <= set(SETTINGS)
