"""The settings a group has of its own (``consumer.*``): type, default, and the broker's bounds on them.

Facts of Apache Kafka 4.4 (``GroupConfig``); those of share and streams groups come with these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.config.entry import Entry, Source, Synonym
from broker.config.kafka_values import Check, Kind, ValueProblem, parse, show
from broker.config.settings import BY_KAFKA_NAME, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSetting:
    """One setting of a group. ``synonym`` is the broker setting that counts when it is not set; that one's ``min`` and ``max``
    are its bounds."""

    name: str
    synonym: str
    what: str

    @property
    def kind(self) -> Kind:
        return BY_KAFKA_NAME[self.synonym].kind

    @property
    def check(self) -> Check | None:
        return BY_KAFKA_NAME[self.synonym].check

    def fall_back(self, settings: Settings) -> Any:
        return getattr(settings, BY_KAFKA_NAME[self.synonym].name)

    def bounds(self, settings: Settings) -> tuple[str, int, str, int]:
        """The names and values of its bounds."""
        low, high = (self.synonym.replace("group.consumer.", f"group.consumer.{end}.") for end in ("min", "max"))
        return low, getattr(settings, BY_KAFKA_NAME[low].name), high, getattr(settings, BY_KAFKA_NAME[high].name)

    def read(self, text: str) -> Any:
        """The value of ``text``; raises ValueProblem."""
        value = parse(self.kind, text)
        if self.check is not None:
            self.check(value)
        return value


_ALL: Final = (
    GroupSetting(
        name="consumer.assignment.interval.ms",
        synonym="group.consumer.assignment.interval.ms",
        what="The least time between two assignments of the group.",
    ),
    GroupSetting(
        name="consumer.heartbeat.interval.ms",
        synonym="group.consumer.heartbeat.interval.ms",
        what="How often members of the group are told to be heard of.",
    ),
    GroupSetting(
        name="consumer.session.timeout.ms",
        synonym="group.consumer.session.timeout.ms",
        what="A member that is not heard of for so long is taken out of the group.",
    ),
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
        low_name, low, high_name, high = setting.bounds(settings)
        if value < low:
            return f"{name} must be greater than or equal to {low_name}"
        if value > high:
            return f"{name} must be less than or equal to {high_name}"
    heartbeat, session = (
        read.get(name, GROUP_SETTINGS[name].fall_back(settings))
        for name in ("consumer.heartbeat.interval.ms", "consumer.session.timeout.ms")
    )
    if read and session <= heartbeat:
        return "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms"
    return None


def value_of(name: str, values: Mapping[str, str], settings: Settings) -> Any:
    """What counts for a group that has ``values`` set. A value that is out of bounds by now counts as the nearest bound."""
    setting = GROUP_SETTINGS[name]
    text = values.get(name)
    if text is None:
        return setting.fall_back(settings)
    _, low, _, high = setting.bounds(settings)
    return min(max(setting.read(text), low), high)


def group_entries(values: Mapping[str, str], settings: Settings) -> list[Entry]:
    """Everything that can be said of a group's settings, by name."""
    return [_entry(setting, values.get(setting.name), settings) for setting in GROUP_SETTINGS.values()]


def _entry(setting: GroupSetting, text: str | None, settings: Settings) -> Entry:
    broker = BY_KAFKA_NAME[setting.synonym]
    fallen_back = show(setting.kind, setting.fall_back(settings))
    is_given = broker.name in settings.model_fields_set
    synonyms = [Synonym(setting.synonym, fallen_back, Source.STATIC_BROKER)] if is_given else []
    synonyms.append(Synonym(setting.synonym, show(broker.kind, broker.default), Source.DEFAULT))
    if text is not None:
        synonyms.insert(0, Synonym(setting.name, text, Source.GROUP))
    return Entry(
        name=setting.name,
        value=fallen_back if text is None else text,
        source=synonyms[0].source,
        kind=setting.kind,
        read_only=False,
        synonyms=synonyms,
        what=setting.what,
    )
