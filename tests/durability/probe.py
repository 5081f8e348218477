"""Single requests whose errors a test wants to see, without a client's own retries."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from tests.durability.load import QUICK


class ProducerProbe:
    """A producer that tries once."""

    def __init__(self, bootstrap: str, topic: str, **config: Any) -> None:
        self._topic = topic
        self._producer = Producer(
            {**QUICK, "bootstrap.servers": bootstrap, "retries": 0, "message.timeout.ms": 20_000, "linger.ms": 0, **config}
        )

    def send(self, data: bytes, partition: int = 0) -> KafkaError | None:
        """Send one record; what the broker had against it."""
        outcome: list[KafkaError | None] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            outcome.append(error)

        self._producer.produce(self._topic, data, partition=partition, on_delivery=delivered)
        self._producer.flush(30)
        assert outcome, "no answer"
        return outcome[0]


def commit_once(bootstrap: str, topic: str, group: str, offset: int) -> KafkaError | None:
    """Commit an offset for a group without members; what the broker had against it."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
    try:
        answers = consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    except KafkaException as error:
        reason: KafkaError = error.args[0]
        return reason
    finally:
        consumer.close()
    return answers[0].error


def committed(bootstrap: str, topic: str, group: str) -> int:
    """The offset that a group has committed for partition 0."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": group})
    try:
        (found,) = consumer.committed([TopicPartition(topic, 0)], timeout=20)
    finally:
        consumer.close()
    assert found.error is None
    return int(found.offset)


def read_all(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The first ``count`` records of partition 0."""
    consumer = Consumer({**QUICK, "bootstrap.servers": bootstrap, "group.id": "none", "auto.offset.reset": "error"})
    values: list[bytes] = []
    limit = time.monotonic() + 30
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while len(values) < count:
            assert time.monotonic() < limit, f"{len(values)} of {count} records were read"
            for message in consumer.consume(1000, 0.05):
                assert message.error() is None, message.error()
                values.append(message.value())
    finally:
        consumer.close()
    return values[:count]
