"""The reader where other brokers write to the same logs: what memory may answer, what the catalog must, and who is woken by what. Time is virtual."""

from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import StorageUnavailable
from broker.log.fetch_plan import PartitionAnswer, Wanted
from broker.log.shared_reading import ReadingLimits
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import compute_crc, iter_batches
from tests.broker.log.harness import batch
from tests.broker.log.shared_log import SharedBroker, SharedProducer, SharedWorld, shared_world
from tests.broker.log.transactional_producer import offsets_kept

pytestmark = pytest.mark.anyio

COMMITTED = 1


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Waits take no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def bases(answer: PartitionAnswer) -> list[int]:
    found: list[int] = []
    for each in answer.records:
        for at, header in iter_batches(each):
            assert compute_crc(each, at) == header.crc
            found.append(header.base_offset)
    return found


def looked(broker: SharedBroker, pid: int, offset: int, isolation: int = 0) -> list[int] | None:
    """What memory alone answers: the batches, [] at the end, None when it does not know."""
    look = broker.reader.look([Wanted(pid, offset, 1 << 20)], 1 << 20, isolation)
    return None if look is None else bases(look.answers[0])


async def known_to(broker: SharedBroker, pid: int, offset: int = 0) -> None:
    """Have the broker read the log's bounds."""
    await broker.reader.bounds_of([pid])


# What memory may answer


async def test_what_a_broker_wrote_itself_it_reads_without_a_query() -> None:
    """In the tail and at its end; once a query has said where the log begins."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2))
        assert looked(ours, pid, 0) is None, "nobody has said yet where the log begins"
        await known_to(ours, pid)
        await ours.append(pid, batch(1))
        before = ours.queries.total()
        assert looked(ours, pid, 0) == [0, 2]
        assert looked(ours, pid, 2) == [2]
        assert looked(ours, pid, 3) == []
        assert looked(ours, pid, 0, COMMITTED) == [0, 2]
        assert ours.queries.total() == before


async def test_an_offset_is_out_of_range_only_by_the_catalogs_word() -> None:
    """Beyond what is known another broker may have written; below the start that is known is asked about as well."""
    async with shared_world() as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2))
        await known_to(ours, pid)
        assert looked(ours, pid, 3) is None
        (answer,) = await ours.read(Wanted(pid, 3, 1000))
        assert answer.error_code == ErrorCode.OFFSET_OUT_OF_RANGE
        await other.append(pid, batch(2))
        (answer,) = await ours.read(Wanted(pid, 3, 1000))
        assert (answer.error_code, bases(answer)) == (0, [2])


async def test_what_is_known_is_not_trusted_for_ever() -> None:
    """Another broker may have deleted records: after a while without a word from the catalog it is asked."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2), batch(1))
        await known_to(ours, pid)
        ours.catalog.error = StorageUnavailable("the database is gone")
        assert looked(ours, pid, 0) == [0, 2]
        await anyio.sleep(3)
        assert looked(ours, pid, 0) is None
        (answer,) = await ours.read(Wanted(pid, 0, 1000))
        assert answer.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        ours.catalog.error = None
        await world.catalog.advance_log_start(pid, 2)
        (answer,) = await ours.read(Wanted(pid, 0, 1000))
        assert answer.error_code == ErrorCode.OFFSET_OUT_OF_RANGE


async def test_a_log_that_is_read_all_the_time_is_kept_fresh_by_polls() -> None:
    """No fetch at the tail pays for a query of its own, and a log start that moved elsewhere is seen within seconds."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2), batch(1))
        await known_to(ours, pid)
        for _ in range(100):
            await anyio.sleep(0.1)
            assert looked(ours, pid, 0) == [0, 2]
        assert ours.queries["spans"] == 0
        assert ours.queries["bounds"] <= 12
        await world.catalog.advance_log_start(pid, 2)
        await anyio.sleep(1.1)
        assert looked(ours, pid, 0) is None
        assert looked(ours, pid, 2) == [2]


async def test_another_leader_epoch_is_for_the_catalog_to_judge() -> None:
    """Whether a client's epoch is fenced or not yet known cannot be told from memory."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2))
        await known_to(ours, pid)
        assert ours.reader.look([Wanted(pid, 0, 1000, current_leader_epoch=0)], 1000, 0) is not None
        assert ours.reader.look([Wanted(pid, 0, 1000, current_leader_epoch=1)], 1000, 0) is None
        (answer,) = await ours.read(Wanted(pid, 0, 1000, current_leader_epoch=1))
        assert answer.error_code == ErrorCode.UNKNOWN_LEADER_EPOCH


