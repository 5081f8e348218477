"""Every topic setting of Kafka: type, default, range, and the broker settings it falls back to.

Facts of Apache Kafka 4.4 (``LogConfig``). Those without effect here are taken, checked and shown as everywhere else, so that
whatever manages topics finds the surface it knows; each says why it changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.config.kafka_values import Check, Kind, Range, ThrottledReplicas, check_type, parse, show
from broker.config.settings import BY_KAFKA_NAME, Settings
from broker.config.topic_defaults import NO_REPLICAS, NO_TIERS


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSetting:
    """One setting of a topic.

    ``synonyms`` are the broker settings that give its default, the first that is set counts; ``value`` is the attribute of
    Settings that works this out. Both are empty where only the topic itself can set it.
    """

    name: str
    kind: Kind
    default: Any
    what: str
    check: Check | None = None
    unit: str = ""
    synonyms: tuple[str, ...] = ()
    value: str = ""
    without_effect: str = ""

    @property
    def field(self) -> str:
        """Its attribute of TopicConfig."""
        return self.name.replace(".", "_")

    def read(self, text: str) -> Any:
        """The value of ``text``; raises ValueProblem."""
        value = parse(self.kind, text)
        if self.check is not None:
            self.check(value)
        return value

    def show(self, value: Any) -> str | None:
        return show(self.kind, value)

    def fall_back(self, settings: Settings) -> Any:
        """The value for topics that do not set one."""
        return getattr(settings, self.value) if self.value else self.default


def _from(name: str, *synonyms: str, value: str = "", **facts: Any) -> TopicSetting:
    """A topic setting that has a broker setting behind it, and with it its type, range and meaning."""
    first = BY_KAFKA_NAME[synonyms[0]]
    found: dict[str, Any] = {
        "kind": first.kind,
        "default": first.default,
        "what": first.what,
        "check": first.check,
        "unit": first.unit,
        "without_effect": first.without_effect,
    }
    return TopicSetting(name=name, synonyms=synonyms, value=value or first.name, **found | facts)


def _alone(name: str, kind: Kind, default: Any, what: str, **facts: Any) -> TopicSetting:
    check_type(kind, default)
    return TopicSetting(name=name, kind=kind, default=default, what=what, **facts)


_WEEK_MS: Final = 604_800_000

_ALL: Final = (
    _from("cleanup.policy", "log.cleanup.policy"),
    _from("compression.gzip.level", "compression.gzip.level"),
    _from("compression.lz4.level", "compression.lz4.level"),
    _from("compression.type", "compression.type"),
    _from("compression.zstd.level", "compression.zstd.level"),
    _from("delete.retention.ms", "log.cleaner.delete.retention.ms"),
    _alone(
        "errors.deadletterqueue.group.enable", Kind.BOOLEAN, False, "Whether the topic may take what share groups could not process.",
        without_effect="dead-letter queues are not served",
    ),
    _from("file.delete.delay.ms", "log.segment.delete.delay.ms"),
    _from("flush.messages", "log.flush.interval.messages"),
    _from(
        "flush.ms", "log.flush.interval.ms", "log.flush.scheduler.interval.ms", value="flush_ms", check=Range(0),
        default=2**63 - 1, what="Time after which a partition is flushed to disk.",
    ),
    _alone(
        "follower.replication.throttled.replicas", Kind.LIST, (), "Followers whose copying is slowed down.",
        check=ThrottledReplicas(), without_effect=NO_REPLICAS,
    ),
    _from("index.interval.bytes", "log.index.interval.bytes"),
    _alone(
        "leader.replication.throttled.replicas", Kind.LIST, (), "Leaders whose being copied from is slowed down.",
        check=ThrottledReplicas(), without_effect=NO_REPLICAS,
    ),
    _from("local.retention.bytes", "log.local.retention.bytes"),
    _from("local.retention.ms", "log.local.retention.ms"),
    _from("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
    _from("max.decompressed.message.bytes", "max.decompressed.message.bytes"),
    _from("max.message.bytes", "message.max.bytes"),
    _from("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"),
    _from("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"),
    _from("message.timestamp.type", "log.message.timestamp.type"),
    _from("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
    _from("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
    _from("min.insync.replicas", "min.insync.replicas"),
    _from("preallocate", "log.preallocate"),
    _from("remote.copy.lag.bytes", "log.remote.copy.lag.bytes"),
    _from("remote.copy.lag.ms", "log.remote.copy.lag.ms"),
    _alone(
        "remote.log.copy.disable", Kind.BOOLEAN, False, "Whether copying to the second tier has stopped.", without_effect=NO_TIERS
    ),
    _alone(
        "remote.log.delete.on.disable", Kind.BOOLEAN, False, "Whether leaving the second tier deletes what is there.",
        without_effect=NO_TIERS,
    ),
    _alone("remote.storage.enable", Kind.BOOLEAN, False, "Whether the topic uses a second tier.", without_effect=NO_TIERS),
    _from("retention.bytes", "log.retention.bytes"),
    _from(
        "retention.ms", "log.retention.ms", "log.retention.minutes", "log.retention.hours", value="retention_ms", check=Range(-1),
        default=_WEEK_MS, what="How long data is kept; -1 for ever.",
    ),
    _from("segment.bytes", "log.segment.bytes"),
    _from("segment.index.bytes", "log.index.size.max.bytes"),
    _from(
        "segment.jitter.ms", "log.roll.jitter.ms", "log.roll.jitter.hours", value="segment_jitter_ms", check=Range(0), default=0,
        what="Random part taken off the age at which a segment is closed.",
    ),
    _from(
        "segment.ms", "log.roll.ms", "log.roll.hours", value="segment_ms", check=Range(1), default=_WEEK_MS,
        what="Age at which a segment is closed.",
    ),
    _from("unclean.leader.election.enable", "unclean.leader.election.enable"),
)

TOPIC_SETTINGS: Final[Mapping[str, TopicSetting]] = {setting.name: setting for setting in _ALL}
"""By name, and in the order of names."""
