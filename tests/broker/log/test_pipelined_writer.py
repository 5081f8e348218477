"""The writer of a cluster's broker: groups side by side, answers and publishing in order, and how long anybody waits."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
import trio
import trio.testing

from broker.errors import StorageFailed, StorageUnavailable
from broker.log.flush_policy import LINGER_S, FlushLimits, FlushPolicy
from broker.log.pipelined_writer import PipelinedWriter
from broker.log.tail_cache import TailCache
from broker.log.waiting_room import WaitingRoom
from broker.model import Appended, Published
from broker.storage.cluster_committing import ClusterCommitter
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header
from tests.broker.log.harness import NOW_MS, batch, entry
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.cloud import CloudStore, SharedCatalog, fenced, takes

pytestmark = pytest.mark.anyio

SIZE = len(batch(1))
PUT_S = 0.1
COMMIT_S = 0.003


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Virtual time: every wait is exact, and takes none."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


class Line:
    """A writer over a store that takes ``PUT_S`` and a catalog that takes ``COMMIT_S``, and what it said when."""

    def __init__(self, limits: FlushLimits) -> None:
        self.store, self.catalog = CloudStore(PUT_S), SharedCatalog(COMMIT_S)
        self.tail, self.waiting = TailCache(1 << 20), WaitingRoom()
        self.fatal: list[StorageFailed] = []
        self.published: list[Published] = []
        self.committer = ClusterCommitter(self.store, self.catalog, slots=8, retry_s=5, clock=trio.current_time)
        self.writer = PipelinedWriter(
            self.committer,
            self.catalog,
            self.tail,
            self.waiting,
            lambda: NOW_MS,
            self.fatal.append,
            flush_policy=FlushPolicy(limits),
            on_published=self.published.append,
            clock=trio.current_time,
        )
        self.answers: dict[int, Appended] = {}
        self.answered_at: dict[int, float] = {}
        self.order: list[int] = []
        self._news = anyio.Event()

    def send(self, number: int, pid: int, data: Any = None) -> None:
        data = batch(1) if data is None else data
        self.writer.enqueue(pid, data, entry(data), partial(self._settled, number))

    def _settled(self, number: int, answer: Appended) -> None:
        self.answers[number] = answer
        self.answered_at[number] = trio.current_time()
        self.order.append(number)
        self._news.set()

    async def settled(self, count: int) -> None:
        while len(self.answers) < count:
            self._news = anyio.Event()
            await self._news.wait()

    @property
    def group_sizes(self) -> list[int]:
        """Batches by group, in the order of the commits."""
        return [sum(len(span.batches) for span in group.spans) for groups in self.catalog.commits for group in groups]


@asynccontextmanager
async def line(**limits: Any) -> AsyncIterator[tuple[Line, Sequence[int]]]:
    """A running writer and two partitions."""
    made = Line(FlushLimits(**({"flush_bytes": 1 << 20, "age_s": 0.25, "slots": 4} | limits)))
    pids = await topic(made.catalog, 2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.writer.run)
        await anyio.wait_all_tasks_blocked()
        yield made, pids
        tasks.cancel_scope.cancel()


INLINE = {"inline_bytes": 4096, "inline_bytes_per_second": 1 << 20}


async def test_a_quiet_broker_answers_in_milliseconds() -> None:
    """The catalog takes a small group at once; no object is stored."""
    async with line(**INLINE) as (log, (pid, _)):
        for number in range(3):
            began = trio.current_time()
            log.send(number, pid)
            await log.settled(number + 1)
            assert log.answered_at[number] - began == pytest.approx(COMMIT_S, abs=0.0005)
            await anyio.sleep(1)
        assert log.store.begun == 0
        assert [log.answers[number].base_offset for number in range(3)] == [0, 1, 2]


async def test_small_groups_gather_while_one_is_being_committed() -> None:
    """As many as come in the time of a commit are the next group."""
    async with line(**INLINE) as (log, (pid, _)):
        for number in range(10):
            log.send(number, pid)
            await anyio.sleep(0.0004)
        await log.settled(10)
        assert log.group_sizes[0] == 1
        assert len(log.group_sizes) <= 3


async def test_beyond_the_catalogs_budget_objects_are_stored() -> None:
    """A steady stream of small batches is not for the catalog to keep."""
    async with line(inline_bytes=4096, inline_bytes_per_second=SIZE * 10) as (log, (pid, _)):
        for number in range(200):
            log.send(number, pid)
            await anyio.sleep(0.01)
        await log.settled(200)
        kept = sum(group.length for groups in log.catalog.commits for group in groups if group.inline is not None)
        assert kept <= 4096 + SIZE * 10 * 2.5
        assert log.store.begun > 5


async def test_those_who_send_together_are_stored_together() -> None:
    """The first of them waits for a moment."""
    async with line() as (log, (pid, other)):
        for number in range(6):
            log.send(number, (pid, other)[number % 2])
            await anyio.sleep(LINGER_S / 10)
        await log.settled(6)
        assert log.group_sizes == [6]
        assert log.answered_at[0] == pytest.approx(LINGER_S + PUT_S + COMMIT_S, abs=0.002)


async def test_as_much_as_an_object_holds_goes_at_once() -> None:
    """Uploads run side by side, up to the slots; what is queued beyond waits for one, and counts."""
    async with line(flush_bytes=4 * SIZE, age_s=60, puts_per_second=1) as (log, (pid, _)):
        for number in range(40):
            log.send(number, pid)
        assert log.writer.queued_bytes == 40 * SIZE
        await anyio.sleep(PUT_S / 2)
        assert log.store.at_once == 4
        assert log.writer.queued_bytes == 40 * SIZE
        await log.settled(40)
        assert log.store.most_at_once == 4
        assert log.group_sizes == [4] * 10
        assert trio.current_time() < 4 * (PUT_S + COMMIT_S)
        assert log.order == list(range(40))
        assert log.writer.queued_bytes == 0


async def test_objects_are_within_their_budget_and_no_batch_waits_beyond_its_age() -> None:
    """The cost knob: four a second instead of two hundred, and still nothing waits for more than a quarter of a second before its upload."""
    async with line(puts_per_second=4) as (log, (pid, _)):
        sent: dict[int, float] = {}
        for number in range(400):
            sent[number] = trio.current_time()
            log.send(number, pid)
            await anyio.sleep(0.01)
        await log.settled(400)
        assert 14 <= log.store.begun <= 20
        assert max(log.answered_at[number] - sent[number] for number in sent) <= 0.25 + PUT_S + 2 * COMMIT_S + 0.002


async def test_answers_and_what_is_published_are_in_order() -> None:
    """A slow upload holds back what comes behind it; readers and peers hear of a log in the order of its offsets."""
    async with line(flush_bytes=2 * SIZE) as (log, (pid, other)):
        log.store.steps.extend([takes(2), takes(0.01), takes(0.5)])
        waiter = log.waiting.enter([pid], 1)
        for number in range(6):
            log.send(number, (pid, other)[number % 2])
            await anyio.sleep(0.001)
        await anyio.sleep(1.9)
        assert not log.answers
        assert not waiter.is_woken
        await log.settled(6)
        assert log.order == list(range(6))
        assert waiter.is_woken
        assert [each for each in log.published if each.pid == pid] == [Published(pid, n, n, SIZE, n + 1) for n in range(3)]
        found = log.tail.take(pid, 0, 1 << 20, 1 << 20, True)
        assert found is not None
        assert [parse_header(each).base_offset for each in found.buffers] == [0, 1, 2]


async def test_only_what_was_appended_is_published() -> None:
    """Duplicates and refused batches are nothing new to anybody."""

    def of_producer(sequence: int) -> bytearray:
        return batch(2, producer_id=7, producer_epoch=0, base_sequence=sequence)

    async with line() as (log, (pid, _)):
        for number, sequence in enumerate((0, 0, 9, 2)):
            log.send(number, pid, of_producer(sequence))
        log.send(4, 999)
        await log.settled(5)
        assert [log.answers[number].error_code for number in range(5)] == [
            0, 0, ErrorCode.NOT_LEADER_OR_FOLLOWER, 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ]  # fmt: skip
        assert log.published == [Published(pid, 0, 3, 2 * len(of_producer(0)), 4)]
        log.send(5, pid, of_producer(0))
        await log.settled(6)
        assert len(log.published) == 1


async def test_batches_are_stamped_with_the_leader_epoch_of_now() -> None:
    """The catalog says which; the stored bytes do not change."""
    async with line() as (log, (pid, _)):
        log.catalog.leader_epoch = lambda pid: 17  # type: ignore[method-assign]
        data = batch(3)
        log.send(0, pid, data)
        await log.settled(1)
        found = log.tail.take(pid, 0, 1 << 20, 1 << 20, True)
        assert found is not None
        assert parse_header(found.buffers[0]).partition_leader_epoch == 17
        ((stored,),) = [await log.store.read(object_id, [(0, SIZE)]) for object_id in log.store.object_ids]
        assert parse_header(stored).partition_leader_epoch == -1


async def test_storage_that_is_away_refuses_after_a_while_and_then_goes_on() -> None:
    """Those behind are refused or committed as their own groups are; nothing overtakes."""
    async with line(flush_bytes=SIZE) as (log, (pid, _)):

        def of_producer(sequence: int) -> bytearray:
            return batch(1, producer_id=7, producer_epoch=0, base_sequence=sequence)

        log.store.steps.extend([takes(0.2, StorageUnavailable("503 Slow Down"))] * 1000)
        for number in range(3):
            log.send(number, pid, of_producer(number))
            await anyio.sleep(1)
        await log.settled(1)
        assert log.answers[0].error_code == ErrorCode.KAFKA_STORAGE_ERROR
        log.store.steps.clear()
        log.send(3, pid, of_producer(3))
        await log.settled(4)
        codes = [log.answers[number].error_code for number in range(4)]
        assert codes[1:] == [ErrorCode.KAFKA_STORAGE_ERROR] * 3
        for number in range(4):
            log.send(4 + number, pid, of_producer(number))
        await log.settled(8)
        assert [log.answers[4 + number].base_offset for number in range(4)] == [0, 1, 2, 3]


async def test_a_fence_refuses_what_is_queued_too() -> None:
    """Clients are told to look for the leader at once; after registering anew the broker takes batches again."""
    async with line(flush_bytes=SIZE, slots=2) as (log, (pid, _)):
        log.catalog.before.append(takes(0.1, fenced()))
        for number in range(20):
            log.send(number, pid)
        await log.settled(20)
        assert {answer.error_code for answer in log.answers.values()} == {ErrorCode.NOT_LEADER_OR_FOLLOWER}
        assert trio.current_time() < 1
        assert log.writer.queued_bytes == 0
        log.committer.resume()
        log.send(20, pid)
        await log.settled(21)
        assert log.answers[20].base_offset == 0


async def test_failed_storage_refuses_everything_and_stops_the_broker() -> None:
    """Groups on their way, the queue, and what still comes."""
    async with line(flush_bytes=SIZE, slots=2) as (log, (pid, _)):
        log.store.steps.extend([takes(1, StorageFailed("gone")), takes(3600)])
        for number in range(5):
            log.send(number, pid)
        await log.settled(5)
        log.send(5, pid)
        assert {answer.error_code for answer in log.answers.values()} == {ErrorCode.KAFKA_STORAGE_ERROR}
        assert [str(error) for error in log.fatal] == ["gone"]
        assert log.writer.queued_bytes == 0
        await log.writer.drain()


async def test_draining_waits_for_nothing_but_storage() -> None:
    """What is queued goes at once; what comes later is refused."""
    async with line(age_s=3600, puts_per_second=1) as (log, (pid, _)):
        for number in range(2):
            log.send(number, pid)
            await anyio.sleep(PUT_S * 2)
        assert set(log.answers) == {0}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(log.writer.drain)
            await anyio.wait_all_tasks_blocked()
            log.send(2, pid)
        assert log.answers[2].error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert log.answers[1].base_offset == 1
        assert trio.current_time() < 1


async def test_work_does_not_grow_with_partitions_that_are_not_named() -> None:
    """Ten thousand other partitions are nothing to a group."""
    async with line() as (log, (pid, _)):
        calls = 0

        def leader_epoch(pid: int) -> int:
            nonlocal calls
            calls += 1
            return 0

        log.catalog.leader_epoch = leader_epoch  # type: ignore[method-assign]
        await topic(log.catalog, 10_000, "other")
        log.send(0, pid)
        await log.settled(1)
        assert calls == 1
