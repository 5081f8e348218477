"""The writer: order, group commit, faults of storage, and what readers see when."""

from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import anyio
import pytest
import structlog

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.gathering import Gathering
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import compute_crc, parse_header
from tests.broker.log.harness import NOW_MS, Log, batch, entry, running_log

pytestmark = pytest.mark.anyio


def enqueue(log: Log, pid: int, data: Any, answers: list[Appended]) -> None:
    log.writer.enqueue(pid, data, entry(data), answers.append)


async def test_batches_get_their_offsets_in_order() -> None:
    """Within a partition the order of enqueueing; partitions count on their own."""
    async with running_log() as log:
        first, second = (await log.topic(partitions=2)).pids
        answers = await log.append_all([(first, batch(2)), (second, batch(5)), (first, batch(3)), (second, batch(1))])
        assert [answer.base_offset for answer in answers] == [0, 0, 2, 5]
        assert log.writer.queued_bytes == 0


async def test_what_arrives_during_a_commit_is_the_next_group() -> None:
    """One append at a time; everything that waits goes together, partition by partition, and is settled in arrival order."""
    async with running_log() as log:
        first, second = (await log.topic(partitions=2)).pids
        log.store.gate = anyio.Event()
        settled: list[int] = []
        batches = [batch(1, value=bytes([number])) for number in range(5)]
        for number, pid in enumerate([first, second, first, second, first]):
            data = batches[number]
            log.writer.enqueue(pid, data, entry(data), partial(lambda number, _: settled.append(number), number))
            if number == 0:
                await anyio.wait_all_tasks_blocked()
        assert log.writer.queued_bytes == sum(map(len, batches))
        log.store.gate.set()
        await anyio.wait_all_tasks_blocked()
        assert settled == [0, 1, 2, 3, 4]
        sizes = [[len(part) for part in parts] for parts in log.store.appends]
        assert [len(parts) for parts in sizes] == [1, 4]
        assert [span.pid for span in log.catalog.groups[1].spans] == [second, first]
        assert [len(span.batches) for span in log.catalog.groups[1].spans] == [2, 2]


async def test_groups_are_bounded_by_bytes() -> None:
    """What does not fit waits for the next group; a batch larger than a group goes alone."""
    size = len(batch(1))
    async with running_log(group_bytes_max=2 * size) as log:
        (pid,) = (await log.topic()).pids
        large = batch(1, value=b"x" * 3 * size)
        answers = await log.append(pid, batch(1), batch(1), batch(1), large, batch(1))
        assert [answer.base_offset for answer in answers] == [0, 1, 2, 3, 4]
        assert [len(parts) for parts in log.store.appends] == [2, 1, 1, 1]


async def test_a_committed_batch_is_stamped_cached_and_announced() -> None:
    """Readers at the tail get the very memory that came in, with its offset and epoch, its CRC still right."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, batch(4))
        waiter = log.waiting.enter([pid], 1)
        frame = bytearray(b"head" + batch(2))
        (answer,) = await log.append(pid, memoryview(frame)[4:])
        assert waiter.is_woken
        found = log.tail.take(pid, 4, 1 << 20, 1 << 20, True)
        assert found is not None
        header = parse_header(found.buffers[0])
        assert (header.base_offset, header.partition_leader_epoch) == (answer.base_offset, 0) == (4, 0)
        assert compute_crc(found.buffers[0]) == header.crc
        assert parse_header(frame, 4).base_offset == 4


async def test_memory_that_cannot_be_written_to_is_copied() -> None:
    """Bytes and readonly views are somebody else's."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        data = bytes(batch(1))
        await log.append(pid, batch(3))
        await log.append(pid, data, memoryview(data))
        assert parse_header(data).base_offset == 0
        found = log.tail.take(pid, 3, 1 << 20, 1 << 20, True)
        assert found is not None
        assert [parse_header(each).base_offset for each in found.buffers] == [3, 4]


async def test_log_append_time_is_the_time_of_writing() -> None:
    """Attribute, timestamp and CRC are set before the bytes are stored; the answer and the catalog say the same time."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        data = batch(2, timestamp=5)
        asked = entry(data)
        log.clock += 1234
        answers: list[Appended] = []
        log.writer.enqueue(
            pid, data, BatchEntry(asked.record_count, asked.length, 5, log_append_time=True), answers.append
        )
        await anyio.wait_all_tasks_blocked()
        (stored,) = log.store.appends[0]
        header = parse_header(stored)
        assert header.max_timestamp == NOW_MS + 1234 == answers[0].log_append_time_ms
        assert header.timestamp_type == 1
        assert compute_crc(stored) == header.crc
        assert log.catalog.groups[0].spans[0].batches[0].max_timestamp == NOW_MS + 1234


async def test_a_refused_batch_is_not_for_readers() -> None:
    """The catalog refuses or recognizes a batch: it gets its answer, the log goes on without its bytes."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        good = batch(1, producer_id=7, producer_epoch=0, base_sequence=0)
        again = bytearray(good)
        gap = batch(1, producer_id=7, producer_epoch=0, base_sequence=9)
        answers = await log.append(pid, good, again, gap, batch(1))
        assert [answer.error_code for answer in answers] == [0, 0, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 0]
        assert [answer.base_offset for answer in answers] == [0, 0, -1, 1]
        found = log.tail.take(pid, 0, 1 << 20, 1 << 20, True)
        assert found is not None
        assert len(found.buffers) == 2
        unknown = await log.append(999, batch(1))
        assert unknown[0].error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("where", ["store", "catalog"])