async def test_a_catalog_that_lost_something_is_believed() -> None:
    """What is known and kept in memory goes, and readers see the log as it is now."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(2))
        await known_to(ours, pid)
        ours.hint(pid, 7, 100)  # from before the loss, and late
        (answer,) = await ours.read(Wanted(pid, 2, 1000))
        assert (answer.error_code, answer.high_watermark, bases(answer)) == (0, 2, [])
        assert looked(ours, pid, 2) == []
        assert looked(ours, pid, 0) is None, "the tail may hold what was lost"
        ours.reader.forget_everything()
        assert looked(ours, pid, 2) is None
        (answer,) = await ours.read(Wanted(pid, 0, 1000))
        assert bases(answer) == [0]


# read_committed


async def test_the_last_stable_offset_follows_plain_batches_only_while_nothing_is_open() -> None:
    """With a transaction open, by whomever, what comes behind it is not given until the catalog says that it has ended."""
    async with shared_world() as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        producer = await SharedProducer(world, "tx").init()
        await ours.append(pid, batch(1))
        await known_to(ours, pid)
        await ours.append(pid, batch(1))
        assert looked(ours, pid, 0, COMMITTED) == [0, 1]
        await producer.append(other, pid, batch)
        assert looked(ours, pid, 0, COMMITTED) == [0, 1]
        await ours.append(pid, batch(1))
        await known_to(ours, pid)
        assert looked(ours, pid, 0, COMMITTED) is None  # the tail begins anew behind what the other has written
        (answer,) = await ours.read(Wanted(pid, 0, 1000), isolation=COMMITTED)
        assert (bases(answer), answer.last_stable_offset, answer.high_watermark) == ([0, 1], 2, 4)
        await producer.end(ours, commit=False)
        await anyio.sleep(1.1)
        given: list[int] = []
        offset = 0
        while offset < 5:
            (answer,) = await ours.read(Wanted(pid, offset, 1000), isolation=COMMITTED)
            given += offsets_kept(answer, offset)
            offset = answer.next_offset
        assert given == [0, 1, 3]


async def test_data_without_transactions_needs_no_query_for_aborted_ones() -> None:
    """Whatever was aborted elsewhere in the log."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        producer = await SharedProducer(world, "tx").init()
        await producer.append(ours, pid, batch)
        await producer.end(ours, commit=False)
        await ours.append(pid, batch(1))
        await known_to(ours, pid)
        (answer,) = await ours.read(Wanted(pid, 2, 1000), isolation=COMMITTED)
        assert (bases(answer), ours.queries["aborted"]) == ([2], 0)
        (answer,) = await ours.read(Wanted(pid, 0, 1000), isolation=COMMITTED)
        assert (offsets_kept(answer, 0), ours.queries["aborted"]) == ([2], 1)


# Waiting


async def wait_for(world: SharedWorld, broker: SharedBroker, pid: int, offset: int, **options: Any) -> tuple[list[int], float]:
    """What a long poll brings, and after how long."""
    began = anyio.current_time()
    (answer,) = await broker.read(Wanted(pid, offset, 1 << 20), max_wait_ms=20_000, **options)
    return bases(answer), anyio.current_time() - began


async def waiting_reader(world: SharedWorld, broker: SharedBroker, pid: int, offset: int, tasks: Any, **options: Any) -> list[Any]:
    """A long poll that has begun; what it brings is in the list later."""
    outcome: list[Any] = []

    async def poll() -> None:
        outcome.append(await wait_for(world, broker, pid, offset, **options))

    tasks.start_soon(poll)
    await anyio.sleep(0.001)
    return outcome


