"""Driver of kafka-python, a client in pure Python with its own codec."""

import logging
from typing import Any

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, NodeNotReadyError, UnknownBrokerIdError
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.structs import OffsetAndMetadata

from tests.clients.python.logins import rounds
from tests.clients.python.protocol import Driver, Json, deadline, decoded, decoded_headers, record_of

_POLL_MS = 250
_ACKS = {"all": "all", "1": 1, "0": 0}
_OFFSET_SPECS = {"earliest": -2, "latest": -1, "max_timestamp": -3}


class KafkaPythonDriver(Driver):
    """kafka-python: blocking calls, one thread a command."""

    client = "kafka-python"
    version = kafka.__version__

    def __init__(self) -> None:
        super().__init__()
        self._streams: dict[str, Any] = {}
        self._members: dict[str, Any] = {}
        self._admins: dict[str, Any] = {}

    def produce(
        self, bootstrap: str, topic: str, records: list[Json], compression: str, acks: str, idempotent: bool
    ) -> Json:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if compression == "none" else compression,
            acks=_ACKS[acks],
            enable_idempotence=idempotent,
            linger_ms=20,
        )
        futures = [
            producer.send(
                topic,
                value=decoded(record["value"]),
                key=decoded(record["key"]),
                headers=decoded_headers(record),
                partition=record.get("partition"),
                timestamp_ms=record.get("timestamp"),
            )
            for record in records
        ]
        producer.flush(60)
        answers = [future.get(60) for future in futures]
        producer.close()
        return {"placed": [[answer.partition, answer.offset] for answer in answers]}

    def read(
        self,
        bootstrap: str,
        topic: str,
        count: int,
        deadline_ms: int,
        isolation: str = "read_uncommitted",
        fetch_bytes: int = 1 << 20,
    ) -> Json:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            isolation_level=isolation,
            max_partition_fetch_bytes=fetch_bytes,
        )
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        left = deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            for batch in consumer.poll(_POLL_MS).values():
                records += [_record(message) for message in batch]
        consumer.close()
        return {"records": records}

    def end(self, bootstrap: str, topic: str, partition: int, isolation: str) -> Json:
        consumer, part = (
            KafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation),
            TopicPartition(topic, partition),
        )
        try:
            return {"offset": consumer.end_offsets([part])[part]}
        finally:
            consumer.close()

    def stream_open(self, stream: str, bootstrap: str, topic: str, partitions: int, idempotent: bool) -> Json:
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=idempotent, reconnect_backoff_max_ms=500
        )
        self._streams[stream] = (producer, topic, partitions, [])
        return {}

    def stream_send(self, stream: str, first: int, count: int) -> Json:
        producer, topic, partitions, futures = self._streams[stream]
        for number in range(first, first + count):
            futures.append(producer.send(topic, value=str(number).encode(), partition=number % partitions))
        return {}

    def stream_flush(self, stream: str) -> Json:
        producer, _, _, futures = self._streams[stream]
        producer.flush(90)
        failed = [str(future.exception) for future in futures if not future.succeeded()]
        return {"acknowledged": len(futures) - len(failed), "failed": failed[:5]}

    def stream_close(self, stream: str) -> Json:
        self._streams.pop(stream)[0].close()
        return {}

    def member_open(self, member: str, bootstrap: str, group: str, topic: str) -> Json:
        self._members[member] = KafkaConsumer(
            topic,
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=1000,
            session_timeout_ms=10000,
            metadata_max_age_ms=2000,
            reconnect_backoff_max_ms=500,
        )
        return {}

    def member_assigned(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        while len(consumer.assignment()) != count and left():
            if consumer.poll(_POLL_MS):
                raise RuntimeError("a record came before the test sent any")
        return {"partitions": sorted(part.partition for part in consumer.assignment())}

    def member_take(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            polled = consumer.poll(_POLL_MS, max_records=count - len(records))
            if not polled:
                continue
            try:
                consumer.commit(
                    {part: OffsetAndMetadata(batch[-1].offset + 1, "", -1) for part, batch in polled.items()}
                )
            except KafkaError:
                # Not committed, so not ours: the group hands these records out again.
                for part, batch in polled.items():
                    if part in consumer.assignment():
                        consumer.seek(part, batch[0].offset)
                continue
            for batch in polled.values():
                records += [_record(message) for message in batch]
        return {"records": records}

    def member_close(self, member: str) -> Json:
        self._members.pop(member).close()
        return {}

    def topic_create(self, bootstrap: str, topic: str, partitions: int, configs: dict[str, str]) -> Json:
        options = {"num_partitions": partitions, "replication_factor": 1, "configs": configs}
        try:
            self._admin(bootstrap).create_topics({topic: options})
        except NodeNotReadyError:
            # Nothing was sent: it knows the broker of before a restart, and does not wait until it is connected again.
            self._admins.pop(bootstrap).close()
            self._admin(bootstrap).create_topics({topic: options})
        return {}

    def topic_delete(self, bootstrap: str, topic: str) -> Json:
        self._admin(bootstrap).delete_topics([topic])
        return {}

    def topics(self, bootstrap: str) -> Json:
        return {"topics": sorted(self._admin(bootstrap).list_topics())}

    def login(self, bootstrap: str, mechanism: str, user: str, secret: str, seconds: float) -> Json:
        class Provider(AbstractTokenProvider):
            def token(self) -> str:
                return secret

        bearer = mechanism == "OAUTHBEARER"
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism=mechanism,
            sasl_plain_username=None if bearer else user,
            sasl_plain_password=None if bearer else secret,
            sasl_oauth_token_provider=Provider() if bearer else None,
            bootstrap_timeout_ms=5000,
        )
        try:
            done = 0
            for done in rounds(seconds):  # noqa: B007 - counted
                admin.list_topics()
        finally:
            admin.close()
        return {"rounds": done}

    def partitions_grow(self, bootstrap: str, topic: str, partitions: int) -> Json:
        self._admin(bootstrap).create_partitions({topic: partitions})
        return {}

    def topic_describe(self, bootstrap: str, topic: str) -> Json:
        (described,) = self._admin(bootstrap).describe_topics([topic])
        return {"partitions": len(described["partitions"])}

    def config_get(self, bootstrap: str, topic: str, name: str) -> Json:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        described = self._admin(bootstrap).describe_configs([resource], config_filter="all")
        (entries,) = (configs for names in described.values() for configs in names.values())
        entry = entries[name]
        return {"value": entry["value"] if isinstance(entry, dict) else entry}

    def config_set(self, bootstrap: str, topic: str, name: str, value: str) -> Json:
        return self._alter(bootstrap, topic, name, ("SET", value))

    def config_unset(self, bootstrap: str, topic: str, name: str) -> Json:
        return self._alter(bootstrap, topic, name, ("DELETE", None))

    def records_delete(self, bootstrap: str, topic: str, partition: int, before: int) -> Json:
        (answer,) = self._admin(bootstrap).delete_records({TopicPartition(topic, partition): before}).values()
        return {"low_watermark": answer["low_watermark"]}

    def offset(self, bootstrap: str, topic: str, partition: int, at: str | int) -> Json:
        spec = at if isinstance(at, int) else _OFFSET_SPECS[at]
        wanted = {TopicPartition(topic, partition): spec}
        try:
            (answer,) = self._admin(bootstrap).list_partition_offsets(wanted).values()
        except UnknownBrokerIdError:
            # Who leads it asks anew each time, but where brokers are it goes on believing for minutes: one that came since it does not know.
            self._admins.pop(bootstrap).close()
            (answer,) = self._admin(bootstrap).list_partition_offsets(wanted).values()
        return {"offset": answer.offset}

    def groups(self, bootstrap: str) -> Json:
        return {"groups": sorted(group["group_id"] for group in self._admin(bootstrap).list_groups())}

    def group_describe(self, bootstrap: str, group: str) -> Json:
        described = self._admin(bootstrap).describe_groups([group])[group]
        return {"state": described["group_state"], "members": len(described["members"])}

    def group_offsets(self, bootstrap: str, group: str, topic: str) -> Json:
        found = self._admin(bootstrap).list_group_offsets(group)[group]
        return {"offsets": {str(part.partition): at.offset for part, at in found.items() if part.topic == topic}}

    def group_delete(self, bootstrap: str, group: str) -> Json:
        answer = self._admin(bootstrap).delete_groups([group])
        if answer[group] != "OK":
            raise RuntimeError(answer[group])
        return {}

    def _alter(self, bootstrap: str, topic: str, name: str, change: tuple[str, str | None]) -> Json:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: change})
        answer = self._admin(bootstrap).alter_configs([resource], incremental=True)
        (outcome,) = (outcome for names in answer.values() for outcome in names.values())
        if outcome != "OK":
            raise RuntimeError(outcome)
        return {}

    def _admin(self, bootstrap: str) -> Any:
        if bootstrap not in self._admins:
            self._admins[bootstrap] = KafkaAdminClient(bootstrap_servers=bootstrap)
        return self._admins[bootstrap]


def _record(message: Any) -> Json:
    return record_of(
        partition=message.partition,
        offset=message.offset,
        timestamp=message.timestamp,
        key=message.key,
        value=message.value,
        headers=message.headers,
    )


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    KafkaPythonDriver().serve()
