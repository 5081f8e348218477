"""Rule: which subscriptions match a client, and what they come to together.

Q1  A client gets what all the subscriptions that match it ask for: their metrics together (``*`` among them is all), at the shortest of
    their intervals. Without any it gets no metrics, at the default interval.
Q2  A subscription matches when all of its patterns match, each the whole of what it is about. What is not known of a client matches nothing.
Q3  The subscription id sums up metrics, interval and client, as Apache Kafka computes it: it changes when one of them does, and not
    when the broker is restarted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from broker.config.client_metrics_table import (
    CLIENT_METRICS_SETTINGS,
    INTERVAL,
    INTERVAL_DEFAULT_MS,
    MATCH,
    METRICS,
    patterns,
)
from broker.linear_pattern import LinearPattern
from broker.wire.records.crc import crc32c

ALL_METRICS: Final = "*"

_INT_BITS: Final = 32


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription that is configured."""

    metrics: frozenset[str]
    interval_ms: int
    patterns: Mapping[str, LinearPattern]

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Subscription":
        """As it is set; the values have been checked."""
        read = {
            name: setting.read(values[name]) if name in values else setting.default
            for name, setting in CLIENT_METRICS_SETTINGS.items()
        }
        return cls(frozenset(read[METRICS]), read[INTERVAL], patterns(read[MATCH]))

    def matches(self, attributes: Mapping[str, str | None]) -> bool:
        """Q2."""
        return all(
            (value := attributes.get(name)) is not None and pattern.matches(value) for name, pattern in self.patterns.items()
        )


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What one client is to push. ``metrics`` are prefixes of names; ``*`` alone means all."""

    subscription_id: int
    metrics: tuple[str, ...]
    interval_ms: int


def subscribed(
    subscriptions: Iterable[Subscription], attributes: Mapping[str, str | None], client_instance_id: bytes
) -> Subscribed:
    """Q1 and Q3."""
    metrics: set[str] = set()
    interval_ms = INTERVAL_DEFAULT_MS
    for subscription in subscriptions:
        if subscription.matches(attributes):
            metrics |= subscription.metrics
            interval_ms = min(interval_ms, subscription.interval_ms)
    chosen = (ALL_METRICS,) if ALL_METRICS in metrics else tuple(sorted(metrics))
    return Subscribed(_id_of(chosen, interval_ms, client_instance_id), chosen, interval_ms)


def _id_of(metrics: tuple[str, ...], interval_ms: int, client_instance_id: bytes) -> int:
    summed = crc32c(f"[{', '.join(metrics)}]{interval_ms}".encode())
    return _signed(summed ^ java_hash(client_instance_id))


def java_hash(uuid: bytes) -> int:
    """The four words of an id, each over the other."""
    words = (int.from_bytes(uuid[at : at + 4], "big") for at in range(0, len(uuid), 4))
    hashed = 0
    for word in words:
        hashed ^= word
    return hashed


def _signed(number: int) -> int:
    return number - (1 << _INT_BITS) if number >> (_INT_BITS - 1) else number