async def test_unavailable_storage_refuses_the_group_and_the_next_works(where: str) -> None:
    """A full disk is an error of those batches only."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        if where == "store":
            log.store.append_error = StorageUnavailable("disk full")
        else:
            log.catalog.commit_error = StorageUnavailable("disk full")
        answers = await log.append(pid, batch(1), batch(1))
        assert [answer.error_code for answer in answers] == [ErrorCode.KAFKA_STORAGE_ERROR] * 2
        assert answers[0].message == "disk full"
        assert log.tail.charged == 0
        log.store.append_error = log.catalog.commit_error = None
        answers = await log.append(pid, batch(1))
        assert (answers[0].error_code, answers[0].base_offset) == (0, 0)
        assert not log.fatal


async def test_what_the_catalog_refused_is_withdrawn_from_the_store() -> None:
    """Before anything else is appended; otherwise a restart could give it the offsets of others."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.catalog.commit_error = StorageUnavailable("disk full")
        await log.append(pid, batch(1, value=b"refused"))
        log.catalog.commit_error = None
        await log.append(pid, batch(1, value=b"stored"))

        assert log.store.steps == ["append", "withdraw", "append"]


async def test_a_store_that_cannot_withdraw_stops_the_broker() -> None:
    """Its group could come back."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.catalog.commit_error = StorageUnavailable("disk full")
        log.store.withdraw_error = StorageFailed("cannot withdraw")
        answers = await log.append(pid, batch(1))

        assert [answer.error_code for answer in answers] == [ErrorCode.KAFKA_STORAGE_ERROR]
        assert [str(error) for error in log.fatal] == ["cannot withdraw"]


async def test_storage_that_refuses_is_said_once_and_so_is_its_end() -> None:
    """An operator reads why producers are refused, without a line for each of them."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.store.append_error = StorageUnavailable("disk full")
        with structlog.testing.capture_logs() as lines:
            for _ in range(3):
                await log.append(pid, batch(1))
            log.store.append_error = None
            for _ in range(3):
                await log.append(pid, batch(1))

        assert [line["event"] for line in lines] == [
            "storage refuses writes; clients try again, reading goes on",
            "storage takes writes again",
        ]
        assert lines[0]["reason"] == "disk full"


async def test_batches_behind_a_failed_one_do_not_overtake_it() -> None:
    """An idempotent producer's later batches, queued or still to come, are refused as it was until it comes again."""

    def of_producer(sequence: int) -> bytearray:
        return batch(1, producer_id=7, producer_epoch=0, base_sequence=sequence)

    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.store.gate = anyio.Event()
        log.store.append_error = StorageUnavailable("disk full")
        failed: list[Appended] = []
        enqueue(log, pid, of_producer(0), failed)
        await anyio.wait_all_tasks_blocked()
        queued: list[Appended] = []
        enqueue(log, pid, of_producer(1), queued)
        enqueue(log, pid, batch(1), queued)
        log.store.gate.set()
        log.store.gate = None
        while not failed:
            await anyio.lowlevel.checkpoint()
        log.store.append_error = None
        await anyio.wait_all_tasks_blocked()
        assert failed[0].error_code == ErrorCode.KAFKA_STORAGE_ERROR
        assert queued[0].error_code == ErrorCode.KAFKA_STORAGE_ERROR
        later = await log.append(pid, of_producer(2))
        assert later[0].error_code == ErrorCode.KAFKA_STORAGE_ERROR
        again = await log.append(pid, of_producer(0), of_producer(1), of_producer(2))
        assert [answer.error_code for answer in again] == [0, 0, 0]
        assert log.writer.queued_bytes == 0


async def test_a_stored_batch_that_fails_when_it_arrives_again_holds_nothing_back() -> None:
    """A producer sends a batch again over a new connection; when the copy on the old one arrives late, and storage is out just then, nobody
    will send it a third time."""

    def of_producer(sequence: int) -> bytearray:
        return batch(1, producer_id=7, producer_epoch=0, base_sequence=sequence)

    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        await log.append(pid, of_producer(0), of_producer(1))
        log.store.append_error = StorageUnavailable("disk full")
        copies = await log.append(pid, of_producer(0), of_producer(1))
        assert {answer.error_code for answer in copies} == {ErrorCode.KAFKA_STORAGE_ERROR}
        log.store.append_error = None
        log.catalog.known_producers = AsyncMock(side_effect=StorageUnavailable("not now"))  # type: ignore[method-assign]
        (too_early,) = await log.append(pid, of_producer(2))
        assert too_early.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        del log.catalog.known_producers
        beyond, following = await log.append(pid, of_producer(3), of_producer(2))
        assert beyond.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        assert (following.error_code, following.base_offset) == (0, 2)
        gone_on, lost = await log.append(pid, of_producer(3), of_producer(9))
        assert (gone_on.error_code, lost.error_code) == (0, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)


