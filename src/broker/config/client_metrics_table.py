"""The settings of a client metrics subscription (KIP-714): type, default, and what they may be.

Facts of Apache Kafka 4.4 (``ClientMetricsConfigs``). Its patterns are Java's; here they are of the linear kind
(:mod:`broker.linear_pattern`), as one that operators mistype must not hold up the broker.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.config.entry import Entry, Source, Synonym
from broker.config.kafka_values import Check, Kind, Range, ValueProblem, invalid_value, parse, show
from broker.errors import BrokerError
from broker.linear_pattern import LinearPattern, PatternInvalid
from broker.wire.error_codes import ErrorCode

METRICS: Final = "metrics"
INTERVAL: Final = "interval.ms"
MATCH: Final = "match"

INTERVAL_DEFAULT_MS: Final = 300_000
SELECTORS: Final = (
    *("client_instance_id", "client_id", "client_software_name", "client_software_version"),
    *("client_source_address", "client_source_port"),
)
"""What a client can be told apart by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMetricsSetting:
    """One setting of a subscription."""

    name: str
    kind: Kind
    default: Any
    what: str
    check: Check

    def read(self, text: str) -> Any:
        """The value of ``text``; raises ValueProblem."""
        value = parse(self.kind, text)
        if self.name != INTERVAL:
            self.check(value)
        return value


def patterns(selectors: tuple[str, ...]) -> dict[str, LinearPattern]:
    """What ``match`` says: by what is to match, the pattern. Raises ValueProblem."""
    found: dict[str, LinearPattern] = {}
    for selector in selectors:
        parts = selector.split("=")
        while parts and not parts[-1]:
            del parts[-1]
        if len(parts) != 2 or parts[0].strip() not in SELECTORS:
            raise ValueProblem(f"Illegal client matching pattern: {selector[:200]}")
        try:
            found[parts[0].strip()] = LinearPattern(parts[1].strip())
        except PatternInvalid as error:
            raise ValueProblem(f"Illegal client matching pattern: {selector[:200]}: {error}") from error
    return found


def _no_empty_value(values: tuple[str, ...]) -> None:
    if not all(values):
        raise ValueProblem("values must not be empty")


def _check_match(selectors: tuple[str, ...]) -> None:
    _no_empty_value(selectors)
    patterns(selectors)


_ALL: Final = (
    ClientMetricsSetting(
        name=INTERVAL,
        kind=Kind.INT,
        default=INTERVAL_DEFAULT_MS,
        what="How often clients push their metrics.",
        check=Range(100, 3_600_000),
    ),
    ClientMetricsSetting(
        name=MATCH,
        kind=Kind.LIST,
        default=(),
        what=f"Which clients: NAME=PATTERN for each of {', '.join(SELECTORS)} that is to match as a whole. All clients when empty.",
        check=_check_match,
    ),
    ClientMetricsSetting(
        name=METRICS,
        kind=Kind.LIST,
        default=(),
        what="Which metrics, by how their names begin; * for all of them.",
        check=_no_empty_value,
    ),
)

CLIENT_METRICS_SETTINGS: Final[Mapping[str, ClientMetricsSetting]] = {setting.name: setting for setting in _ALL}
"""By name, and in the order of names."""


def refusal_of(values: Mapping[str, str]) -> BrokerError | None:
    """Why these values may not be set on a subscription, with Kafka's code; None when they may."""
    for name in values:
        if name not in CLIENT_METRICS_SETTINGS:
            return BrokerError(ErrorCode.INVALID_REQUEST, f"Unknown client metrics configuration: {name[:200]}")
    for name, text in values.items():
        setting = CLIENT_METRICS_SETTINGS[name]
        try:
            value = setting.read(text)
        except ValueProblem as problem:
            return BrokerError(ErrorCode.INVALID_CONFIG, invalid_value(name, text, problem))
        if name == INTERVAL:
            try:
                setting.check(value)
            except ValueProblem:
                message = f"Invalid value {value} for {name}, interval must be between 100 and 3600000 (1 hour)"
                return BrokerError(ErrorCode.INVALID_REQUEST, message)
    return None


def client_metrics_entries(values: Mapping[str, str]) -> list[Entry]:
    """Everything that can be said of a subscription's settings, by name."""
    return [_entry(setting, values.get(setting.name)) for setting in CLIENT_METRICS_SETTINGS.values()]


def _entry(setting: ClientMetricsSetting, text: str | None) -> Entry:
    shown = show(setting.kind, setting.default if text is None else setting.read(text))
    source = Source.DEFAULT if text is None else Source.CLIENT_METRICS
    return Entry(
        name=setting.name,
        value=shown,
        source=source,
        kind=setting.kind,
        read_only=False,
        # As at Apache Kafka, which names none where the default counts.
        synonyms=() if text is None else (Synonym(setting.name, shown, source),),
        what=setting.what,
    )
