"""ListOffsets: the ends of a log, and records by time."""

import inspect
from collections.abc import Sequence

import pytest

from broker.errors import StorageUnavailable
from broker.handlers.data import list_offsets
from broker.log import timestamps
from broker.model import LogBounds
from broker.storage.committing import TwoStepCommitter, UnstoredGroup
from broker.storage.objects.base import TocEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from tests.broker.log.harness import NOW_MS, Log, batch, entry, running_log
from tests.broker.log.transactional_producer import TransactionalProducer

pytestmark = pytest.mark.anyio


def request(*partitions: tuple[int, int], topic: str = "t", isolation: int = 0, epoch: int = -1) -> ListOffsetsRequest:
    """Of (partition, timestamp) pairs."""
    parts = [
        ListOffsetsPartition(partition_index=index, timestamp=timestamp, current_leader_epoch=epoch)
        for index, timestamp in partitions
    ]
    return ListOffsetsRequest(
        replica_id=-1, isolation_level=isolation, topics=[ListOffsetsTopic(name=topic, partitions=parts)]
    )


async def listed(log: Log, asked: ListOffsetsRequest, version: int = 11) -> list[ListOffsetsPartitionResponse]:
    outcome = list_offsets.handle(asked, log.context(version))
    response: ListOffsetsResponse = await outcome if inspect.isawaitable(outcome) else outcome
    return [answer for topic in response.topics for answer in topic.partitions]


async def with_records(log: Log) -> None:
    """Offsets 0 to 5, the log starts at 2; the largest timestamp is first at offset 2."""
    (pid,) = (await log.topic()).pids
    for offset in (0, 2, 5):
        await log.append(pid, batch(3 if offset == 2 else 1 if offset == 5 else 2, timestamp=NOW_MS + offset % 5 * 100))
    await log.catalog.advance_log_start(pid, 2)


async def test_every_kind_of_timestamp() -> None:
    """Ends without a timestamp; found records with theirs; what does not exist as -1 and -1."""
    async with running_log() as log:
        await with_records(log)
        expected = {
            timestamps.LATEST: (6, -1, 0),
            timestamps.EARLIEST: (2, -1, 0),
            timestamps.MAX: (2, NOW_MS + 200, 0),
            timestamps.EARLIEST_LOCAL: (2, -1, 0),
            timestamps.LATEST_TIERED: (-1, -1, -1),
            timestamps.EARLIEST_PENDING_UPLOAD: (-1, -1, -1),
            0: (2, NOW_MS + 200, 0),
            NOW_MS + 200: (2, NOW_MS + 200, 0),
            NOW_MS + 201: (-1, -1, -1),
        }
        for timestamp, (offset, found_at, epoch) in expected.items():
            (answer,) = await listed(log, request((0, timestamp)))
            assert answer.error_code == 0
            assert (answer.offset, answer.timestamp, answer.leader_epoch) == (offset, found_at, epoch), timestamp


async def test_an_empty_log_has_ends_and_no_records() -> None:
    """Latest and earliest are 0; nothing is found."""
    async with running_log() as log:
        await log.topic()
        for timestamp, offset in {-1: 0, -2: 0, -3: -1, 5: -1}.items():
            (answer,) = await listed(log, request((0, timestamp), isolation=1))
            assert (answer.error_code, answer.offset) == (0, offset)


@pytest.mark.parametrize(("timestamp", "first"), sorted(timestamps.FIRST_VERSIONS.items()))
async def test_special_timestamps_begin_with_their_version(timestamp: int, first: int) -> None:
    """An older request cannot ask for them; what means nothing yet cannot be asked for at all."""
    async with running_log() as log:
        await log.topic()
        assert (await listed(log, request((0, timestamp)), first))[0].error_code == 0
        if first > 1:
            assert (await listed(log, request((0, timestamp)), first - 1))[
                0
            ].error_code == ErrorCode.UNSUPPORTED_VERSION
        assert (await listed(log, request((0, -7)), 11))[0].error_code == ErrorCode.UNSUPPORTED_VERSION