async def test_a_hint_wakes_who_waits() -> None:
    """At once, and the data is what the catalog says it is."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        outcome = await waiting_reader(world, ours, pid, 0, tasks)
        await other.append(pid, batch(3))
        ours.hint(pid, 3, 100)
        await anyio.sleep(0.01)
        assert outcome[0][0] == [0]
        assert outcome[0][1] < 0.02


@pytest.mark.parametrize(("with_hints", "most"), [(True, 1.1), (False, 0.2)])
async def test_a_lost_hint_is_made_good_by_a_poll(with_hints: bool, most: float) -> None:
    """Within the interval, which is short while hints do not come through."""
    async with shared_world(with_hints=with_hints) as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        outcome = await waiting_reader(world, ours, pid, 0, tasks)
        await other.append(pid, batch(3))
        await anyio.sleep(most)
        assert outcome[0][0] == [0]


async def test_hints_that_are_late_or_doubled_wake_nobody() -> None:
    """A reader that waits for more than there is waits on."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        size = len(batch(1))
        outcome = await waiting_reader(world, ours, pid, 0, tasks, min_bytes=3 * size)
        await other.append(pid, batch(1))
        for _ in range(5):
            ours.hint(pid, 1, size)
        await anyio.sleep(3)
        assert outcome == []
        await other.append(pid, batch(1), batch(1))
        ours.hint(pid, 3, 2 * size)
        ours.hint(pid, 1, size)
        await anyio.sleep(0.01)
        assert outcome[0][0] == [0, 1, 2]


async def test_many_who_wait_cost_one_query_a_poll() -> None:
    """And being woken together they ask together."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), pids = world.brokers, await world.topic(partitions=20)
        outcomes = [await waiting_reader(world, ours, pid, 0, tasks) for pid in pids for _ in range(10)]
        ours.catalog.latency = lambda: 0.001
        ours.queries.clear()
        await anyio.sleep(10)
        assert ours.queries["bounds"] <= 11
        assert ours.queries["spans"] == 0
        await other.append(pids[0], batch(1))
        ours.hint(pids[0], 1, 70)
        await anyio.sleep(0.1)
        assert [outcome[0][0] for outcome in outcomes[:10]] == [[0]] * 10
        assert outcomes[10] == []
        assert ours.queries["spans"] <= 5


async def test_read_committed_readers_wait_for_the_end_of_a_transaction() -> None:
    """Records of an open one do not wake them; its end does, by this broker or by another's word, or else by a poll."""
    for told in ("by itself", "hinted", "not at all"):
        async with shared_world() as world, anyio.create_task_group() as tasks:
            (ours, other), (pid,) = world.brokers, await world.topic(name=told.replace(" ", "-"))
            producer = await SharedProducer(world, "tx").init()
            outcome = await waiting_reader(world, ours, pid, 0, tasks, isolation=COMMITTED)
            await producer.append(other, pid, batch)
            ours.hint(pid, 1, 70)
            await anyio.sleep(3)
            assert outcome == []
            spans = ours.queries["spans"]
            await producer.append(ours, pid, batch)
            await anyio.sleep(3)
            assert (outcome, ours.queries["spans"]) == ([], spans)
            await producer.end(ours if told == "by itself" else None)
            if told == "hinted":
                ours.reader.markers_hinted([pid])
            await anyio.sleep(1.1 if told == "not at all" else 0.01)
            assert outcome[0][0][0] == 0


async def test_whoever_ended_a_transaction_here_reads_it_here() -> None:
    """At once, without a wait, and with no poll in between."""
    async with shared_world() as world:
        (ours, _), (pid,) = world.brokers, await world.topic()
        producer = await SharedProducer(world, "tx").init()
        await producer.append(ours, pid, batch)
        await known_to(ours, pid)
        assert looked(ours, pid, 0, COMMITTED) == []
        await producer.end(ours)
        assert looked(ours, pid, 0, COMMITTED) is None
        (answer,) = await ours.read(Wanted(pid, 0, 1000), isolation=COMMITTED)
        assert bases(answer) == [0, 1]


