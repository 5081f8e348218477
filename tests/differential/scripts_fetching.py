"""More scripts about reading: limits, waiting, sessions that change, topics that go; and writing to what may not be written to."""

import time
from typing import Any

from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.delete_topics import DeleteTopicsRequest
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchRequestForgottenTopic, FetchTopic
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_data import BASE_MS, FETCH, batch, fetch, produce
from tests.differential.scripts_groups import COORDINATOR_ERRORS, coordinator
from tests.differential.topics import create, wait_gone
from tests.support.waiting import wait_until


def sizes(answer: Any) -> list[Any]:
    """Which partitions came with how many bytes; in whose order they are written down says nothing."""
    return sorted(
        [part.partition_index, part.error_code, len(part.records or b"")]
        for response in answer.responses
        for part in response.partitions
    )


@script(1, range(4, 19, 2))
def fetch_limits(stage: Stage) -> None:
    """Of a request and of a partition; the first batch always comes whole."""
    client, v = stage.client(), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic, 3)
    one = batch(1, value=b"v" * 1000)
    size = len(one)
    for index in range(3):
        for _ in range(4):
            produce(client, 9, topic, topic_id, {index: one})
    every = {0: 0, 1: 0, 2: 0}

    def ask(step: str, offsets: dict[int, int], **options: Any) -> None:
        stage.record(step, sizes(fetch(client, v, topic, topic_id, offsets, **options)))

    ask("no_limit", every)
    ask("partition_exact", every, partition_max_bytes=2 * size)
    ask("partition_between", every, partition_max_bytes=2 * size + size // 2)
    ask("partition_1", every, partition_max_bytes=1)
    ask("partition_0", every, partition_max_bytes=0)
    ask("partition_negative", every, partition_max_bytes=-5)
    ask("request_exact", every, max_bytes=4 * size)
    ask("request_between", every, max_bytes=5 * size + size // 2)
    ask("request_1", every, max_bytes=1)
    ask("request_0", every, max_bytes=0)
    ask("request_negative", every, max_bytes=-1)
    ask("both", every, max_bytes=3 * size, partition_max_bytes=size)
    ask("order_of_request", {2: 0, 0: 0, 1: 0}, max_bytes=5 * size)
    ask("some_at_end", {0: 4, 1: 2, 2: 4})
    ask("error_first", {9: 0, 0: 0}, max_bytes=1)
    ask("out_of_range_first", {0: 99, 1: 0}, max_bytes=1)


@script(1, range(4, 19, 4))
def fetch_waiting(stage: Stage) -> None:
    """Until there are enough bytes, an error, or the time is over."""
    client, writer, v = stage.client(), stage.client(), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic, 2)

    def glance(step: str) -> None:
        """A fetch in vain over the other connection: when it is answered, the one before it has waited as long."""
        answer = fetch(writer, v, topic, topic_id, {0: 0, 1: 0}, min_bytes=150, max_wait_ms=50)
        stage.record(step, sizes(answer))

    def timed(step: str, offsets: dict[int, int], **options: Any) -> None:
        began = time.monotonic()
        answer = fetch(client, v, topic, topic_id, offsets, **options)
        waited = time.monotonic() - began
        stage.record(step, {"waited": waited > 0.15, "sizes": sizes(answer)})

    timed("until_time_is_over", {0: 0}, min_bytes=1, max_wait_ms=200)
    timed("min_bytes_0", {0: 0}, min_bytes=0, max_wait_ms=5_000)
    timed("error_does_not_wait", {0: 77}, min_bytes=1, max_wait_ms=5_000)
    timed("unknown_partition", {7: 0}, min_bytes=1, max_wait_ms=300)
    timed("unknown_beside_known", {7: 0, 0: 0}, min_bytes=1, max_wait_ms=300)
    request = FetchRequest(
        replica_id=-1,
        max_wait_ms=10_000,
        min_bytes=150,
        max_bytes=1 << 20,
        session_epoch=-1,
        topics=[
            FetchTopic(
                topic=topic,
                topic_id=topic_id,
                partitions=[
                    FetchPartition(partition=index, fetch_offset=0, partition_max_bytes=1 << 20) for index in (0, 1)
                ],
            )
        ],
    )
    client.send(1, v, request)
    glance("nothing_yet")
    produce(writer, 9, topic, topic_id, {0: batch(1)})
    glance("not_enough_yet")
    produce(writer, 9, topic, topic_id, {1: batch(1)})
    stage.record("woken", sizes(client.receive(1, v)))
    timed("enough", {0: 0}, min_bytes=1, max_wait_ms=5_000)
    timed("more_than_there_is", {0: 0}, min_bytes=1 << 20, max_wait_ms=200)
    timed("min_above_max", {0: 0}, min_bytes=1 << 20, max_bytes=10, max_wait_ms=5_000)
    timed("negative_wait", {0: 1}, min_bytes=1, max_wait_ms=-1)


@script(1, range(7, 19, 2))
def fetch_session_changes(stage: Stage) -> None:
    """Partitions added, forgotten, in error, deleted with their topic."""
    client, v = stage.client(), stage.version
    topic, other = stage.name("t"), stage.name("u")
    topic_id, other_id = create(client, topic, 3), create(client, other, 1)
    produce(client, 9, topic, topic_id, {0: batch(3), 1: batch(2)})
    session = 0
    epoch = 0

    def ask(
        step: str,
        wanted: dict[tuple[str, bytes], dict[int, int]],
        forget: dict[tuple[str, bytes], list[int]] | None = None,
    ) -> None:
        nonlocal session, epoch
        request = FetchRequest(
            replica_id=-1,
            max_wait_ms=0,
            min_bytes=0,
            max_bytes=1 << 24,
            session_id=session,
            session_epoch=epoch,
            topics=[
                FetchTopic(
                    topic=name,
                    topic_id=identity,
                    partitions=[
                        FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=1 << 20)
                        for index, offset in parts.items()
                    ],
                )
                for (name, identity), parts in wanted.items()
            ],
            forgotten_topics_data=[
                FetchRequestForgottenTopic(topic=name, topic_id=identity, partitions=parts)
                for (name, identity), parts in (forget or {}).items()
            ],
        )
        answer = client.call(1, v, request)
        session, epoch = answer.session_id or session, epoch + 1
        stage.record(step, {"error_code": answer.error_code, "session": answer.session_id != 0, "sizes": sizes(answer)})

    mine, theirs = (topic, topic_id), (other, other_id)
    ask("made", {mine: {0: 0, 1: 0}})
    ask("repeated", {})
    ask("moved", {mine: {0: 3, 1: 2}})
    ask("added", {theirs: {0: 0}, mine: {2: 0}})
    ask("added_unknown", {mine: {8: 0}})
    ask("unknown_stays", {})
    ask("forgotten", {}, {mine: [8]})
    ask("after_forgetting", {})
    ask("forgotten_twice", {}, {mine: [8]})
    ask("out_of_range", {mine: {0: 50}})
    ask("out_of_range_stays", {})
    ask("back_in_range", {mine: {0: 1}})
    client.call(
        21,
        1,
        DeleteRecordsRequest(
            timeout_ms=10_000,
            topics=[DeleteRecordsTopic(name=topic, partitions=[DeleteRecordsPartition(partition_index=1, offset=1)])],
        ),
    )
    ask("log_start_moved", {mine: {0: 3}})
    client.call(20, 4, DeleteTopicsRequest(topic_names=[other], timeout_ms=10_000))
    wait_gone(client, other)
    ask("topic_deleted", {})
    create(client, other, 1)
    ask("topic_made_anew", {})


