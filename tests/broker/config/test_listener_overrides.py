"""Settings of single listeners."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from broker.config.listener_overrides import full_name, of_nobody, override_key
from broker.config.load import load
from broker.config.settings import SETTINGS, Settings, problems_of

SSL = {"ssl_keystore_location": "all.pem", "ssl_truststore_location": "authorities.pem"}
TWO = {"listeners": "INSIDE://127.0.0.1:0,MY-OUT.SIDE://127.0.0.1:0", "listener_security_protocol_map": "INSIDE:SSL,MY-OUT.SIDE:SASL_SSL"}


def settings(**overrides: object) -> Settings:
    return Settings(**SSL, **TWO, listener_overrides=overrides)


def test_a_listener_has_its_own_value_or_everybodys() -> None:
    """Names are compared without regard to case and separators."""
    now = settings(**{"listener.name.my-out.side.ssl.client.auth": "required", "inside.ssl_keystore_location": "inside.pem"})

    assert [now.on_listener(name, "ssl_client_auth") for name in ("MY-OUT.SIDE", "my-out.side", "INSIDE")] == ["required", "required", "none"]
    assert now.on_listener("INSIDE", "ssl_keystore_location") == "inside.pem"
    assert now.on_listener("MY-OUT.SIDE", "ssl_keystore_location") == "all.pem"


def test_what_is_set_for_a_mechanism_comes_first() -> None:
    """As in Kafka, the mechanism stands between the listener's name and the key."""
    now = settings(**{"listener.name.inside.max.connections": "7", "listener.name.inside.scram-sha-256.max.connections": "5"})

    assert now.on_listener("INSIDE", "max_connections", "SCRAM-SHA-256") == 5
    assert now.on_listener("INSIDE", "max_connections", "PLAIN") == 7
    assert now.on_listener("INSIDE", "max_connections") == 7


@pytest.mark.parametrize(
    ("given", "setting", "why"),
    [
        ({"listener.name.inside.ssl.client.auth": "perhaps"}, "listener.name.inside.ssl.client.auth", "must be one of"),
        ({"listener.name.inside.num.partitions": "3"}, "listener.name.inside.num.partitions", "no setting that a listener has"),
        ({"listener.name.ssl.client.auth": "none"}, "listener.name.ssl.client.auth", "no setting that a listener has"),
        ({"listener.name.insid.ssl.client.auth": "none"}, "listener.name.insid.ssl.client.auth", "no listener has this name"),
    ],
)
def test_what_would_have_no_effect_is_refused(given: dict[str, str], setting: str, why: str) -> None:
    """A name that is not spelled right would leave a door open."""
    with pytest.raises(ValidationError) as caught:
        settings(**given)

    (problem,) = problems_of(caught.value)
    assert problem.setting == setting
    assert why in problem.why


def test_secrets_are_not_repeated() -> None:
    """Neither in what is wrong, nor where settings are shown."""
    with pytest.raises(ValidationError) as caught:
        settings(**{"listener.name.inside.ssl.key.password": 17, "listener.name.nobody.ssl.key.password": "17secret"})

    assert "17" not in "".join(map(str, problems_of(caught.value)))
    assert SETTINGS["listener_overrides"].sensitive


def test_they_are_written_like_other_settings(tmp_path: Path) -> None:
    """In a Kafka broker's file, in our own, and in the environment, where dots cannot stand."""
    properties = tmp_path / "server.properties"
    properties.write_text(
        "listeners=INSIDE://127.0.0.1:0,CONTROLLER://127.0.0.1:9\ncontroller.listener.names=CONTROLLER\n"
        "listener.security.protocol.map=INSIDE:SSL\nssl.keystore.location=a.pem\n"
        "listener.name.inside.ssl.enabled.protocols=TLSv1.3\nlistener.name.controller.ssl.client.auth=required\n"
        "listener.name.inside.ssl.engine.factory.class=org.example.Factory\n"
    )
    ours = tmp_path / "penstock.toml"
    ours.write_text('[listener.name.inside]\nssl_keystore_location = "b.pem"\nssl_truststore_location = "c.pem"\n')
    environ = {"PENSTOCK_LISTENER_NAME_INSIDE_SSL_CLIENT_AUTH": "required", "PENSTOCK_LISTENER_NAME_INSIDE_SSL_TRUSTSTORE_LOCATION": "d.pem"}

    loaded = load(properties=properties, config=ours, environ=environ)

    assert loaded.settings.listener_overrides == {
        "inside.ssl_enabled_protocols": ("TLSv1.3",),
        "inside.ssl_keystore_location": "b.pem",
        "inside.ssl_client_auth": "required",
        "inside.ssl_truststore_location": "d.pem",
    }
    assert "listener.name.inside.ssl.engine.factory.class" in {note.setting for note in loaded.notes}
    assert "listener.name.controller.ssl.client.auth" not in {note.setting for note in loaded.notes}


def test_keys_are_told_from_names() -> None:
    """The longest name of a setting at the end counts."""
    assert override_key("listener.name.a.b.ssl.keystore.password.file", SETTINGS) == "a_b.ssl_keystore_password_file"
    assert override_key("ssl.client.auth", SETTINGS) is None
    assert full_name("a_b.ssl_client_auth") == "listener.name.a_b.ssl.client.auth"
    assert of_nobody(["a.x", "a_plain.x", "b.x"], ["A"], ["PLAIN"]) == ["b.x"]