async def test_plain_records_of_another_broker_reach_read_committed_readers_at_once() -> None:
    """A hint says where the log ends and not where it is stable; that is asked for, once for all of them."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        await known_to(ours, pid)
        outcomes = [await waiting_reader(world, ours, pid, 0, tasks, isolation=COMMITTED) for _ in range(10)]
        ours.queries.clear()
        await other.append(pid, batch(2))
        ours.hint(pid, 2, 80)
        await anyio.sleep(0.01)
        assert [outcome[0][0] for outcome in outcomes] == [[0]] * 10
        assert ours.queries["bounds"] == 1


async def test_a_deleted_partition_ends_the_wait() -> None:
    """Even when nobody told this broker."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, _), (pid,) = world.brokers, await world.topic()
        outcome = await waiting_reader(world, ours, pid, 0, tasks)
        await world.catalog.delete_topic((await world.catalog.load_topics())[0].topic_id)
        await anyio.sleep(1.1)
        assert outcome != []


async def test_more_that_others_wrote_behind_the_tail_does_not_make_a_reader_wait() -> None:
    """It asks for more than the tail has; there is more, and it is in the store."""
    async with shared_world() as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        await ours.append(pid, batch(1))
        await other.append(pid, batch(1, value=b"x" * 10_000))
        await known_to(ours, pid)
        began = anyio.current_time()
        (answer,) = await ours.read(Wanted(pid, 0, 1 << 20), min_bytes=5000, max_wait_ms=10_000)
        assert bases(answer) == [0]
        assert anyio.current_time() - began < 1


# What the store holds


async def test_a_reader_who_goes_through_a_log_asks_seldom() -> None:
    """Neither the catalog nor the store is asked at each fetch, and each byte is brought once."""
    limits = ReadingLimits(block_bytes=64 * 1024)
    async with shared_world(tail_bytes=0, limits=limits) as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        for _ in range(20):
            await other.append(pid, *[batch(1, value=b"x" * 10_000) for _ in range(20)])
        offset = fetches = 0
        while offset < 400:
            (answer,) = await ours.read(Wanted(pid, offset, 50_000), max_bytes=50_000)
            assert bases(answer)[0] == offset
            offset = answer.next_offset
            fetches += 1
            await anyio.sleep(0.01)
        assert fetches >= 80
        assert ours.queries.total() <= fetches / 2.5
        assert len({(object_id, position) for object_id, position, _ in world.store.reads}) == len(world.store.reads)


async def test_a_merge_is_not_noticed_by_who_reads() -> None:
    """What was found before and is gone is asked for again, once."""
    async with shared_world(tail_bytes=0) as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        for _ in range(10):
            await other.append(pid, batch(2))
        await known_to(ours, pid)
        (answer,) = await ours.read(Wanted(pid, 0, 200), max_bytes=200)
        offset = answer.next_offset
        ours.shared.blocks.clear()
        assert await world.merge(pid)
        (answer,) = await ours.read(Wanted(pid, offset, 1 << 20))
        assert bases(answer) == list(range(offset, 20, 2))


async def test_what_the_catalog_names_and_nobody_has_is_an_error() -> None:
    """And never a gap."""
    async with shared_world(tail_bytes=0) as world:
        (ours, other), (pid,) = world.brokers, await world.topic()
        await other.append(pid, batch(2))
        world.store.error = StorageUnavailable("it is not there")
        (answer,) = await ours.read(Wanted(pid, 0, 1000))
        assert answer.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        assert ours.queries["spans"] == 2
        world.store.error = None
        (answer,) = await ours.read(Wanted(pid, 0, 1000))
        assert bases(answer) == [0]