@script(1, FETCH[::4])
def fetch_by_replicas(stage: Stage) -> None:
    """A replica that is none."""
    client, v = stage.client(), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic)
    produce(client, 9, topic, topic_id, {0: batch(1)})
    request = FetchRequest(
        replica_id=99,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=1 << 20,
        session_epoch=-1,
        topics=[
            FetchTopic(
                topic=topic,
                topic_id=topic_id,
                partitions=[FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)],
            )
        ],
    )
    if v < 15:
        answer = client.call(1, v, request)
        stage.record("stranger", sizes(answer))


@script(2, range(1, 12))
def list_offsets_refused(stage: Stage) -> None:
    """A partition twice; after records are gone; replicas; other isolation."""
    client, v = stage.client(), stage.version
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    produce(client, 9, topic, topic_id, {0: batch(5, first_ms=BASE_MS)})
    client.call(
        21,
        1,
        DeleteRecordsRequest(
            timeout_ms=10_000,
            topics=[DeleteRecordsTopic(name=topic, partitions=[DeleteRecordsPartition(partition_index=0, offset=3)])],
        ),
    )

    def ask(step: str, *asked: tuple[int, int], **options: Any) -> None:
        parts = [ListOffsetsPartition(partition_index=index, timestamp=timestamp) for index, timestamp in asked]
        request = ListOffsetsRequest(
            **({"replica_id": -1} | options), topics=[ListOffsetsTopic(name=topic, partitions=parts)]
        )
        answer = client.call(2, v, request)
        for result in answer.topics:
            for part in result.partitions:
                part.timestamp -= BASE_MS if part.timestamp > 0 else 0
            result.partitions.sort(key=lambda part: part.partition_index)
        stage.record(step, answer)

    ask("twice", (0, -1), (0, -2))
    ask("twice_beside_other", (0, -1), (0, -1), (1, -1))
    ask("earliest_after_delete", (0, -2))
    ask("time_of_deleted", (0, BASE_MS))
    ask("max_after_delete", (0, -3))
    if v >= 2:
        ask("committed", (0, -1), isolation_level=1)
        ask("committed_time", (0, BASE_MS + 4), isolation_level=1)
        ask("nonsense_isolation", (0, -1), isolation_level=7)
    client.call(
        21,
        1,
        DeleteRecordsRequest(
            timeout_ms=10_000,
            topics=[DeleteRecordsTopic(name=topic, partitions=[DeleteRecordsPartition(partition_index=0, offset=-1)])],
        ),
    )
    ask("all_deleted", (0, BASE_MS))
    ask("max_all_deleted", (0, -3))
    ask("latest_all_deleted", (0, -1))