@pytest.mark.parametrize("timestamp", [-1, -2, -3, 0])
async def test_errors_are_per_partition(timestamp: int) -> None:
    """Unknown topic or partition, a partition named twice, a wrong leader epoch."""
    async with running_log() as log:
        await log.topic()
        assert [each.error_code for each in await listed(log, request((9, timestamp), (0, timestamp)))] == [
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            0,
        ]
        (answer,) = await listed(log, request((0, timestamp), topic="other"))
        assert answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        twice = await listed(log, request((0, timestamp), (0, -1)))
        assert [each.error_code for each in twice] == [ErrorCode.INVALID_REQUEST] * 2
        (answer,) = await listed(log, request((0, timestamp), epoch=3))
        assert (answer.error_code, answer.offset) == (ErrorCode.UNKNOWN_LEADER_EPOCH, -1)


async def test_the_catalog_is_asked_when_bounds_are_not_at_hand() -> None:
    """The same answers, later."""
    async with running_log() as log:
        await with_records(log)
        log.catalog.peek_bounds = lambda pid: None  # type: ignore[method-assign]
        answers = await listed(log, request((0, -1)))
        assert [each.offset for each in answers] == [6]
        state = log.directory.by_name("t")
        assert state is not None
        await log.catalog.delete_topic(state.topic_id)
        assert (await listed(log, request((0, -2))))[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_read_committed_sees_no_further_than_the_last_stable_offset() -> None:
    """Latest is that offset, and a record at or beyond it is not found; when the transaction ends, all is as for everybody."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(2))
        producer = await TransactionalProducer(log).init()
        await producer.add(pid)
        await log.append(pid, producer.batch(pid, 2, timestamp=NOW_MS + 100))
        await log.append(pid, batch(1, timestamp=NOW_MS + 50))
        asked = [(0, timestamps.LATEST), (0, timestamps.EARLIEST), (0, timestamps.MAX), (0, NOW_MS), (0, NOW_MS + 50)]

        async def offsets(isolation: int) -> list[int]:
            return [(await listed(log, request(each, isolation=isolation)))[0].offset for each in asked]

        assert await offsets(0) == [5, 0, 2, 0, 2]
        assert await offsets(1) == [2, 0, -1, 0, -1]
        log.clock = NOW_MS + 1
        await producer.end(commit=False)
        assert await offsets(0) == await offsets(1) == [6, 0, 2, 0, 2]


def test_refuse_answers_every_partition() -> None:
    """The shape of the request with one error."""
    response = list_offsets.refuse(request((0, -1), (1, -1)), Log().context(9), ErrorCode.UNKNOWN_SERVER_ERROR, None)
    assert [(each.partition_index, each.error_code, each.offset) for each in response.topics[0].partitions] == [
        (0, -1, -1),
        (1, -1, -1),
    ]


async def test_what_this_broker_knows_of_a_shared_log_is_no_answer() -> None:
    """Others write to it: the catalog is asked each time, once for all partitions, and its failure is an error of each."""
    async with running_log(is_shared=True) as log:
        pids = (await log.topic(partitions=50)).pids
        asked: list[int] = []
        ask = log.catalog.bounds

        async def bounds(pids: Sequence[int]) -> dict[int, LogBounds]:
            asked.append(len(pids))
            return await ask(pids)

        log.catalog.bounds = bounds  # type: ignore[method-assign]
        everything = request(*[(index, timestamps.LATEST) for index in range(50)])
        await log.append(pids[0], batch(2))
        assert [answer.offset for answer in await listed(log, everything)] == [2] + 49 * [0]
        store = TwoStepCommitter(log.store, log.catalog)  # another broker
        data = batch(3)
        await store.commit(UnstoredGroup([data], [TocEntry(pids[1], 0, len(data))], [[entry(data)]], NOW_MS))
        assert [answer.offset for answer in await listed(log, everything)] == [2, 3] + 48 * [0]
        assert asked == [50, 50]

        async def fail(pids: Sequence[int]) -> dict[int, LogBounds]:
            raise StorageUnavailable("the database is gone")

        log.catalog.bounds = fail  # type: ignore[method-assign]
        codes = {answer.error_code for answer in await listed(log, request((0, timestamps.LATEST), (1, timestamps.EARLIEST)))}
        assert codes == {ErrorCode.KAFKA_STORAGE_ERROR}
