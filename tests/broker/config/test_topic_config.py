"""The settings of one topic with all defaults applied."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config.entry import Source
from broker.config.settings import Settings
from broker.config.topic_config import TopicConfig, check_overrides, defaults, effective, entries
from broker.config.topic_table import TOPIC_SETTINGS

SETTINGS = Settings()


def test_every_setting_has_its_field() -> None:
    """Dots are underscores."""
    assert [field.name for field in fields(TopicConfig)] == [setting.field for setting in TOPIC_SETTINGS.values()]


def test_a_topic_that_sets_nothing_shares_the_defaults() -> None:
    """Ten thousand topics, one object."""
    assert effective({}, SETTINGS) is effective({}, SETTINGS) is defaults(SETTINGS)
    assert defaults(Settings(log_retention_ms=5)).retention_ms == 5
    assert defaults(SETTINGS).retention_ms == 604_800_000


def test_what_is_set_comes_before_the_defaults() -> None:
    """And nothing else changes."""
    config = effective({"retention.ms": " 7 ", "cleanup.policy": "compact, delete", "preallocate": "TRUE"}, SETTINGS)

    assert (config.retention_ms, config.cleanup_policy, config.preallocate) == (7, frozenset({"compact", "delete"}), True)
    assert config.max_message_bytes == 1_048_588
    assert config.is_compacted
    assert config.is_deleted_by_age_or_size
    assert not effective({"cleanup.policy": ""}, SETTINGS).is_deleted_by_age_or_size


def test_what_another_version_stored_does_not_keep_the_broker_from_starting() -> None:
    """Unknown names and wrong values give way to the defaults."""
    assert effective({"retention.ms": "x", "nope": "1"}, SETTINGS) == defaults(SETTINGS)


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        ({"nope": "1"}, "Unknown topic config name: nope"),
        ({"retention.ms": "x", "nope": "1"}, "Unknown topic config name: nope"),
        ({"retention.ms": "-2"}, "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
        ({"retention.ms": ""}, "Invalid value  for configuration retention.ms: Not a number of type LONG"),
        ({"max.message.bytes": "99999999999"}, "Invalid value 99999999999 for configuration max.message.bytes: Not a number of type INT"),
        (
            {"compression.type": "none"},
            "Invalid value none for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
        ),
        (
            {"min.compaction.lag.ms": "10", "max.compaction.lag.ms": "5"},
            "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)",
        ),
        (
            {"remote.storage.enable": "true"},
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ),
    ],
)
def test_what_a_topic_cannot_set_is_refused_in_kafkas_words(overrides: dict[str, str], why: str) -> None:
    """Names first, then values, then combinations."""
    assert check_overrides(overrides, SETTINGS) == why


def test_what_a_topic_can_set_is_taken() -> None:
    """Those without effect too, and lists with repetitions."""
    good = {
        "retention.ms": "+5",
        "retention.bytes": "-77",
        "cleanup.policy": "delete,delete",
        "min.insync.replicas": "2",
        "leader.replication.throttled.replicas": "*",
        "min.cleanable.dirty.ratio": "1",
        "compression.gzip.level": "9",
        "message.timestamp.type": "LogAppendTime",
        "remote.log.copy.disable": "true",
    }

    assert check_overrides(good, SETTINGS) is None
    assert check_overrides({}, SETTINGS) is None


@given(st.dictionaries(st.sampled_from([*TOPIC_SETTINGS, "nope"]), st.text(max_size=20) | st.integers().map(str), max_size=4))
def test_any_overrides_are_checked_and_never_raise(overrides: dict[str, str]) -> None:
    """And what passes the check is what is in force."""
    problem = check_overrides(overrides, SETTINGS)
    config = effective(overrides, SETTINGS)

    assert problem is not None or all(
        entry.value is not None and entry.source is Source.DYNAMIC_TOPIC
        for entry in entries(overrides, SETTINGS)
        if entry.name in overrides
    )
    assert isinstance(config, TopicConfig)


def test_entries_show_value_source_and_synonyms() -> None:
    """As Kafka answers for a topic on a broker with and without settings."""
    shown = {entry.name: entry for entry in entries({"retention.ms": " 5000 ", "cleanup.policy": "compact, delete"}, SETTINGS)}

    assert len(shown) == 37
    policy = shown["cleanup.policy"]
    assert (policy.value, policy.source) == ("compact,delete", Source.DYNAMIC_TOPIC)
    assert [(s.name, s.value, int(s.source)) for s in policy.synonyms] == [
        ("cleanup.policy", "compact,delete", 1),
        ("log.cleanup.policy", "delete", 5),
    ]
    assert [(s.name, s.value, int(s.source)) for s in shown["retention.ms"].synonyms] == [("retention.ms", "5000", 1)]
    assert (shown["segment.ms"].value, shown["segment.ms"].synonyms) == ("604800000", ())
    assert not any(entry.read_only or entry.sensitive for entry in shown.values())
    assert all(entry.what for entry in shown.values())


def test_a_brokers_setting_shows_through() -> None:
    """As the source of the topic's value."""
    shown = {entry.name: entry for entry in entries({}, Settings(message_max_bytes=77, log_retention_hours=1))}

    assert (shown["max.message.bytes"].value, shown["max.message.bytes"].source) == ("77", Source.STATIC_BROKER)
    assert [(s.name, s.value) for s in shown["max.message.bytes"].synonyms] == [
        ("message.max.bytes", "77"),
        ("message.max.bytes", "1048588"),
    ]
    # Kafka names no source here: log.retention.ms itself is not set.
    assert (shown["retention.ms"].value, shown["retention.ms"].source, shown["retention.ms"].synonyms) == ("3600000", Source.DEFAULT, ())
