"""A Kafka Streams application as a process, and what its topics hold."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from tests.support.process import ServerProcess
from tests.toolchain import kafka_streams_runner

DEADLINE_S = 90.0
"""How long something may take on a machine that does other things as well."""

BROKER_PROPERTIES: Mapping[str, str | int] = {"group.min.session.timeout.ms": 1000}
"""A member that was killed is missed sooner."""

_QUICK: Mapping[str, Any] = {"reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200, "log_level": 0}
_LOGGING = Path(__file__).parents[1] / "support" / "kafka_log4j2.properties"
_JVM_TERMINATED = 143


class StreamsApplication(ServerProcess):
    """One instance of `StreamsApp` with one topology; instances of one application share a folder, not a state directory.

    `settings` are Kafka Streams' own and win. The defaults: exactly once, no cache in front of stores (each count is seen),
    and timeouts for processes that are killed.
    """

    def __init__(
        self, folder: Path, topology: str, bootstrap: str, settings: Mapping[str, Any] | None = None, instance: str = "a"
    ) -> None:
        super().__init__(folder / f"{instance}.log")
        self.state_dir = folder / f"{instance}-state"
        self._bootstrap = bootstrap
        self._topology = topology
        self._properties_path = folder / f"{instance}.properties"
        properties = {
            "application.id": topology,
            "bootstrap.servers": bootstrap,
            "processing.guarantee": "exactly_once_v2",
            "state.dir": self.state_dir,
            "statestore.cache.max.bytes": 0,
            "commit.interval.ms": 100,
            "consumer.auto.offset.reset": "earliest",
            "consumer.session.timeout.ms": 3000,
            "consumer.heartbeat.interval.ms": 500,
            "producer.transaction.timeout.ms": 3000,
            "topology.optimization": "all",
            **(settings or {}),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._properties_path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))

    @property
    def bootstrap(self) -> str:
        """The address of the broker it works with."""
        return self._bootstrap

    def output(self) -> str:
        """Everything it has said so far, over restarts."""
        return self.log_path.read_text(errors="replace")

    def state(self) -> str:
        """The newest state it has told of."""
        return re.findall(r"^state (\w+)$", self.output(), re.M)[-1]

    def close(self) -> None:
        """Kill it, if it runs."""
        self.kill()

    def _command(self) -> list[str]:
        java, *options = kafka_streams_runner()
        return [java, f"-Dlog4j2.configurationFile={_LOGGING}", *options, self._topology, str(self._properties_path)]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"^state RUNNING|^failed ")

    def _started(self, ready: re.Match[str]) -> None:
        """There is nothing to learn from the line."""

    def _expected_exit(self) -> int:
        return _JVM_TERMINATED


class Topics:
    """Topics made, filled and read with librdkafka, which knows nothing of Streams."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.admin = AdminClient({**_QUICK, "bootstrap.servers": bootstrap})

    def create(self, partitions: int, *names: str) -> None:
        for future in self.admin.create_topics([NewTopic(name, partitions, 1) for name in names]).values():
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
            self.seen += [message for message in self._consumer.consume(500, 0.2) if message.error() is None]
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
