"""Every topic setting of Kafka, as Kafka has it."""

import pytest

from broker.config.settings import BY_KAFKA_NAME, Settings
from broker.config.topic_table import TOPIC_SETTINGS
from tests.broker.config.test_kafka_names import FACTS

KAFKA = {name: (kind, default, limits) for what, name, kind, default, limits, _ in FACTS if what == "topic"}


def test_no_setting_is_missing() -> None:
    """Kafka's tests alone use internal.segment.bytes."""
    assert set(TOPIC_SETTINGS) == set(KAFKA) - {"internal.segment.bytes"}
    assert list(TOPIC_SETTINGS) == sorted(TOPIC_SETTINGS)


@pytest.mark.parametrize("name", sorted(TOPIC_SETTINGS))
def test_type_default_and_range_are_kafkas(name: str) -> None:
    """The default of the table, and what a broker without settings gives."""
    setting = TOPIC_SETTINGS[name]
    kind, default, limits = KAFKA[name]

    assert (setting.kind.name, setting.show(setting.default), setting.show(setting.fall_back(Settings()))) == (kind, default, default)
    is_range = limits.startswith("[") and "..." in limits and ":" not in limits and not limits.endswith("-1")
    if is_range:
        low, _, high = limits.strip("[]").partition(",...")
        step = 0.5 if kind == "DOUBLE" else 1
        setting.read(low)
        with pytest.raises(ValueError, match="at least"):
            setting.read(str(type(step)(low) - step))
        if high:
            setting.read(high.strip(","))
            with pytest.raises(ValueError, match=r"no more than|Not a number"):
                setting.read(str(type(step)(high.strip(",")) + step))
    elif limits and "..." not in limits:
        for value in limits.strip("[]").split(","):
            setting.read(value)
        with pytest.raises(ValueError, match="must be one of"):
            setting.read("nonsense")


def test_synonyms_are_settings_of_the_broker() -> None:
    """And give the topic its default."""
    for setting in TOPIC_SETTINGS.values():
        assert all(name in BY_KAFKA_NAME for name in setting.synonyms)
        assert bool(setting.synonyms) == bool(setting.value)
    assert TOPIC_SETTINGS["max.message.bytes"].fall_back(Settings(message_max_bytes=5)) == 5
    assert TOPIC_SETTINGS["retention.ms"].fall_back(Settings(log_retention_hours=1)) == 3_600_000


def test_what_has_no_effect_says_why() -> None:
    """Replicas, flushing, segments and tiers are other brokers' matters."""
    silent = {name for name, setting in TOPIC_SETTINGS.items() if setting.without_effect}

    assert {"min.insync.replicas", "flush.ms", "segment.bytes", "remote.storage.enable", "preallocate"} <= silent
    assert not {"retention.ms", "retention.bytes", "max.message.bytes", "compression.type", "message.timestamp.type"} & silent
