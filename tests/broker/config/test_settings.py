"""One value that holds every setting."""

from typing import Any

import pytest
from pydantic import ValidationError

from broker.config.entry import Origin
from broker.config.listeners import Listener
from broker.config.problems import HIDDEN
from broker.config.settings import BY_KAFKA_NAME, SETTINGS, Settings, problems_of, reading
from broker.config.sources import Layer


def test_settings_by_themselves_read_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and tools get the defaults whatever the environment says."""
    monkeypatch.setenv("PENSTOCK_NUM_PARTITIONS", "9")
    monkeypatch.setenv("NUM_PARTITIONS", "9")

    assert Settings().num_partitions == 1


def test_settings_never_change() -> None:
    """Whoever holds them can rely on it."""
    with pytest.raises(ValidationError):
        Settings().num_partitions = 2  # type: ignore[misc]


def test_layers_count_in_their_order() -> None:
    """The first that gives a value; what is given directly comes before all."""
    layers = (Layer("a", {"num_partitions": "2"}), Layer("b", {"num_partitions": "3", "fetch_max_bytes": "2048"}))
    with reading(layers):
        found = Settings(offset_metadata_max_bytes=5)

    assert (found.num_partitions, found.fetch_max_bytes, found.offset_metadata_max_bytes) == (2, 2048, 5)
    assert Settings().num_partitions == 1


@pytest.mark.parametrize(
    ("given", "node_id", "broker_id"),
    [
        ({}, 1, -1),
        ({"broker_id": "5"}, 5, 5),
        ({"node_id": 6}, 6, 6),
        ({"node_id": 6, "broker_id": -1}, 6, 6),
        ({"node_id": 6, "broker_id": 6}, 6, 6),
        ({"broker_id": -1}, 1, -1),
    ],
)
def test_the_older_name_of_the_node_id_is_taken(given: dict[str, Any], node_id: int, broker_id: int) -> None:
    """Kafka keeps both names in step."""
    settings = Settings(**given)

    assert (settings.node_id, settings.broker_id) == (node_id, broker_id)


def test_an_advertised_address_is_found_by_the_listeners_name() -> None:
    """None when clients are told the address that is bound."""
    settings = Settings(advertised_listeners="PLAINTEXT://example.test:443")

    assert settings.advertised("PLAINTEXT") == Listener("example.test", 443, "PLAINTEXT")
    assert Settings().advertised("PLAINTEXT") is None


def test_every_wrong_setting_is_told_with_what_is_allowed() -> None:
    """All of them, not only the first."""
    given: dict[str, Any] = {"num_partitions": "0", "message_max_bytes": "many", "log_format": "xml", "nonsense": 1}
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    told = {problem.setting: problem for problem in problems_of(caught.value, {"num_partitions": "flag"})}

    assert set(told) == {"num_partitions", "message_max_bytes", "log_format", "nonsense"}
    assert str(told["num_partitions"]) == (
        "num_partitions = 0 (from flag): Value must be at least 1. "
        "Set a value of type int in partitions (at least 1); the default is 1."
    )


def test_a_sensitive_value_is_not_told() -> None:
    """Not even when it is wrong."""
    with pytest.raises(ValidationError) as caught:
        Settings(catalog=5)

    assert [problem.value for problem in problems_of(caught.value)] == [HIDDEN]


def test_values_say_where_they_came_from() -> None:
    """In words for people."""
    settings = Settings(num_partitions=2)
    assert (settings.source_of("num_partitions"), settings.source_of("http")) == ("given", "default")

    settings.name_sources({"num_partitions": "flag"})
    assert settings.source_of("num_partitions") == "flag"


def test_an_origin_is_remembered() -> None:
    """Without changes, settings are their own origin."""
    settings = Settings()
    assert settings.origin == Origin(settings, {}, {})

    changed = Settings(num_partitions=2).changed_from(Origin(settings, {"a": "b"}, {}))
    assert changed.origin.static is settings


def test_every_default_is_a_value_of_its_setting() -> None:
    """What is shown can be set again."""
    for name, setting in SETTINGS.items():
        shown = setting.show(setting.default)
        assert setting.default is None or shown is None or setting.read(shown) == setting.default, name
    assert all(setting.kafka for setting in BY_KAFKA_NAME.values())
