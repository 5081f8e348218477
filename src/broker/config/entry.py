"""One line of an answer to DescribeConfigs: a setting, its value, where the value comes from and what it overrides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from broker.config.kafka_values import Kind

if TYPE_CHECKING:
    from broker.config.settings import Settings


class Source(IntEnum):
    """Where a value comes from, by the numbers of the protocol (KIP-226)."""

    DYNAMIC_TOPIC = 1
    DYNAMIC_BROKER = 2
    DYNAMIC_DEFAULT_BROKER = 3
    STATIC_BROKER = 4
    DEFAULT = 5
    DYNAMIC_BROKER_LOGGER = 6
    CLIENT_METRICS = 7
    GROUP = 8


@dataclass(frozen=True, slots=True)
class Synonym:
    """A setting that gives the value, or would if the ones before it were not set."""

    name: str
    value: str | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """``value`` is None when it is not set, and whenever the setting is ``sensitive``."""

    name: str
    value: str | None
    source: Source
    kind: Kind | None
    read_only: bool
    sensitive: bool = False
    synonyms: Sequence[Synonym] = ()
    what: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Of settings that were changed while running: what they were at the start, and the changes by Kafka's names."""

    static: "Settings"
    own: Mapping[str, str]
    everywhere: Mapping[str, str]


SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    name: group
    for group in (
        ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
        ("log.roll.ms", "log.roll.hours"),
        ("log.roll.jitter.ms", "log.roll.jitter.hours"),
    )
    for name in group
} | {"log.flush.interval.ms": ("log.flush.interval.ms", "log.flush.scheduler.interval.ms")}
"""Broker settings that stand for one thing in several units."""
