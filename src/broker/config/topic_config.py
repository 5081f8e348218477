"""TopicConfig: the settings of one topic with every default applied, ready for use on the hot path."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from broker.config.broker_entries import described, synonyms_of
from broker.config.entry import Entry, Source, Synonym
from broker.config.kafka_values import ValueProblem, invalid_value
from broker.config.settings import Settings
from broker.config.topic_table import TOPIC_SETTINGS, TopicSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """The effective settings of a topic; each field is Kafka's topic setting of that name with dots for underscores."""

    cleanup_policy: frozenset[str]
    compression_gzip_level: int
    compression_lz4_level: int
    compression_type: str
    compression_zstd_level: int
    delete_retention_ms: int
    errors_deadletterqueue_group_enable: bool
    file_delete_delay_ms: int
    flush_messages: int
    flush_ms: int
    follower_replication_throttled_replicas: tuple[str, ...]
    index_interval_bytes: int
    leader_replication_throttled_replicas: tuple[str, ...]
    local_retention_bytes: int
    local_retention_ms: int
    max_compaction_lag_ms: int
    max_decompressed_message_bytes: int
    max_message_bytes: int
    message_timestamp_after_max_ms: int
    message_timestamp_before_max_ms: int
    message_timestamp_type: str
    min_cleanable_dirty_ratio: float
    min_compaction_lag_ms: int
    min_insync_replicas: int
    preallocate: bool
    remote_copy_lag_bytes: int
    remote_copy_lag_ms: int
    remote_log_copy_disable: bool
    remote_log_delete_on_disable: bool
    remote_storage_enable: bool
    retention_bytes: int
    retention_ms: int
    segment_bytes: int
    segment_index_bytes: int
    segment_jitter_ms: int
    segment_ms: int
    unclean_leader_election_enable: bool

    @property
    def is_compacted(self) -> bool:
        return "compact" in self.cleanup_policy

    @property
    def is_deleted_by_age_or_size(self) -> bool:
        return "delete" in self.cleanup_policy


_newest_defaults: list[tuple[Settings, TopicConfig]] = []


def defaults(settings: Settings) -> TopicConfig:
    """The settings of a topic that sets nothing itself. The same object while ``settings`` is the same."""
    if not _newest_defaults or _newest_defaults[0][0] is not settings:
        values = {setting.field: _held(setting, setting.fall_back(settings)) for setting in TOPIC_SETTINGS.values()}
        _newest_defaults[:] = [(settings, TopicConfig(**values))]
    return _newest_defaults[0][1]


def effective(overrides: Mapping[str, str], settings: Settings) -> TopicConfig:
    """The settings of a topic that sets ``overrides``.

    They were checked before they were stored. One that is unknown or wrong all the same (stored by another version) gives way
    to the default rather than keeping the broker from starting.
    """
    base = defaults(settings)
    if not overrides:
        return base
    changes: dict[str, Any] = {}
    for name, text in overrides.items():
        setting = TOPIC_SETTINGS.get(name)
        if setting is None:
            continue
        try:
            changes[setting.field] = _held(setting, setting.read(text))
        except ValueProblem:
            continue
    return replace(base, **changes)


def check_overrides(overrides: Mapping[str, str], settings: Settings) -> str | None:
    """Why a topic cannot set ``overrides`` (all that it sets), in words for the client; None when it can.

    The order is Kafka's: unknown names, then values one by one, then what they must be together.
    """
    for name in overrides:
        if name not in TOPIC_SETTINGS:
            return f"Unknown topic config name: {name}"
    for name, text in overrides.items():
        try:
            TOPIC_SETTINGS[name].read(text)
        except ValueProblem as problem:
            return invalid_value(name, text, problem)
    config = effective(overrides, settings)
    if config.min_compaction_lag_ms > config.max_compaction_lag_ms:
        return (
            f"conflict topic config setting min.compaction.lag.ms ({config.min_compaction_lag_ms}) > "
            f"max.compaction.lag.ms ({config.max_compaction_lag_ms})"
        )
    if config.remote_storage_enable:
        return "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."
    return None


def entries(overrides: Mapping[str, str], settings: Settings) -> list[Entry]:
    """The settings of a topic that sets ``overrides``, as DescribeConfigs and CreateTopics show them, by name."""
    return [_entry(setting, overrides.get(setting.name), settings) for setting in TOPIC_SETTINGS.values()]


def _entry(setting: TopicSetting, text: str | None, settings: Settings) -> Entry:
    synonyms = synonyms_of(setting.synonyms[0], settings) if setting.synonyms else ()
    value = setting.fall_back(settings)
    if text is not None:
        try:
            value = setting.read(text)
        except ValueProblem:
            text = None
    shown = setting.show(value)
    if text is not None:
        synonyms = (Synonym(setting.name, shown, Source.DYNAMIC_TOPIC), *synonyms)
    return Entry(
        name=setting.name,
        value=shown,
        source=synonyms[0].source if synonyms else Source.DEFAULT,
        kind=setting.kind,
        read_only=False,
        synonyms=synonyms,
        what=described(setting.what, setting.without_effect),
    )


def _held(setting: TopicSetting, value: Any) -> Any:
    return frozenset(value) if setting.name == "cleanup.policy" else value