async def test_failed_storage_refuses_everything_and_stops_the_broker() -> None:
    """After a failed fsync nothing is acknowledged any more: the group, the queue, and what still comes."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.store.gate = anyio.Event()
        error = log.store.append_error = StorageFailed("fsync: I/O error")
        answers: list[Appended] = []
        enqueue(log, pid, batch(1), answers)
        await anyio.wait_all_tasks_blocked()
        enqueue(log, pid, batch(1), answers)
        log.store.gate.set()
        await anyio.wait_all_tasks_blocked()
        enqueue(log, pid, batch(1), answers)
        assert [answer.error_code for answer in answers] == [ErrorCode.KAFKA_STORAGE_ERROR] * 3
        assert log.fatal == [error]
        assert log.writer.queued_bytes == 0
        await log.writer.drain()


async def test_draining_settles_what_is_queued_and_takes_no_more() -> None:
    """A stop loses nothing that was accepted; what comes after may be sent to another broker."""
    async with running_log() as log:
        (pid,) = (await log.topic()).pids
        log.store.gate = anyio.Event()
        answers: list[Appended] = []
        enqueue(log, pid, batch(1), answers)
        await anyio.wait_all_tasks_blocked()
        enqueue(log, pid, batch(1), answers)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(log.writer.drain)
            await anyio.wait_all_tasks_blocked()
            enqueue(log, pid, batch(1), answers)
            assert [answer.error_code for answer in answers] == [ErrorCode.NOT_LEADER_OR_FOLLOWER]
            log.store.gate.set()
        assert [answer.base_offset for answer in answers] == [-1, 0, 1]
        await log.writer.drain()


async def test_groups_are_reported() -> None:
    """Metrics learn of each commit: its time, batches, records and bytes."""
    log = Log()
    seen: list[tuple[float, int, int, int]] = []
    log.writer._on_group = lambda *group: seen.append(group)
    (pid,) = (await log.topic()).pids
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(log.writer.run)
        await anyio.wait_all_tasks_blocked()
        await log.append(pid, batch(1), batch(1))
        tasks.cancel_scope.cancel()
    ((seconds, count, records, size),) = seen
    assert seconds >= 0
    assert (count, records, size) == (2, 2, 2 * len(batch(1)))


class Expecting(Gathering):
    """Always wants two batches in a group that is not empty; remembers what came of its waits."""

    __slots__ = ("outcomes", "patience")

    def __init__(self, patience: float) -> None:
        super().__init__()
        self.patience = patience
        self.outcomes: list[bool] = []

    def wanted(self, queued: int, queued_bytes: int) -> int:
        return 2 if queued == 1 else 0

    @property
    def patience_s(self) -> float:
        return self.patience

    def waited(self, in_vain: bool) -> None:
        self.outcomes.append(in_vain)


async def test_a_group_waits_for_the_batches_that_are_expected() -> None:
    """A batch queued during a commit waits for the next one, and both are one group."""
    gathering = Expecting(patience=3600)
    async with running_log(gathering=gathering) as log:
        (pid,) = (await log.topic()).pids
        log.store.gate = anyio.Event()
        answers: list[Appended] = []
        enqueue(log, pid, batch(1), answers)
        enqueue(log, pid, batch(1), answers)
        await anyio.wait_all_tasks_blocked()
        enqueue(log, pid, batch(1), answers)
        log.store.gate.set()
        await anyio.wait_all_tasks_blocked()
        assert len(answers) == 2
        enqueue(log, pid, batch(1), answers)
        await anyio.wait_all_tasks_blocked()
        assert [answer.base_offset for answer in answers] == [0, 1, 2, 3]
        assert [len(parts) for parts in log.store.appends] == [2, 2]
        assert gathering.outcomes == [False]


async def test_the_gathering_hears_of_rests() -> None:
    """Each time the queue was empty: so that the first who is back can wait for the others."""

    class Listening(Gathering):
        __slots__ = ("rests",)

        def rested(self, seconds: float) -> None:
            self.rests.append(seconds)

    gathering = Listening()
    gathering.rests = []
    async with running_log(gathering=gathering) as log:
        (pid,) = (await log.topic()).pids
        for _ in range(3):
            await log.append(pid, batch(1))
        assert len(gathering.rests) == 3
        assert all(0 <= seconds < 60 for seconds in gathering.rests)


async def test_patience_ends() -> None:
    """When the expected batches do not come, the one that is there is committed alone."""
    gathering = Expecting(patience=0)
    async with running_log(gathering=gathering) as log:
        (pid,) = (await log.topic()).pids
        log.store.gate = anyio.Event()
        answers: list[Appended] = []
        enqueue(log, pid, batch(1), answers)
        enqueue(log, pid, batch(1), answers)
        await anyio.wait_all_tasks_blocked()
        log.store.gate.set()
        await log.append(pid, batch(1))
        assert [len(parts) for parts in log.store.appends] == [2, 1]
        assert gathering.outcomes == [True]
