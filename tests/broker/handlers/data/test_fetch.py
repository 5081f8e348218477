"""Fetch: by name, by id, in sessions; what errors look like."""

import inspect
from typing import Any

import anyio
import pytest

from broker.handlers.data import fetch
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.fetch import (
    FetchPartition,
    FetchRequest,
    FetchRequestForgottenTopic,
    FetchRequestReplicaState,
    FetchResponse,
    FetchResponsePartitionData,
    FetchTopic,
)
from broker.wire.records.batch import iter_batches
from tests.broker.log.harness import Log, batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer

pytestmark = pytest.mark.anyio

MIB = 1 << 20


def request(*partitions: tuple[int, int], topic: str = "t", topic_id: bytes = bytes(16), **fields: Any) -> FetchRequest:
    """Of (partition, offset) pairs."""
    parts = [
        FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=MIB) for index, offset in partitions
    ]
    topics = [FetchTopic(topic=topic, topic_id=topic_id, partitions=parts)] if parts else []
    return FetchRequest(**{"max_bytes": 10 * MIB, "min_bytes": 1, "topics": topics, **fields})


async def fetched(log: Log, asked: FetchRequest, version: int = 12) -> FetchResponse:
    outcome = fetch.handle(asked, log.context(version))
    response: FetchResponse = await outcome if inspect.isawaitable(outcome) else outcome
    return response


def partitions_of(response: FetchResponse) -> list[FetchResponsePartitionData]:
    return [data for topic in response.responses for data in topic.partitions]


def bases(data: FetchResponsePartitionData) -> list[int]:
    records: Any = data.records or []
    return [header.base_offset for each in records for _, header in iter_batches(each)]


async def test_gives_records_and_where_the_log_stands() -> None:
    """At once when memory has them; aborted transactions are null unless read_committed asked."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(2), batch(1))
        response = fetch.handle(request((0, 1)), log.context(12))
        assert isinstance(response, FetchResponse)
        (data,) = partitions_of(response)
        assert bases(data) == [0, 2]
        assert (data.high_watermark, data.last_stable_offset, data.log_start_offset) == (3, 3, 0)
        assert data.aborted_transactions is None
        assert response.session_id == 0
        committed = partitions_of(await fetched(log, request((0, 1), isolation_level=1)))[0]
        assert committed.aborted_transactions == []
        assert bases(committed) == [0, 2]


async def test_reads_from_the_store_what_memory_has_not() -> None:
    """The same answer, later."""
    async with running_log(tail_bytes=0) as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(2), batch(1))
        assert bases(partitions_of(await fetched(log, request((0, 2))))[0]) == [2]


async def test_waits_for_data_and_no_longer_than_told() -> None:
    """A produce ends the wait; so does max_wait_ms, with empty (not null) records."""
    async with running_log() as log:
        state = await log.topic()
        answers: list[FetchResponse] = []

        async def poll() -> None:
            answers.append(await fetched(log, request((0, 0), max_wait_ms=60_000)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(poll)
            await anyio.wait_all_tasks_blocked()
            await log.append(state.pids[0], batch(1))
        assert bases(partitions_of(answers[0])[0]) == [0]
        (data,) = partitions_of(await fetched(log, request((0, 1), max_wait_ms=1)))
        assert (data.error_code, data.records, data.high_watermark) == (0, b"", 1)
        assert isinstance(fetch.handle(request((0, 1), max_wait_ms=0), log.context(12)), FetchResponse)


async def test_errors_are_per_partition() -> None:
    """An unknown partition, an offset out of range and a stale epoch beside a good one; offsets are -1 with an error."""
    async with running_log() as log:
        state = await log.topic(partitions=3)
        await log.append(state.pids[0], batch(1))
        asked = request((0, 0), (1, 99), (7, 0), (2, 0))
        asked.topics[0].partitions[3].current_leader_epoch = 9
        answers = partitions_of(await fetched(log, asked))
        assert [answer.error_code for answer in answers] == [
            0,
            ErrorCode.OFFSET_OUT_OF_RANGE,
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode.UNKNOWN_LEADER_EPOCH,
        ]
        for answer in answers[1:]:
            assert (answer.high_watermark, answer.last_stable_offset, answer.log_start_offset) == (-1, -1, -1)
            assert answer.records == b""
        (unknown,) = partitions_of(await fetched(log, request((0, 0), topic="other", max_wait_ms=60_000)))
        assert unknown.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_a_reader_that_is_ahead_is_told_where_the_epoch_ended() -> None:
    """KIP-595: a diverging epoch, at once."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(1))
        asked = request((0, 50), max_wait_ms=60_000)
        asked.topics[0].partitions[0].last_fetched_epoch = 0
        (data,) = partitions_of(await fetched(log, asked))
        assert data.diverging_epoch is not None
        assert (data.error_code, data.diverging_epoch.epoch, data.diverging_epoch.end_offset) == (0, 0, 1)


