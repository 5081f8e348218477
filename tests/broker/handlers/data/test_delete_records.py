"""DeleteRecords moves the start of a log."""

import anyio
import pytest

from broker.handlers.data import delete_records
from broker.log.fetch_plan import Wanted
from broker.log.visibility import READ_COMMITTED
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from tests.broker.log.harness import Log, batch, running_log
from tests.broker.log.transactional_producer import TransactionalProducer, offsets_kept

pytestmark = pytest.mark.anyio


def request(*partitions: tuple[int, int], topic: str = "t") -> DeleteRecordsRequest:
    parts = [DeleteRecordsPartition(partition_index=index, offset=offset) for index, offset in partitions]
    return DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=topic, partitions=parts)], timeout_ms=1000)


async def deleted(log: Log, asked: DeleteRecordsRequest) -> list[tuple[int, int]]:
    response = await delete_records.handle(asked, log.context(2))
    return [(each.error_code, each.low_watermark) for topic in response.topics for each in topic.partitions]


async def test_the_log_start_moves_forward_and_never_back() -> None:
    """-1 is the high watermark; a lower offset answers where the log starts anyway."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(2), batch(3))
        assert await deleted(log, request((0, 1))) == [(0, 1)]
        assert await deleted(log, request((0, 0))) == [(0, 1)]
        assert await deleted(log, request((0, -1))) == [(0, 5)]
        bounds = log.catalog.peek_bounds(pid)
        assert bounds is not None
        assert (bounds.log_start, bounds.high_watermark) == (5, 5)


async def test_impossible_offsets_and_unknown_partitions_are_refused() -> None:
    """Each on its own; the low watermark is -1 then."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(2))
        out_of_range, unknown = ErrorCode.OFFSET_OUT_OF_RANGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        answers = await deleted(log, request((0, 3), (0, -2), (5, 0), (0, 2)))
        assert answers == [(out_of_range, -1), (out_of_range, -1), (unknown, -1), (0, 2)]
        assert await deleted(log, request((0, 0), topic="other")) == [(unknown, -1)]


async def test_compacted_topics_keep_their_records() -> None:
    """Unless they delete too."""
    async with running_log() as log:
        await log.topic("c", cleanup_policy="compact")
        await log.topic("cd", cleanup_policy="compact,delete")
        assert await deleted(log, request((0, 0), topic="c")) == [(ErrorCode.POLICY_VIOLATION, -1)]
        assert await deleted(log, request((0, 0), topic="cd")) == [(0, 0)]


async def test_waiting_fetches_are_told() -> None:
    """They look again, at a log that starts elsewhere now."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(2))
        waiter = log.waiting.enter([pid], 1 << 30)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(waiter.wait)
            await deleted(log, request((0, 1)))


@pytest.mark.parametrize("commit", [True, False])
async def test_records_of_an_open_transaction_can_go_too(commit: bool) -> None:
    """As in Kafka -1 means the high watermark, whatever is stable; the log's start is stable then, and the transaction ends as ever."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 3)
        assert await deleted(log, request((0, 2))) == [(0, 2)]
        bounds = log.catalog.peek_bounds(pid)
        assert bounds is not None
        assert (bounds.log_start, bounds.last_stable_offset, bounds.high_watermark) == (2, 2, 3)
        assert await deleted(log, request((0, -1))) == [(0, 3)]
        await producer.append(pid, 1)
        await producer.end(commit)
        bounds = log.catalog.peek_bounds(pid)
        assert bounds is not None
        assert (bounds.log_start, bounds.last_stable_offset, bounds.high_watermark) == (3, 5, 5)
        look = log.reader.look([Wanted(pid, 3, 1000)], 1000, READ_COMMITTED)
        assert look is not None
        assert offsets_kept(look.answers[0], 3) == ([3] if commit else [])


async def test_a_marker_can_be_deleted() -> None:
    """It is a record like others, though it lies in no object; and what follows is still there."""
    async with running_log(tail_bytes=0) as log:
        (pid,) = (await log.topic()).pids
        producer = await TransactionalProducer(log).init()
        await producer.append(pid, 1)
        await producer.end(commit=False)
        await log.append(pid, batch(1))
        for offset in (1, 2, 3):
            assert await deleted(log, request((0, offset))) == [(0, offset)]
        (pid_answer,) = await log.reader.read(
            [Wanted(pid, 3, 1000)], min_bytes=0, max_bytes=1000, max_wait_ms=0, isolation=READ_COMMITTED
        )
        assert (pid_answer.error_code, pid_answer.log_start, pid_answer.records) == (0, 3, [])


def test_refuse_answers_every_partition() -> None:
    """The shape of the request with one error."""
    response = delete_records.refuse(request((0, 1)), Log().context(2), ErrorCode.UNKNOWN_SERVER_ERROR, None)
    assert [(each.error_code, each.low_watermark) for each in response.topics[0].partitions] == [(-1, -1)]
