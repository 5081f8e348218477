"""The settings a group has of its own (``consumer.*``, ``share.*``): type, default, and the broker's bounds on them.

Facts of Apache Kafka 4.4 (``GroupConfig``); those of streams groups come with these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.config.entry import Entry, Source, Synonym
from broker.config.kafka_values import Check, Kind, OneOf, Range, ValueProblem, parse, show
from broker.config.offset_reset import OffsetResetCheck
from broker.config.settings import BY_KAFKA_NAME, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSetting:
    """One setting of a group. ``synonym`` is the broker setting that counts when it is not set, empty when only groups have it;
    with ``is_bounded`` that one's ``min`` and ``max`` are its bounds. An internal one is shown only where it is set."""

    name: str
    kind: Kind
    default: Any
    what: str
    check: Check | None = None
    synonym: str = ""
    is_bounded: bool = False
    is_internal: bool = False
    without_effect: str = ""

    def fall_back(self, settings: Settings) -> Any:
        """The value for groups that do not set one."""
        return getattr(settings, BY_KAFKA_NAME[self.synonym].name) if self.is_bounded else self.default

    def bounds(self, settings: Settings) -> tuple[int, int]:
        """The least and the greatest value that counts (``is_bounded`` only)."""
        protocol, _, what = self.name.partition(".")
        low, high = (
            getattr(settings, BY_KAFKA_NAME[f"group.{protocol}.{end}.{what}"].name) for end in ("min", "max")
        )
        return low, high

    def read(self, text: str) -> Any:
        """The value of ``text``; raises ValueProblem."""
        value = parse(self.kind, text)
        if self.check is not None:
            self.check(value)
        return value


def _bounded(name: str, what: str) -> GroupSetting:
    """A setting that falls back to the broker's of the same name; its own check knows the lower end only, as Kafka's does."""
    broker = BY_KAFKA_NAME[f"group.{name}"]
    assert isinstance(broker.check, Range)
    return GroupSetting(
        name=name,
        kind=broker.kind,
        default=broker.default,
        what=what,
        check=Range(broker.check.low),
        synonym=broker.kafka_name,
        is_bounded=True,
    )


def _offload(name: str) -> GroupSetting:
    return GroupSetting(
        name=name,
        kind=Kind.BOOLEAN,
        default=True,
        what="Whether assignments are computed on another thread.",
        synonym=f"group.{name}",
        is_internal=True,
        without_effect="assignments are computed where the heartbeat is answered",
    )


_NO_DEAD_LETTERS: Final = "dead-letter queues are not served, so no topic can be named"

_ALL: Final = (
    _bounded("consumer.assignment.interval.ms", "The least time between two assignments of the group."),
    _offload("consumer.assignor.offload.enable"),
    _bounded("consumer.heartbeat.interval.ms", "How often members of the group are told to be heard of."),
    _bounded("consumer.session.timeout.ms", "A member that is not heard of for so long is taken out of the group."),
    GroupSetting(
        name="errors.deadletterqueue.copy.record.enable",
        kind=Kind.BOOLEAN,
        default=False,
        what="Whether a record that a share group gives up is copied to its dead-letter queue whole.",
        without_effect=_NO_DEAD_LETTERS,
    ),
    GroupSetting(
        name="errors.deadletterqueue.topic.name",
        kind=Kind.STRING,
        default="",
        what="The topic that takes what a share group gives up.",
        without_effect=_NO_DEAD_LETTERS,
    ),
    _bounded("share.assignment.interval.ms", "The least time between two assignments of the share group."),
    _offload("share.assignor.offload.enable"),
    GroupSetting(
        name="share.auto.offset.reset",
        kind=Kind.STRING,
        default="latest",
        what="Where the share group begins in a partition that is new to it.",
        check=OffsetResetCheck(),
    ),
    _bounded("share.delivery.count.limit", "How often a record is delivered at most; one that nobody accepts by then is given up."),
    _bounded("share.heartbeat.interval.ms", "How often members of the share group are told to be heard of."),
    GroupSetting(
        name="share.isolation.level",
        kind=Kind.STRING,
        default="read_uncommitted",
        what="Whether records of open and aborted transactions are delivered.",
        check=OneOf(("read_committed", "read_uncommitted")),
    ),
    _bounded("share.partition.max.record.locks", "How many records of one partition may be in delivery at a time."),
    _bounded(
        "share.record.lock.duration.ms", "How long a record is kept for the consumer that it was delivered to; then it is delivered again."
    ),
    GroupSetting(
        name="share.renew.acknowledge.enable",
        kind=Kind.BOOLEAN,
        default=True,
        what="Whether consumers may have a record kept for them for longer.",
    ),
    _bounded("share.session.timeout.ms", "A member that is not heard of for so long is taken out of the share group."),
)