async def test_replicas_are_not_served() -> None:
    """There are none; before v15 and since, the id stands elsewhere."""
    async with running_log() as log:
        await log.topic()
        for asked in (
            request((0, 0), replica_id=1),
            request((0, 0), replica_state=FetchRequestReplicaState(replica_id=1)),
        ):
            (data,) = partitions_of(await fetched(log, asked))
            assert data.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER


async def test_the_brokers_limit_counts_too() -> None:
    """fetch.max.bytes bounds what a client may ask for."""
    async with running_log() as log:
        state = await log.topic()
        log.live.current = log.settings.model_copy(update={"fetch_max_bytes": 1024})
        await log.append(state.pids[0], *[batch(1, value=b"x" * 500) for _ in range(5)])
        (data,) = partitions_of(await fetched(log, request((0, 0), min_bytes=MIB, max_wait_ms=1)))
        assert bases(data) == [0]


async def test_a_session_tells_only_news() -> None:
    """Full answer first; then what changed, in an order that lets the others come first next time."""
    async with running_log() as log:
        state = await log.topic(partitions=3)
        first = await fetched(log, request((0, 0), (1, 0), (2, 0), session_epoch=0))
        assert first.session_id > 0
        assert len(partitions_of(first)) == 3
        session: dict[str, Any] = {"session_id": first.session_id, "max_wait_ms": 1}
        quiet = await fetched(log, request(**session, session_epoch=1))
        assert (quiet.session_id, quiet.responses) == (first.session_id, [])
        await log.append(state.pids[0], batch(1))
        news = await fetched(log, request(**session, session_epoch=2))
        assert [(data.partition_index, bases(data)) for data in partitions_of(news)] == [(0, [0])]
        await log.append_all([(pid, batch(1)) for pid in state.pids])
        news = await fetched(log, request((0, 1), **session, session_epoch=3))
        assert [data.partition_index for data in partitions_of(news)] == [1, 2, 0]
        gone = [FetchRequestForgottenTopic(topic="t", partitions=[1, 2])]
        news = await fetched(log, request((0, 0), **session, session_epoch=4, forgotten_topics_data=gone))
        assert [(data.partition_index, bases(data)) for data in partitions_of(news)] == [(0, [0, 1])]
        again = await fetched(log, request(**session, session_epoch=4))
        assert (again.error_code, again.session_id) == (ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0)
        lost = await fetched(log, request(session_id=first.session_id ^ 1, session_epoch=4))
        assert lost.error_code == ErrorCode.FETCH_SESSION_ID_NOT_FOUND


