"""How long a partition stands still: a record every few milliseconds to each, and when they are acknowledged and seen.

A pause is the longest time between two acknowledgements (or sights) of one partition, the present one included, while records are on their way all
the time. Every partition has a producer of its own, so that none waits in another one's queue.
"""

import threading
import time
from functools import partial
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, KafkaError, Message, Producer, TopicPartition

from tests.durability.ledger import Ledger, value
from tests.durability.load import FINISH_S, QUICK, Worker

PULSE_S = 0.05
MOST_UNDER_WAY = 200
FIRST_PULSE = 900_000
"""Producers' numbers from here on are those of pulses, one for each partition."""


class Gaps:
    """The longest times between events, by partition, since :meth:`begin`."""

    def __init__(self, partitions: int) -> None:
        self._lock = threading.Lock()
        self._partitions = partitions
        self._last: dict[int, float] = {}
        self._longest: dict[int, float] = {}
        self.begin()

    def begin(self) -> None:
        """Forget what was; every partition counts from now on."""
        with self._lock:
            self._last = dict.fromkeys(range(self._partitions), time.monotonic())
            self._longest = dict.fromkeys(range(self._partitions), 0.0)

    def event(self, partition: int) -> None:
        now = time.monotonic()
        with self._lock:
            self._longest[partition] = max(self._longest[partition], now - self._last[partition])
            self._last[partition] = now

    def standing_since(self, when: float) -> list[int]:
        """The partitions that have had no event since then."""
        with self._lock:
            return [partition for partition, last in self._last.items() if last < when]

    def longest_s(self) -> float:
        """Of any partition, including a gap that has not ended."""
        now = time.monotonic()
        with self._lock:
            return max(max(longest, now - self._last[of]) for of, longest in self._longest.items())


class Pulse(Worker):
    """A record to one partition every PULSE_S, whether or not the earlier ones were acknowledged."""

    def __init__(self, bootstrap: str, topic: str, partition: int, ledger: Ledger, gaps: Gaps, **config: Any) -> None:
        super().__init__(f"pulse-{partition}")
        self._topic, self._partition, self._ledger, self._gaps = topic, partition, ledger, gaps
        self._number = FIRST_PULSE + partition
        self._under_way = 0
        self._fatal: KafkaError | None = None
        self._producer = Producer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "linger.ms": 0,
                "retry.backoff.ms": 20,
                "retry.backoff.max.ms": 200,
                **config,
            }
        )

    def step(self) -> None:
        if self._under_way < MOST_UNDER_WAY:
            key = (self._number, self._partition)
            number = self._ledger.sending(key)
            data = value(self._number, self._partition, number, b"")
            self._under_way += 1
            self._producer.produce(
                self._topic, data, partition=self._partition, on_delivery=partial(self._delivered, number)
            )
        until = time.monotonic() + PULSE_S
        while (left := until - time.monotonic()) > 0:
            self._producer.poll(left)
        assert self._fatal is None, f"fatal: {self._fatal}"

    def finish(self) -> None:
        self._producer.flush(FINISH_S)
        assert self._fatal is None, f"fatal: {self._fatal}"

    def _delivered(self, number: int, error: KafkaError | None, message: Message) -> None:
        self._under_way -= 1
        if error is None:
            self._ledger.was_acknowledged((self._number, self._partition), number, message.offset())
            self._gaps.event(self._partition)
        else:
            self._ledger.was_given_up((self._number, self._partition), number)
            self._fatal = self._fatal or error


class PulseReader(Worker):
    """Sees the pulses of every partition from the end of the log on."""

    def __init__(self, bootstrap: str, topic: str, partitions: int, gaps: Gaps, **config: Any) -> None:
        super().__init__("pulse-reader")
        self._gaps = gaps
        self._consumer = Consumer(
            {
                **QUICK,
                "bootstrap.servers": bootstrap,
                "group.id": "not-used",
                "enable.auto.commit": False,
                "auto.offset.reset": "latest",
                "fetch.wait.max.ms": 100,
                **config,
            }
        )
        # From offsets that need no group: after a NOT_COORDINATOR librdkafka waits for ever for what a group has committed.
        self._consumer.assign([TopicPartition(topic, partition, OFFSET_END) for partition in range(partitions)])

    def step(self) -> None:
        for message in self._consumer.consume(2000, 0.05):
            if message.error() is None:
                self._gaps.event(message.partition())

    def finish(self) -> None:
        self._consumer.close()