@script(21, range(3))
def delete_records_by_policy(stage: Stage) -> None:
    """Not from a topic that is only compacted."""
    client, v = stage.client(), stage.version

    def ask(step: str, name: str) -> None:
        topics = [DeleteRecordsTopic(name=name, partitions=[DeleteRecordsPartition(partition_index=0, offset=1)])]
        stage.record(step, client.call(21, v, DeleteRecordsRequest(timeout_ms=10_000, topics=topics)))

    for policy in ("compact", "compact,delete"):
        name = stage.name(policy.replace(",", "-"))
        topic_id = create(client, name, cleanup_policy=policy)
        produce(client, 9, name, topic_id, {0: batch(3)})
        ask(policy, name)


@script(22, range(6))
def transactional_ids(stage: Stage) -> None:
    """A producer id for a transactional id, and who coordinates it."""
    client = stage.client()
    coordinator(client, stage.name("g"))
    request = InitProducerIdRequest(transactional_id=stage.name("x"), transaction_timeout_ms=60_000)

    def ask() -> Any:
        client.call(10, 3, FindCoordinatorRequest(key=stage.name("x"), key_type=1))  # has Apache Kafka make its topic
        return client.call(22, stage.version, request)

    answer = wait_until(lambda answer: answer.error_code not in COORDINATOR_ERRORS, ask)
    stage.record("init", answer.error_code)
    for version in (1, 3, 4, 6):
        asked = FindCoordinatorRequest(key=stage.name("x"), key_type=1, coordinator_keys=[stage.name("x")])
        stage.record(f"coordinator_{version}", client.call(10, version, asked))


@script(3, range(1, 2))
def many_connections(stage: Stage) -> None:
    """Topics made over one connection are there over another at once or soon; nothing sticks to a connection."""
    writer = stage.client("writer")
    topic = stage.name("t")
    topic_id = create(writer, topic)
    produce(writer, 9, topic, topic_id, {0: batch(2)})
    readers: list[RawClient] = [stage.client(f"reader-{index}") for index in range(10)]
    for index, reader in enumerate(readers):
        stage.record(f"reader_{index}", sizes(fetch(reader, 11, topic, topic_id, {0: 0})))