async def test_topics_by_id() -> None:
    """From v13 on; an id that never was, one whose topic is gone, and one whose name now means another topic."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(1))
        found = await fetched(log, request((0, 0), topic="", topic_id=state.topic_id, session_epoch=0), 13)
        assert found.responses[0].topic_id == state.topic_id
        assert bases(partitions_of(found)[0]) == [0]
        (unknown,) = partitions_of(await fetched(log, request((0, 0), topic="", topic_id=b"x" * 16), 13))
        assert unknown.error_code == ErrorCode.UNKNOWN_TOPIC_ID
        session: dict[str, Any] = {"session_id": found.session_id, "max_wait_ms": 1}
        mixed = await fetched(log, request(**session, session_epoch=1))
        assert mixed.error_code == ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
        log.directory.remove(state.topic_id)
        (gone,) = partitions_of(await fetched(log, request(**session, session_epoch=1), 13))
        assert gone.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        await log.catalog.delete_topic(state.topic_id)
        await log.topic()
        (anew,) = partitions_of(await fetched(log, request(**session, session_epoch=2), 13))
        assert anew.error_code == ErrorCode.INCONSISTENT_TOPIC_ID


async def test_partitions_of_a_topic_are_grouped_as_they_come() -> None:
    """One entry for each run of partitions of a topic."""
    async with running_log() as log:
        for name in ("a", "b"):
            await log.topic(name, 2)
        asked = request((0, 0), topic="a")
        asked.topics += request((0, 0), (1, 0), topic="b").topics + request((1, 0), topic="a").topics
        response = await fetched(log, asked)
        assert [(topic.topic, len(topic.partitions)) for topic in response.responses] == [("a", 1), ("b", 2), ("a", 1)]


def said(data: FetchResponsePartitionData) -> list[tuple[int, int]] | None:
    """The aborted transactions of an answer."""
    aborted = data.aborted_transactions
    return None if aborted is None else [(each.producer_id, each.first_offset) for each in aborted]


@pytest.mark.parametrize("version", fetch.HANDLER.versions)
async def test_aborted_transactions_are_named_to_those_who_must_know(version: int) -> None:
    """Of exactly what is given, in every version; null for read_uncommitted; in the order in which they ended."""
    async with running_log() as log:
        state = await log.topic()
        (pid,) = state.pids
        first, second = [await TransactionalProducer(log, name).init() for name in ("first", "second")]
        await first.append(pid, 1)
        await second.append(pid, 1)
        await second.end(commit=False)
        await first.end(commit=False)
        await first.append(pid, 1)
        await first.end()

        async def data(offset: int, **fields: Any) -> FetchResponsePartitionData:
            asked = request((0, offset), topic_id=state.topic_id, **fields)
            return partitions_of(await fetched(log, asked, version))[0]

        whole = await data(0, isolation_level=1)
        assert bases(whole) == [0, 1, 2, 3, 4, 5]
        assert said(whole) == [(second.producer_id, 1), (first.producer_id, 0)]
        assert said(await data(3, isolation_level=1)) == [(first.producer_id, 0)]
        assert said(await data(4, isolation_level=1)) == []
        assert said(await data(6, isolation_level=1)) == []
        assert said(await data(0, isolation_level=1, max_bytes=1)) == [(first.producer_id, 0)]
        assert said(await data(0)) is None
        assert said(await data(9, isolation_level=1)) is None


async def test_the_stable_end_is_told_while_a_transaction_is_open() -> None:
    """read_committed ends before it, and is told where everything ends; read_uncommitted goes on."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(1))
        await (await TransactionalProducer(log).init()).append(pid, 1)
        (data,) = partitions_of(await fetched(log, request((0, 0), isolation_level=1)))
        assert (bases(data), data.last_stable_offset, data.high_watermark) == ([0], 1, 2)
        (data,) = partitions_of(await fetched(log, request((0, 1), isolation_level=1, max_wait_ms=0)))
        assert (data.error_code, data.records, data.last_stable_offset) == (0, b"", 1)
        (data,) = partitions_of(await fetched(log, request((0, 0))))
        assert (bases(data), data.last_stable_offset) == ([0, 1], 1)