GROUP_SETTINGS: Final[Mapping[str, GroupSetting]] = {setting.name: setting for setting in _ALL}
"""By name, and in the order of names."""


def problem_of(values: Mapping[str, str], settings: Settings) -> str | None:
    """What is wrong with the values set on a group, in Kafka's words; None when nothing is."""
    read: dict[str, Any] = {}
    for name, text in values.items():
        setting = GROUP_SETTINGS.get(name)
        if setting is None:
            return f"Unknown group config name: {name[:200]}"
        try:
            read[name] = value = setting.read(text)
        except ValueProblem as problem:
            return f"Invalid value {text[:200]} for configuration {name}: {problem}"
        if setting.is_bounded:
            low, high = setting.bounds(settings)
            if not low <= value <= high:
                return f"{name} must be in the range {low} to {high} inclusive."
    for protocol in ("consumer", "share"):
        names = (f"{protocol}.heartbeat.interval.ms", f"{protocol}.session.timeout.ms")
        heartbeat, session = (read.get(name, GROUP_SETTINGS[name].fall_back(settings)) for name in names)
        if not read.keys().isdisjoint(names) and session <= heartbeat:
            return f"{names[1]} must be greater than {names[0]}"
    if topic := read.get("errors.deadletterqueue.topic.name"):
        if topic.startswith("__"):
            return "errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'"
        return f"errors.deadletterqueue.topic.name: {_NO_DEAD_LETTERS}"
    return None


def value_of(name: str, values: Mapping[str, str], settings: Settings) -> Any:
    """What counts for a group that has ``values`` set. A value that is out of bounds by now counts as the nearest bound."""
    setting = GROUP_SETTINGS[name]
    text = values.get(name)
    if text is None:
        return setting.fall_back(settings)
    value = setting.read(text)
    if setting.is_bounded:
        low, high = setting.bounds(settings)
        return min(max(value, low), high)
    return value


def group_entries(values: Mapping[str, str], settings: Settings) -> list[Entry]:
    """Everything that can be said of a group's settings, by name."""
    return [
        _entry(setting, values.get(setting.name), settings)
        for setting in GROUP_SETTINGS.values()
        if not setting.is_internal or setting.name in values
    ]


def _entry(setting: GroupSetting, text: str | None, settings: Settings) -> Entry:
    fallen_back = show(setting.kind, setting.fall_back(settings))
    broker = BY_KAFKA_NAME.get(setting.synonym)
    synonyms = []
    if broker is not None and broker.name in settings.model_fields_set:
        synonyms.append(Synonym(setting.synonym, fallen_back, Source.STATIC_BROKER))
    synonyms.append(Synonym(setting.synonym or setting.name, show(setting.kind, setting.default), Source.DEFAULT))
    if text is not None:
        synonyms.insert(0, Synonym(setting.name, text, Source.GROUP))
    what = f"{setting.what} Without effect here: {setting.without_effect}." if setting.without_effect else setting.what
    return Entry(
        name=setting.name,
        value=fallen_back if text is None else text,
        source=synonyms[0].source,
        kind=setting.kind,
        read_only=False,
        synonyms=synonyms,
        what=what,
    )
