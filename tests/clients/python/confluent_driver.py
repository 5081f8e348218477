"""Driver of confluent-kafka, the Python face of librdkafka."""

import time
from typing import Any

import confluent_kafka
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.clients.python.confluent_crowd import Runner
from tests.clients.python.confluent_transformer import transform
from tests.clients.python.logins import rounds
from tests.clients.python.protocol import Driver, Json, deadline, decoded, decoded_headers, record_of
from tests.clients.python.transforming import Job

_QUIET = {"log_level": 2}
_POLL_S = 0.25


class _Stream:
    def __init__(self, producer: Producer, topic: str, partitions: int) -> None:
        self.producer, self.topic, self.partitions = producer, topic, partitions
        self.acknowledged = 0
        self.failed: list[str] = []

    def delivered(self, error: object, _message: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self.failed.append(str(error))


class ConfluentDriver(Driver):
    """confluent-kafka: blocking calls, one thread a command."""

    client = "confluent-kafka"
    version = f"{confluent_kafka.__version__} librdkafka {confluent_kafka.libversion()[0]}"

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[str, _Stream] = {}
        self._members: dict[str, Consumer] = {}
        self._admins: dict[str, AdminClient] = {}
        self._sharers: dict[str, Any] = {}
        self._transactional: dict[str, Producer] = {}
        self._crowd: dict[str, Runner] = {}

    def produce(
        self, bootstrap: str, topic: str, records: list[Json], compression: str, acks: str, idempotent: bool
    ) -> Json:
        producer = Producer(
            {
                **_QUIET,
                "bootstrap.servers": bootstrap,
                "compression.type": compression,
                "acks": acks,
                "enable.idempotence": idempotent,
                "linger.ms": 20,
            }
        )
        placed: list[list[int]] = [[-1, -1] for _ in records]
        errors: list[Any] = []

        def note(position: int) -> Any:
            def delivered(error: Any, message: Message) -> None:
                if error is not None:
                    errors.append(error)
                placed[position] = [message.partition(), message.offset() if message.offset() is not None else -1]

            return delivered

        for position, record in enumerate(records):
            producer.produce(
                topic,
                value=decoded(record["value"]),
                key=decoded(record["key"]),
                headers=decoded_headers(record),
                on_delivery=note(position),
                **({"partition": record["partition"]} if "partition" in record else {}),
                **({"timestamp": record["timestamp"]} if "timestamp" in record else {}),
            )
        left = producer.flush(60)
        if errors or left:
            raise RuntimeError(f"{left} records undelivered, errors {errors[:3]}")
        return {"placed": placed}

    def read(
        self,
        bootstrap: str,
        topic: str,
        count: int,
        deadline_ms: int,
        isolation: str = "read_uncommitted",
        fetch_bytes: int = 1 << 20,
        rack: str = "",
    ) -> Json:
        consumer = Consumer(
            {
                **_QUIET,
                "bootstrap.servers": bootstrap,
                "client.rack": rack,
                "group.id": "unused",
                "enable.auto.commit": False,
                "isolation.level": isolation,
                "max.partition.fetch.bytes": fetch_bytes,
            }
        )
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        left = deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            records += [_record(message) for message in consumer.consume(count - len(records), min(_POLL_S, left()))]
        consumer.close()
        return {"records": records}

    def end(self, bootstrap: str, topic: str, partition: int, isolation: str) -> Json:
        level = IsolationLevel.READ_COMMITTED if isolation == "read_committed" else IsolationLevel.READ_UNCOMMITTED
        asked = {TopicPartition(topic, partition): OffsetSpec.latest()}
        (future,) = self._admin(bootstrap).list_offsets(asked, isolation_level=level).values()
        return {"offset": future.result().offset}

    def stream_open(self, stream: str, bootstrap: str, topic: str, partitions: int, idempotent: bool) -> Json:
        producer = Producer(
            {**_QUIET, "bootstrap.servers": bootstrap, "enable.idempotence": idempotent, "linger.ms": 5}
        )
        self._streams[stream] = _Stream(producer, topic, partitions)
        return {}

    def stream_send(self, stream: str, first: int, count: int) -> Json:
        it = self._streams[stream]
        for number in range(first, first + count):
            it.producer.produce(
                it.topic, str(number).encode(), partition=number % it.partitions, on_delivery=it.delivered
            )
            it.producer.poll(0)
        return {}

    def stream_flush(self, stream: str) -> Json:
        it = self._streams[stream]
        it.producer.flush(90)
        return {"acknowledged": it.acknowledged, "failed": it.failed[:5]}

    def stream_close(self, stream: str) -> Json:
        del self._streams[stream]
        return {}

    def crowd_open(
        self, member: str, bootstrap: str, group: str, topic: str, settings: dict[str, str], ledger: str
    ) -> Json:
        self._crowd[member] = Runner({**settings, "bootstrap.servers": bootstrap, "group.id": group}, topic, ledger)
        return {}

    def crowd_sizes(self) -> Json:
        return {member: runner.size for member, runner in self._crowd.items()}

    def crowd_close(self, member: str) -> Json:
        self._crowd.pop(member).close()
        return {}

    def member_open(self, member: str, bootstrap: str, group: str, topic: str, protocol: str = "classic") -> Json:
        sessions: dict[str, Any] = {"heartbeat.interval.ms": 1000, "session.timeout.ms": 10000}
        consumer = Consumer(
            {
                **_QUIET,
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "topic.metadata.refresh.interval.ms": 2000,
                **({"group.protocol": "consumer"} if protocol == "consumer" else sessions),
            }
        )
        consumer.subscribe([topic])
        self._members[member] = consumer
        return {}

    def member_assigned(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        while len(consumer.assignment()) != count and left():
            early = consumer.poll(_POLL_S)
            if early is not None and early.error() is None:
                raise RuntimeError("a record came before the test sent any")
        return {"partitions": sorted(part.partition for part in consumer.assignment())}

    def member_take(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            batch = [message for message in consumer.consume(count - len(records), _POLL_S) if message.error() is None]
            if not batch:
                continue
            ends = {(m.topic(), m.partition()): (m.offset() or 0) + 1 for m in batch}
            try:
                consumer.commit(
                    offsets=[TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()],
                    asynchronous=False,
                )
            except KafkaException:
                # Not committed, so not ours: the group hands these records out again.
                self._rewind(consumer, batch)
                continue
            records += [_record(message) for message in batch]
        return {"records": records}

    def member_close(self, member: str) -> Json:
        self._members.pop(member).close()
        return {}

    def share_open(
        self, member: str, bootstrap: str, group: str, topics: list[str], explicit: bool = False, max_poll: int = 100
    ) -> Json:
        if explicit:
            raise NotImplementedError("this driver accepts what it takes")
        consumer = confluent_kafka.ShareConsumer(
            {
                **_QUIET,
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "max.poll.records": max_poll,
                "topic.metadata.refresh.interval.ms": 2000,
            }
        )
        consumer.subscribe(topics)
        self._sharers[member] = consumer
        return {}

    def share_take(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._sharers[member], deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            batch = [message for message in consumer.poll(_POLL_S) if message.error() is None]
            if not batch:
                continue
            outcome = {(part.topic, part.partition): error for part, error in consumer.commit_sync(20.0).items()}
            records += [
                {**_record(message), "deliveries": message.delivery_count()}
                for message in batch
                if outcome.get((message.topic(), message.partition())) is None
            ]
        return {"records": records}

    def share_close(self, member: str) -> Json:
        self._sharers.pop(member).close()
        return {}

    def txn_open(self, producer: str, bootstrap: str, transactional_id: str, timeout_ms: int = 60_000) -> Json:
        it = Producer(
            {
                **_QUIET,
                "bootstrap.servers": bootstrap,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": timeout_ms,
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 1000,
            }
        )
        it.init_transactions(60)
        self._transactional[producer] = it
        return {}

    def txn_begin(self, producer: str) -> Json:
        self._transactional[producer].begin_transaction()
        return {}

    def txn_send(self, producer: str, topic: str, partition: int, values: list[str]) -> Json:
        it = self._transactional[producer]
        errors: list[Any] = []
        for value in values:
            it.produce(
                topic, value.encode(), partition=partition, on_delivery=lambda error, _: error and errors.append(error)
            )
        left = it.flush(60)
        if errors or left:
            raise RuntimeError(f"{left} records undelivered, errors {errors[:3]}")
        return {}

    def txn_queue(self, producer: str, topic: str, partition: int, values: list[str]) -> Json:
        for value in values:
            self._transactional[producer].produce(topic, value.encode(), partition=partition)
        return {}

    def txn_offsets(self, producer: str, group: str, topic: str, partition: int, offset: int) -> Json:
        # Whoever assigns partitions by itself has a group without being a member of it.
        consumer = Consumer({**_QUIET, "bootstrap.servers": "localhost:1", "group.id": group})
        it = self._transactional[producer]
        it.send_offsets_to_transaction(
            [TopicPartition(topic, partition, offset)], consumer.consumer_group_metadata(), 60
        )
        return {}

    def txn_commit(self, producer: str) -> Json:
        self._transactional[producer].commit_transaction(60)
        return {}

    def txn_abort(self, producer: str) -> Json:
        self._transactional[producer].abort_transaction(60)
        return {}

    def txn_close(self, producer: str) -> Json:
        del self._transactional[producer]
        return {}

    def transform(self, **args: Any) -> Json:
        transform(Job(**args))

    def topic_create(self, bootstrap: str, topic: str, partitions: int, configs: dict[str, str]) -> Json:
        new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=configs)
        self._admin(bootstrap).create_topics([new])[topic].result()
        return {}

    def topic_delete(self, bootstrap: str, topic: str) -> Json:
        self._admin(bootstrap).delete_topics([topic])[topic].result()
        return {}

    def topics(self, bootstrap: str) -> Json:
        return {"topics": sorted(self._admin(bootstrap).list_topics(timeout=30).topics)}

    def login(self, bootstrap: str, mechanism: str, user: str, secret: str, seconds: float) -> Json:
        failures: list[str] = []
        settings: dict[str, Any] = {
            **_QUIET,
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": mechanism,
            "error_cb": lambda error: failures.append(f"{error.name()} {error.str()}"),
        }
        if mechanism == "OAUTHBEARER":
            settings["oauth_cb"] = lambda _: (secret, time.time() + 3600)
        else:
            settings |= {"sasl.username": user, "sasl.password": secret}
        producer = Producer(settings)
        producer.poll(0.1)
        done = 0
        for done in rounds(seconds):  # noqa: B007 - counted
            try:
                producer.list_topics(timeout=5)
            except KafkaException as error:
                producer.poll(0)
                raise RuntimeError(" ".join([str(error), *failures])) from error
        producer.poll(0)
        if failures:
            raise RuntimeError(" ".join(failures))
        return {"rounds": done}

    def partitions_grow(self, bootstrap: str, topic: str, partitions: int) -> Json:
        self._admin(bootstrap).create_partitions([NewPartitions(topic, partitions)])[topic].result()
        return {}

    def topic_describe(self, bootstrap: str, topic: str) -> Json:
        return {"partitions": len(self._admin(bootstrap).list_topics(topic, timeout=30).topics[topic].partitions)}

    def config_get(self, bootstrap: str, topic: str, name: str) -> Json:
        resource = ConfigResource(ResourceType.TOPIC, topic)
        return {"value": self._admin(bootstrap).describe_configs([resource])[resource].result()[name].value}

    def config_set(self, bootstrap: str, topic: str, name: str, value: str) -> Json:
        return self._alter(bootstrap, topic, ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET))

    def config_unset(self, bootstrap: str, topic: str, name: str) -> Json:
        return self._alter(bootstrap, topic, ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE))

    def records_delete(self, bootstrap: str, topic: str, partition: int, before: int) -> Json:
        (future,) = self._admin(bootstrap).delete_records([TopicPartition(topic, partition, before)]).values()
        return {"low_watermark": future.result().low_watermark}

    def offset(self, bootstrap: str, topic: str, partition: int, at: str | int) -> Json:
        specs = {
            "earliest": OffsetSpec.earliest,
            "latest": OffsetSpec.latest,
            "max_timestamp": OffsetSpec.max_timestamp,
        }
        spec = OffsetSpec.for_timestamp(at) if isinstance(at, int) else specs[at]()
        (future,) = self._admin(bootstrap).list_offsets({TopicPartition(topic, partition): spec}).values()
        return {"offset": future.result().offset}

    def groups(self, bootstrap: str) -> Json:
        return {"groups": sorted(g.group_id for g in self._admin(bootstrap).list_consumer_groups().result().valid)}

    def group_describe(self, bootstrap: str, group: str) -> Json:
        described = self._admin(bootstrap).describe_consumer_groups([group])[group].result()
        return {"state": described.state.name, "members": len(described.members)}

    def group_offsets(self, bootstrap: str, group: str, topic: str) -> Json:
        asked = ConsumerGroupTopicPartitions(group)
        found = self._admin(bootstrap).list_consumer_group_offsets([asked])[group].result().topic_partitions
        return {"offsets": {str(part.partition): part.offset for part in found if part.topic == topic}}

    def group_delete(self, bootstrap: str, group: str) -> Json:
        self._admin(bootstrap).delete_consumer_groups([group])[group].result()
        return {}

    def _alter(self, bootstrap: str, topic: str, entry: ConfigEntry) -> Json:
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        self._admin(bootstrap).incremental_alter_configs([resource])[resource].result()
        return {}

    def _admin(self, bootstrap: str) -> AdminClient:
        if bootstrap not in self._admins:
            self._admins[bootstrap] = AdminClient({**_QUIET, "bootstrap.servers": bootstrap})
        return self._admins[bootstrap]

    @staticmethod
    def _rewind(consumer: Consumer, batch: list[Message]) -> None:
        mine = {(part.topic, part.partition) for part in consumer.assignment()}
        first: dict[tuple[Any, Any], int] = {}
        for message in batch:
            first.setdefault((message.topic(), message.partition()), message.offset() or 0)
        for (topic, partition), offset in first.items():
            if (topic, partition) in mine:
                consumer.seek(TopicPartition(topic, partition, offset))


def _record(message: Message) -> Json:
    if message.error() is not None:
        raise KafkaException(message.error())
    return record_of(
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=message.headers(),
    )


if __name__ == "__main__":
    ConfluentDriver().serve()