async def test_a_session_of_a_committed_reader_tells_of_the_high_watermark_and_then_of_the_records() -> None:
    """As in Kafka: while a transaction grows its partition has news, without records; without growth it has none."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        opened = await fetched(log, request((0, 0), isolation_level=1, session_epoch=0, max_wait_ms=0))
        session: dict[str, Any] = {"session_id": opened.session_id, "isolation_level": 1, "max_wait_ms": 0}
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 2)
        (data,) = partitions_of(await fetched(log, request(**session, session_epoch=1)))
        assert (data.records, data.last_stable_offset, data.high_watermark) == (b"", 0, 2)
        assert partitions_of(await fetched(log, request(**session, session_epoch=2))) == []
        await producer.end(commit=False)
        (data,) = partitions_of(await fetched(log, request(**session, session_epoch=3)))
        assert (bases(data), said(data), data.last_stable_offset) == ([0, 2], [(producer.producer_id, 0)], 3)


def test_refuse_has_the_shape_of_the_version() -> None:
    """Before sessions there was no error for the whole answer."""
    asked = request((0, 0), (1, 0))
    assert fetch.refuse(asked, Log().context(12), ErrorCode.UNKNOWN_SERVER_ERROR, None).error_code == -1
    old = fetch.refuse(asked, Log().context(5), ErrorCode.UNKNOWN_SERVER_ERROR, None)
    assert [data.error_code for data in partitions_of(old)] == [-1, -1]


@pytest.mark.parametrize("number", [-(2**31), -1, 0, 2**31 - 1])
async def test_no_number_of_a_client_is_too_strange(number: int) -> None:
    """Limits and waits below zero or beyond sense: one batch, or the error of the partition, and never a defect."""
    async with running_log() as log:
        state = await log.topic()
        await log.append(state.pids[0], batch(1), batch(1))
        asked = request((0, 0), (number, 0), max_bytes=number, min_bytes=-abs(number), max_wait_ms=min(number, 1))
        asked.topics[0].partitions[0].partition_max_bytes = number
        answers = partitions_of(await fetched(log, asked))
        assert bases(answers[0])[0] == 0
        asked = request(
            (0, number), session_id=number, session_epoch=number, isolation_level=number % 128, max_wait_ms=0
        )
        await fetched(log, asked)


async def test_a_consumer_is_sent_to_a_broker_in_its_rack() -> None:
    """At once and without records, partition by partition; again and again, until it goes there. A place that is not in the log is an error first."""
    async with running_log() as log:
        state = await log.topic(partitions=4)
        for pid in state.pids:
            await log.append(pid, batch(2))
        near = {state.pids[0]: 7, state.pids[1]: 8, state.pids[3]: 7}
        log.services.identity.replica_near = lambda pid, rack, zone: near.get(pid) if rack == "b" else None  # type: ignore[method-assign]
        asked = {"rack_id": "b", "max_wait_ms": 60_000, "session_epoch": 0}
        response = await fetched(log, request((0, 0), (1, 2), (2, 0), (3, 5), **asked))
        found = [(each.error_code, each.preferred_read_replica, bases(each)) for each in partitions_of(response)]
        assert found == [(0, 7, []), (0, 8, []), (0, -1, [0]), (ErrorCode.OFFSET_OUT_OF_RANGE, -1, [])]
        assert [each.high_watermark for each in partitions_of(response)] == [2, 2, 2, -1]
        following = await fetched(
            log, request(session_id=response.session_id, session_epoch=1, rack_id="b", max_wait_ms=0)
        )
        assert {each.partition_index: each.preferred_read_replica for each in partitions_of(following)}.items() >= {0: 7, 1: 8}.items()
        for rack in ("", "c"):
            response = await fetched(log, request((0, 0), rack_id=rack))
            assert [(each.preferred_read_replica, bases(each)) for each in partitions_of(response)] == [(-1, [0])]


@pytest.mark.parametrize("tail_bytes", [0, MIB])
async def test_where_the_catalog_is_shared_the_answers_are_the_same(tail_bytes: int) -> None:
    """Records, where the log stands, errors, sessions and waits."""
    async with running_log(tail_bytes=tail_bytes, is_shared=True) as log:
        state = await log.topic(partitions=2)
        pid = state.pids[0]
        await log.append(pid, batch(2), batch(1))
        for _ in range(2):
            response = await fetched(log, request((0, 1), (1, 0), (7, 0), session_epoch=0))
            data, empty, unknown = partitions_of(response)
            assert (bases(data), data.high_watermark, data.last_stable_offset, data.log_start_offset) == ([0, 2], 3, 3, 0)
            assert (empty.error_code, empty.high_watermark, bases(empty)) == (0, 0, [])
            assert unknown.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        (data,) = partitions_of(await fetched(log, request((0, 4))))
        assert data.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
        await log.catalog.advance_log_start(pid, 2)
        log.reader.log_start_moved(pid)
        (data,) = partitions_of(await fetched(log, request((0, 1))))
        assert data.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
        answers: list[list[int]] = []

        async def wait() -> None:
            response = await fetched(log, request((0, 3), max_wait_ms=60_000))
            answers.extend(bases(each) for each in partitions_of(response))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            await log.append(pid, batch(4))
        assert answers == [[3]]
