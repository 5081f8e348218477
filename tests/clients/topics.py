"""Topics made, filled and read with librdkafka, which knows nothing of the frameworks under test."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

DEADLINE_S = 90.0
"""How long something may take on a machine that does other things as well."""

BROKER_PROPERTIES: Mapping[str, str | int] = {
    "group.min.session.timeout.ms": 1000,
    "log.cleaner.backoff.ms": 100,
    "log.cleaner.min.cleanable.ratio": "0.01",
}
"""A member that was killed is missed sooner, and changelogs and internal topics are compacted all the time."""

_QUICK: Mapping[str, Any] = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "log_level": 0}


class Topics:
    """The topics of one broker."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.admin = AdminClient({**_QUICK, "bootstrap.servers": bootstrap})

    def create(self, partitions: int, *names: str, config: Mapping[str, str] | None = None) -> None:
        wishes = [NewTopic(name, partitions, 1, config=dict(config or {})) for name in names]
        for future in self.admin.create_topics(wishes).values():
            future.result(30)

    def names(self) -> set[str]:
        return set(self.admin.list_topics(timeout=30).topics)

    def partitions(self, topic: str) -> list[int]:
        return sorted(self.admin.list_topics(topic, timeout=30).topics[topic].partitions)

    def write(self, topic: str, records: Iterable[tuple[str, str] | tuple[str, str, int]]) -> None:
        """Keys, values and, where they matter, timestamps; all are stored on return."""
        # Joins need keys where the Java client would have put them.
        how = {"enable.idempotence": True, "linger.ms": 5, "partitioner": "murmur2_random"}
        producer = Producer({**_QUICK, "bootstrap.servers": self._bootstrap, **how})
        for key, value, *timestamp in records:
            producer.produce(topic, value, key, **({"timestamp": timestamp[0]} if timestamp else {}))
        assert producer.flush(60) == 0

    def reader(self, *topics: str) -> "Reader":
        """A read_committed reader of whole topics, from their beginning."""
        return Reader(self._bootstrap, [TopicPartition(name, index, 0) for name in topics for index in self.partitions(name)])

    def start_offsets(self, topic: str) -> list[int]:
        """Where the log of each partition begins."""
        consumer = Consumer({**_QUICK, "bootstrap.servers": self._bootstrap, "group.id": "nobody"})
        try:
            return [
                consumer.get_watermark_offsets(TopicPartition(topic, index), timeout=30)[0]
                for index in self.partitions(topic)
            ]
        finally:
            consumer.close()

    def position(self, group: str, topic: str, index: int = 0) -> int:
        """The offset that a group has committed."""
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, index)])
        found = self.admin.list_consumer_group_offsets([asked])[group].result(30).topic_partitions
        return int(found[0].offset)

    def commit(self, group: str, topic: str, positions: Mapping[int, int]) -> None:
        """Set the offsets of a group that nobody is in."""
        wished = [TopicPartition(topic, index, offset) for index, offset in positions.items()]
        asked = ConsumerGroupTopicPartitions(group, wished)
        self.admin.alter_consumer_group_offsets([asked])[group].result(30)

    def settings(self, topic: str) -> dict[str, str]:
        """The effective configuration of a topic."""
        asked = ConfigResource(ResourceType.TOPIC, topic)
        return {name: entry.value for name, entry in self.admin.describe_configs([asked])[asked].result(30).items()}


class Reader:
    """Reads partitions without a group, and keeps everything it has read."""

    def __init__(self, bootstrap: str, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = Consumer(
            {
                **_QUICK,
                "bootstrap.servers": bootstrap,
                "group.id": "nobody",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
            }
        )
        self._consumer.assign(list(partitions))
        self.seen: list[Message] = []

    def until(self, count: int, alive: Callable[[], bool] = lambda: True) -> list[Message]:
        """All that was read once it is at least ``count`` records; what must live meanwhile is asked in between."""
        deadline = time.monotonic() + DEADLINE_S
        while len(self.seen) < count:
            assert alive(), f"the application ended after {len(self.seen)} records"
            assert time.monotonic() < deadline, f"{len(self.seen)} records of {count}"
            more = [message for message in self._consumer.consume(500, 0.2) if message.error() is None]
            if more:
                deadline = time.monotonic() + DEADLINE_S
            self.seen += more
        return self.seen

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def longs(messages: Iterable[Message]) -> Iterator[tuple[str, int]]:
    """Records with a text as key and a long as value."""
    for message in messages:
        yield message.key().decode(), int.from_bytes(message.value(), "big", signed=True)
