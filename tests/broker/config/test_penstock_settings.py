"""The settings that only Penstock has."""

from pathlib import Path

import pytest

from broker.config.listeners import Address
from broker.config.penstock_settings import PenstockSettings
from broker.config.settings import SETTINGS, Settings
from tests.broker.config.test_kafka_names import BROKER_NAMES


def test_the_defaults_are_safe_and_local() -> None:
    """Nothing is open to other machines, and data stays in the working directory."""
    settings = Settings()

    assert settings.data_dir == Path("penstock-data")
    assert settings.http == Address("127.0.0.1", 9644)
    assert [str(listener) for listener in settings.listeners] == ["PLAINTEXT://127.0.0.1:9092"]
    assert not settings.allow_insecure


def test_no_name_is_one_of_kafkas() -> None:
    """So that a Kafka broker's file never sets one by mistake."""
    assert not {SETTINGS[name].kafka_name for name in PenstockSettings.model_fields} & set(BROKER_NAMES)


@pytest.mark.parametrize("value", ["", "  ", "a\0b", 5])
def test_a_data_directory_has_a_name(value: object) -> None:
    """An empty one would be the working directory by mistake."""
    with pytest.raises(ValueError, match=r"directory|path"):
        Settings(data_dir=value)


def test_urls_may_hold_passwords_and_are_sensitive() -> None:
    """They are never shown."""
    assert SETTINGS["catalog"].sensitive
    assert SETTINGS["objects"].sensitive
