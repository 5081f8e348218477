"""Walks: long random sequences of requests, the same for both brokers. The version of a walk is its seed."""

import random
from typing import Any

from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchRequestForgottenTopic, FetchTopic
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.records.record import Record, encode_batch
from tests.differential.script import Stage, script
from tests.differential.scripts_data import BASE_MS, batch, fetch, headers, new_producer, produce
from tests.differential.topics import create

SEEDS = range(20)


def walker(stage: Stage) -> random.Random:
    return random.Random(stage.version)


@script(0, SEEDS)
def idempotent_walk(stage: Stage) -> None:
    """Producers that repeat, skip, restart, and come back under other epochs."""
    chance = walker(stage)
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    ids = [new_producer(client).producer_id + 10_000 * index for index in range(3)]
    follows = dict.fromkeys(ids, (0, 0))
    sent: list[tuple[int, int, int, int]] = []
    for number in range(60):
        producer = chance.choice(ids)
        epoch, sequence = follows[producer]
        count = chance.randint(1, 4)
        move = chance.random()
        if move < 0.2 and sent:
            producer, epoch, sequence, count = chance.choice(sent[-12:])
        elif move < 0.3:
            sequence = (sequence + chance.choice((-3, -1, 1, 2, 7))) % 2**31
        elif move < 0.4:
            epoch, sequence = max(0, epoch + chance.choice((-1, 1, 1, 2))), chance.choice((0, 0, 1, sequence))
        elif move < 0.45:
            sequence = chance.choice((0, 2**31 - 2, 2**31 - 1))
        data = batch(count, producer_id=producer, producer_epoch=epoch, base_sequence=sequence)
        part = produce(client, 9, topic, topic_id, {0: data}).responses[0].partition_responses[0]
        # Which of the two codes is given to what is old is compared by `produce_idempotent`.
        code = 45 if part.error_code == 46 else part.error_code
        stage.record(f"{number}", {"error_code": code, "base_offset": part.base_offset})
        if part.error_code == 0:
            sent.append((producer, epoch, sequence, count))
            follows[producer] = (epoch, (sequence + count) % 2**31)


@script(1, SEEDS)
def log_walk(stage: Stage) -> None:
    """A log that is written, cut at its beginning, searched by time, and read from anywhere."""
    chance = walker(stage)
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    end = 0
    cut = False
    for number in range(60):
        move = chance.random()
        if move < 0.4:
            count = chance.randint(1, 6)
            times = [BASE_MS + chance.randint(-30, 30) + number * chance.choice((0, 5)) for _ in range(count)]
            records = [Record(offset=i, timestamp=t, key=b"k", value=b"v" * 20) for i, t in enumerate(times)]
            data = bytes(encode_batch(records, codec=chance.choice((0, 0, 1, 2, 3, 4))))
            stage.record(f"{number}_produce", produce(client, 9, topic, topic_id, {0: data}))
            end += count
        elif move < 0.5:
            offset = chance.choice((chance.randint(-1, end + 1), chance.randint(0, end // 2)))
            parts = [DeleteRecordsPartition(partition_index=0, offset=offset)]
            request = DeleteRecordsRequest(timeout_ms=10_000, topics=[DeleteRecordsTopic(name=topic, partitions=parts)])
            stage.record(f"{number}_delete", client.call(21, 2, request))
            cut = True
        elif move < 0.75:
            when = chance.choice((-1, -2, -3, BASE_MS + chance.randint(-40, 340)))
            if when == -3 and cut:
                continue  # compared by `list_offsets_refused`: Apache Kafka names records that are deleted
            asked = [ListOffsetsPartition(partition_index=0, timestamp=when)]
            answer = client.call(
                2, 7, ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name=topic, partitions=asked)])
            )
            part = answer.topics[0].partitions[0]
            found = [part.error_code, part.offset, part.timestamp if part.timestamp < 0 else part.timestamp - BASE_MS]
            stage.record(f"{number}_search", found)
        else:
            answer = fetch(client, 11, topic, topic_id, {0: chance.randint(-1, end + 1)}, max_bytes=1 << 20)
            part = answer.responses[0].partitions[0]
            read = [[each[0], each[-1]] for each in headers(part.records)]
            stage.record(
                f"{number}_fetch", {"error_code": part.error_code, "start": part.log_start_offset, "read": read}
            )


@script(1, SEEDS)
def session_walk(stage: Stage) -> None:
    """A fetch session whose partitions come, go, move and get news; sometimes its client is out of step."""
    chance = walker(stage)
    client = stage.client()
    version = chance.choice((7, 12, 13, 17))
    topics = [(name, create(client, name, 4)) for name in (stage.name("t"), stage.name("u"))]
    session = epoch = 0
    for number in range(50):
        if chance.random() < 0.4:
            name, topic_id = chance.choice(topics)
            produce(client, 9, name, topic_id, {chance.randrange(4): batch(chance.randint(1, 3))})
        wanted: dict[int, dict[int, int]] = {}
        forgotten: dict[int, list[int]] = {}
        for which in range(2):
            if chance.random() < 0.4:
                wanted[which] = {index: chance.randint(0, 6) for index in chance.sample(range(5), chance.randint(1, 3))}
            if chance.random() < 0.15 and epoch > 0:
                forgotten[which] = chance.sample(range(5), chance.randint(1, 2))
        if epoch > 0 and chance.random() < 0.08:
            session, epoch = chance.choice(
                ((session, epoch + 3), (session + 1, epoch), (session, 0), (0, 0), (session, -1))
            )
        request = FetchRequest(
            replica_id=-1,
            max_wait_ms=0,
            min_bytes=0,
            max_bytes=1 << 24,
            session_id=session,
            session_epoch=epoch,
            topics=[
                FetchTopic(
                    topic=topics[which][0],
                    topic_id=topics[which][1],
                    partitions=[
                        FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=1 << 20)
                        for index, offset in parts.items()
                    ],
                )
                for which, parts in wanted.items()
            ],
            forgotten_topics_data=[
                FetchRequestForgottenTopic(topic=topics[which][0], topic_id=topics[which][1], partitions=parts)
                for which, parts in forgotten.items()
            ],
        )
        answer = client.call(1, version, request)
        stage.record(
            f"{number}",
            {"error_code": answer.error_code, "session": answer.session_id != 0, "parts": _parts(answer, topics)},
        )
        if answer.error_code:
            session = epoch = 0
        else:
            session, epoch = answer.session_id, epoch + 1 if answer.session_id else 0


def _parts(answer: Any, topics: list[tuple[str, bytes]]) -> list[list[Any]]:
    """Which partitions came, with what; by topic and partition, for their order says nothing."""
    ids = [topic_id for _, topic_id in topics]
    names = [name for name, _ in topics]
    return sorted(
        [
            names.index(topic.topic) if topic.topic else ids.index(bytes(topic.topic_id)),
            part.partition_index,
            part.error_code,
            part.high_watermark,
            [each[0] for each in headers(part.records)],
        ]
        for topic in answer.responses
        for part in topic.partitions
    )
