"""Driver of aiokafka, an asyncio client with a codec of its own and old protocol versions."""

import asyncio
import logging
import threading
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import AbstractTokenProvider
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from tests.clients.python.aiokafka_transformer import transform
from tests.clients.python.logins import PAUSE_S
from tests.clients.python.protocol import Driver, Json, deadline, decoded, decoded_headers, record_of
from tests.clients.python.transforming import Job

_POLL_MS = 250
_ACKS = {"all": "all", "1": 1, "0": 0}


class AiokafkaDriver(Driver):
    """aiokafka: one event loop in a thread of its own; the operations are coroutines on it."""

    client = "aiokafka"
    version = aiokafka.__version__

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._streams: dict[str, Any] = {}
        self._members: dict[str, Any] = {}
        self._admins: dict[str, Any] = {}
        self._transactional: dict[str, Any] = {}

    def perform(self, op: str, args: Json) -> Json:
        answer: Json = asyncio.run_coroutine_threadsafe(getattr(self, op)(**args), self._loop).result()
        return answer

    async def produce(
        self, bootstrap: str, topic: str, records: list[Json], compression: str, acks: str, idempotent: bool
    ) -> Json:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            compression_type=None if compression == "none" else compression,
            acks=_ACKS[acks],
            enable_idempotence=idempotent,
            linger_ms=20,
        )
        await producer.start()
        try:
            futures = [
                await producer.send(
                    topic,
                    value=decoded(record["value"]),
                    key=decoded(record["key"]),
                    headers=decoded_headers(record),
                    partition=record.get("partition"),
                    timestamp_ms=record.get("timestamp"),
                )
                for record in records
            ]
            answers = await asyncio.gather(*futures)
        finally:
            await producer.stop()
        return {"placed": [[answer.partition, answer.offset] if answer else [-1, -1] for answer in answers]}

    async def read(
        self,
        bootstrap: str,
        topic: str,
        count: int,
        deadline_ms: int,
        isolation: str = "read_uncommitted",
        fetch_bytes: int = 1 << 20,
    ) -> Json:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            isolation_level=isolation,
            max_partition_fetch_bytes=fetch_bytes,
        )
        await consumer.start()
        try:
            await consumer._client.add_topic(topic)
            found = consumer.partitions_for_topic(topic) or set()
            consumer.assign([TopicPartition(topic, number) for number in sorted(found)])
            await consumer.seek_to_beginning()
            left = deadline(deadline_ms)
            records: list[Json] = []
            while len(records) < count and left():
                for batch in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                    records += [_record(message) for message in batch]
        finally:
            await consumer.stop()
        return {"records": records}

    async def end(self, bootstrap: str, topic: str, partition: int, isolation: str) -> Json:
        consumer, part = (
            AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation),
            TopicPartition(topic, partition),
        )
        await consumer.start()
        try:
            return {"offset": (await consumer.end_offsets([part]))[part]}
        finally:
            await consumer.stop()

    async def stream_open(self, stream: str, bootstrap: str, topic: str, partitions: int, idempotent: bool) -> Json:
        # The request timeout is also the life of a batch: it has to outlast the restart of a broker.
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=idempotent, request_timeout_ms=90000
        )
        await producer.start()
        self._streams[stream] = (producer, topic, partitions, [])
        return {}

    async def stream_send(self, stream: str, first: int, count: int) -> Json:
        producer, topic, partitions, futures = self._streams[stream]
        for number in range(first, first + count):
            futures.append(await producer.send(topic, value=str(number).encode(), partition=number % partitions))
        return {}

    async def stream_flush(self, stream: str) -> Json:
        producer, _, _, futures = self._streams[stream]
        await asyncio.wait_for(producer.flush(), 90)
        answers = await asyncio.gather(*futures, return_exceptions=True)
        failed = [repr(answer) for answer in answers if isinstance(answer, BaseException)]
        return {"acknowledged": len(answers) - len(failed), "failed": failed[:5]}

    async def stream_close(self, stream: str) -> Json:
        await self._streams.pop(stream)[0].stop()
        return {}

    async def member_open(self, member: str, bootstrap: str, group: str, topic: str) -> Json:
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            heartbeat_interval_ms=1000,
            session_timeout_ms=10000,
            metadata_max_age_ms=2000,
        )
        await consumer.start()
        self._members[member] = consumer
        return {}

    async def member_assigned(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        while len(consumer.assignment()) != count and left():
            if await consumer.getmany(timeout_ms=_POLL_MS):
                raise RuntimeError("a record came before the test sent any")
        return {"partitions": sorted(part.partition for part in consumer.assignment())}

    async def member_take(self, member: str, count: int, deadline_ms: int) -> Json:
        consumer, left = self._members[member], deadline(deadline_ms)
        records: list[Json] = []
        while len(records) < count and left():
            polled = await consumer.getmany(timeout_ms=_POLL_MS, max_records=count - len(records))
            if not polled:
                continue
            try:
                await consumer.commit({part: batch[-1].offset + 1 for part, batch in polled.items()})
            except KafkaError:
                # Not committed, so not ours: the group hands these records out again.
                for part, batch in polled.items():
                    if part in consumer.assignment():
                        consumer.seek(part, batch[0].offset)
                continue
            for batch in polled.values():
                records += [_record(message) for message in batch]
        return {"records": records}

    async def member_close(self, member: str) -> Json:
        await self._members.pop(member).stop()
        return {}

    async def txn_open(self, producer: str, bootstrap: str, transactional_id: str, timeout_ms: int = 60_000) -> Json:
        it = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            transactional_id=transactional_id,
            transaction_timeout_ms=timeout_ms,
            request_timeout_ms=90000,
        )
        await it.start()
        self._transactional[producer] = it
        return {}

    async def txn_begin(self, producer: str) -> Json:
        await self._transactional[producer].begin_transaction()
        return {}

    async def txn_send(self, producer: str, topic: str, partition: int, values: list[str]) -> Json:
        it = self._transactional[producer]
        for future in [await it.send(topic, value.encode(), partition=partition) for value in values]:
            await future
        return {}

    async def txn_queue(self, producer: str, topic: str, partition: int, values: list[str]) -> Json:
        for value in values:
            await self._transactional[producer].send(topic, value.encode(), partition=partition)
        return {}

    async def txn_offsets(self, producer: str, group: str, topic: str, partition: int, offset: int) -> Json:
        offsets = {TopicPartition(topic, partition): offset}
        await self._transactional[producer].send_offsets_to_transaction(offsets, group)
        return {}

    async def txn_commit(self, producer: str) -> Json:
        await self._transactional[producer].commit_transaction()
        return {}

    async def txn_abort(self, producer: str) -> Json:
        await self._transactional[producer].abort_transaction()
        return {}

    async def txn_close(self, producer: str) -> Json:
        await self._transactional.pop(producer).stop()
        return {}

    async def transform(self, **args: Any) -> Json:
        await transform(Job(**args))

    async def topic_create(self, bootstrap: str, topic: str, partitions: int, configs: dict[str, str]) -> Json:
        new = NewTopic(topic, partitions, 1, topic_configs=configs)
        answer = await (await self._admin(bootstrap)).create_topics([new])
        _raise_for(answer.topic_errors)
        return {}

    async def topic_delete(self, bootstrap: str, topic: str) -> Json:
        answer = await (await self._admin(bootstrap)).delete_topics([topic])
        _raise_for(answer.topic_error_codes)
        return {}

    async def topics(self, bootstrap: str) -> Json:
        return {"topics": sorted(await (await self._admin(bootstrap)).list_topics())}

    async def login(self, bootstrap: str, mechanism: str, user: str, secret: str, seconds: float) -> Json:
        class Provider(AbstractTokenProvider):
            async def token(self) -> str:
                return secret

        bearer = mechanism == "OAUTHBEARER"
        admin = AIOKafkaAdminClient(
            bootstrap_servers=bootstrap,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism=mechanism,
            sasl_plain_username=None if bearer else user,
            sasl_plain_password=None if bearer else secret,
            sasl_oauth_token_provider=Provider() if bearer else None,
        )
        await admin.start()
        try:
            done = 1
            await admin.list_topics()
            end = self._loop.time() + seconds
            while self._loop.time() + PAUSE_S < end:
                await asyncio.sleep(PAUSE_S)
                await admin.list_topics()
                done += 1
        finally:
            await admin.close()
        return {"rounds": done}

    async def partitions_grow(self, bootstrap: str, topic: str, partitions: int) -> Json:
        answer = await (await self._admin(bootstrap)).create_partitions({topic: NewPartitions(partitions)})
        _raise_for(answer.topic_errors)
        return {}

    async def topic_describe(self, bootstrap: str, topic: str) -> Json:
        (described,) = await (await self._admin(bootstrap)).describe_topics([topic])
        return {"partitions": len(described["partitions"])}

    async def config_get(self, bootstrap: str, topic: str, name: str) -> Json:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        (answer,) = await (await self._admin(bootstrap)).describe_configs([resource])
        ((_, _, _, _, entries),) = answer.resources
        return {"value": next(entry[1] for entry in entries if entry[0] == name)}

    async def config_set(self, bootstrap: str, topic: str, name: str, value: str) -> Json:
        # AlterConfigs, the older call: it replaces all that was set before.
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        (answer,) = await (await self._admin(bootstrap)).alter_configs([resource])
        _raise_for([(name, code) for code, *_ in answer.resources])
        return {}

    async def config_unset(self, bootstrap: str, topic: str, name: str) -> Json:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {})
        (answer,) = await (await self._admin(bootstrap)).alter_configs([resource])
        _raise_for([(name, code) for code, *_ in answer.resources])
        return {}

    async def records_delete(self, bootstrap: str, topic: str, partition: int, before: int) -> Json:
        asked = {TopicPartition(topic, partition): RecordsToDelete(before)}
        (mark,) = (await (await self._admin(bootstrap)).delete_records(asked)).values()
        return {"low_watermark": mark}

    async def offset(self, bootstrap: str, topic: str, partition: int, at: str | int) -> Json:
        consumer, part = AIOKafkaConsumer(bootstrap_servers=bootstrap), TopicPartition(topic, partition)
        await consumer.start()
        try:
            if isinstance(at, int):
                found = (await consumer.offsets_for_times({part: at}))[part]
                return {"offset": found.offset if found else -1}
            ask = {"earliest": consumer.beginning_offsets, "latest": consumer.end_offsets}[at]
            return {"offset": (await ask([part]))[part]}
        finally:
            await consumer.stop()

    async def groups(self, bootstrap: str) -> Json:
        return {"groups": sorted(name for name, *_ in await (await self._admin(bootstrap)).list_consumer_groups())}

    async def group_describe(self, bootstrap: str, group: str) -> Json:
        (answer,) = await (await self._admin(bootstrap)).describe_consumer_groups([group])
        (described,) = answer.groups
        _, _, state, _, _, members, *_ = described
        return {"state": state, "members": len(members)}

    async def group_offsets(self, bootstrap: str, group: str, topic: str) -> Json:
        found = await (await self._admin(bootstrap)).list_consumer_group_offsets(group)
        return {"offsets": {str(part.partition): at.offset for part, at in found.items() if part.topic == topic}}

    async def _admin(self, bootstrap: str) -> Any:
        if bootstrap not in self._admins:
            self._admins[bootstrap] = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
            await self._admins[bootstrap].start()
        return self._admins[bootstrap]


def _raise_for(outcomes: Any) -> None:
    for name, code, *_ in outcomes:
        if code:
            raise for_code(code)(name)


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
    AiokafkaDriver().serve()