async def test_a_fetch_of_many_partitions_costs_few_queries() -> None:
    """Most are at their ends; those that have data and do not fit into this fetch come first in a later one."""
    async with shared_world(tail_bytes=0) as world:
        (ours, other), pids = world.brokers, await world.topic(partitions=1000)
        for pid in pids[::100]:
            await other.append(pid, batch(1))
        wanted = [Wanted(pid, 0, 1 << 20) for pid in pids]
        answers = await ours.read(*wanted)
        assert sum(answer.size > 0 for answer in answers) == 10
        assert ours.queries.total() <= 2
        for pid in pids:
            await other.append(pid, batch(1, value=b"x" * 1000))
        await anyio.sleep(5)
        ours.queries.clear()
        answers = await ours.read(*wanted, max_bytes=50_000)
        assert [answer.error_code for answer in answers] == [0] * 1000
        assert 0 < sum(answer.size for answer in answers) <= 50_000
        assert ours.queries.total() <= 6


async def test_the_catalog_being_gone_is_an_error_of_each_partition() -> None:
    """What memory can answer is still given."""
    async with shared_world() as world:
        (ours, other), (mine, theirs) = world.brokers, await world.topic(partitions=2)
        await ours.append(mine, batch(1))
        await other.append(theirs, batch(1))
        await known_to(ours, mine)
        ours.catalog.error = StorageUnavailable("the database is gone")
        answers = await ours.read(Wanted(mine, 0, 1000), Wanted(theirs, 0, 1000))
        assert bases(answers[0]) == [0]
        assert answers[1].error_code == ErrorCode.KAFKA_STORAGE_ERROR


async def test_a_catalog_that_is_gone_for_a_moment_is_not_noticed_by_who_waits() -> None:
    """Clients would ask again at once and find it gone still; for longer than they wait it is an error."""
    async with shared_world() as world, anyio.create_task_group() as tasks:
        (ours, other), (pid,) = world.brokers, await world.topic()
        await other.append(pid, batch(1))
        ours.catalog.error = StorageUnavailable("the database is gone")
        outcome = await waiting_reader(world, ours, pid, 0, tasks)
        await anyio.sleep(5)
        assert ours.queries["spans"] <= 51
        ours.catalog.error = None
        await anyio.sleep(0.11)
        assert outcome[0][0] == [0]
        ours.catalog.error = StorageUnavailable("the database is gone")
        await anyio.sleep(3)
        began = anyio.current_time()
        (answer,) = await ours.read(Wanted(pid, 0, 1000), max_wait_ms=500)
        assert answer.error_code == ErrorCode.KAFKA_STORAGE_ERROR
        assert anyio.current_time() - began == pytest.approx(0.5)


async def test_readers_of_a_backlog_do_not_delay_readers_at_the_end() -> None:
    """Nor do they take more of the store than is theirs, and they take turns."""
    limits = ReadingLimits(cold_reads=2, block_bytes=64 * 1024, block_cache_bytes=256 * 1024)
    async with shared_world(3, tail_bytes=0, limits=limits) as world, anyio.create_task_group() as tasks:
        ours, other, _ = world.brokers
        (old, new) = await world.topic(partitions=2)
        for _ in range(40):
            await other.append(old, *[batch(1, value=b"x" * 30_000) for _ in range(10)])
        world.store.latency = lambda: 0.05
        done: list[int] = []

        async def go_through(who: int) -> None:
            offset = 0
            while offset < 400:
                (answer,) = await ours.read(Wanted(old, offset, 100_000), max_bytes=100_000)
                assert bases(answer)[0] == offset
                offset = answer.next_offset
                done.append(who)

        for who in range(6):
            tasks.start_soon(go_through, who)
        slowest = 0.0
        for at in range(20):
            await other.append(new, batch(1))
            ours.hint(new, at + 1, 70)
            began = anyio.current_time()
            (answer,) = await ours.read(Wanted(new, at, 1000), max_wait_ms=1000)
            assert bases(answer) == [at]
            slowest = max(slowest, anyio.current_time() - began)
        assert slowest <= 0.11
        counts = [done.count(who) for who in range(6)]
        assert max(counts) <= 1.5 * min(counts) + 3
        assert world.store.most_under_way <= 2 + 4 + 1
        tasks.cancel_scope.cancel()
