"""Compaction where brokers share the catalog: two at the same log, beside merging, and what a reader on another broker may still know."""

from random import Random
from typing import Any

import anyio
import pytest

from broker.config.live import LiveSettings
from broker.errors import StorageUnavailable
from broker.log import compactor as compactor_module
from broker.log.compactor import Compactor
from broker.log.stored_batches import Piece, walk
from broker.log.tail_cache import TailCache
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.wire.records.batch import parse_header, stamp
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.broker.log.jobs.world import Broker, Deaths, World, dies, wandering

pytestmark = pytest.mark.anyio

GRACE_MS = 60_000


class CompactedWorld(World):
    """One topic that is compacted, and the value each key has."""

    async def begin(self, **config: str) -> Broker:
        await self.topic(
            "c", 1, cleanup_policy="compact", min_cleanable_dirty_ratio="0", delete_retention_ms="0", retention_ms="-1", **config
        )
        (self.pid,) = self.topics["c"].pids
        self.table: dict[bytes, bytes] = {}
        return await self.broker()

    async def put(self, broker: Broker, *pairs: tuple[bytes, bytes], **fields: Any) -> None:
        records = [Record(at, self.clock, key, value) for at, (key, value) in enumerate(pairs)]
        await broker.flush([(self.pid, encode_batch(records, **fields))])
        if not fields:
            self.table.update(pairs)

    def compactor(self, broker: Broker, **options: Any) -> Compactor:
        live: Any = LiveSettings(self.settings, broker.inner)
        return Compactor(
            broker.store, broker.catalog, self, TailCache(0), live, lambda: self.clock, on_round=lambda pid: None, **options
        )

    async def shown(self) -> list[tuple[int, bytes, bytes]]:
        """Every record in the log, aborted ones too."""
        found = []
        for span in await self.spans(self.pid):
            if span.object_id < 0:
                continue
            data = memoryview(self.store.objects[span.object_id][span.position : span.position + span.length])
            is_final = bool(span.flags & FLAG_FINAL_OFFSETS)
            for at, base, header in walk(Piece(data, span.base, span.last, is_final, True)):
                if not is_final:
                    stamp(data, at, base, 0)
                if not header.is_control:
                    found += [
                        (record.offset, bytes(record.key or b""), bytes(record.value or b""))
                        for record in iter_records(data, at, parse_header(data, at))
                    ]
        return found

    async def check_table(self) -> None:
        table = {key: value for _, key, value in await self.shown()}
        assert table == self.table
        self.model = {self.pid: {offset: value for offset, _, value in await self.shown()}}
        await self.check()


async def written(world: CompactedWorld, broker: Broker, chance: Random, flushes: int = 12) -> None:
    for number in range(flushes):
        pairs = [(b"k%d" % chance.randrange(6), b"%d.%d " % (number, at) + b"v" * 40) for at in range(3)]
        await world.put(broker, *pairs)
        world.clock += 300


@pytest.mark.parametrize("seed", range(8))
async def test_two_compact_the_same_log_beside_merging(seed: int) -> None:
    """Each key keeps its newest value, whoever wins which part; in the end nothing is left over."""
    print("seed", seed)
    chance = Random(seed)
    world = CompactedWorld(grace_ms=GRACE_MS)
    writer = await world.begin()
    await written(world, writer, chance)
    await world.pass_time(2000)
    first = await world.broker(pause=wandering(chance))
    second = await world.broker(pause=wandering(chance))
    compactors = [world.compactor(broker, part_bytes=300) for broker in (first, second)]
    async with anyio.create_task_group() as tasks:
        for compactor in compactors:
            tasks.start_soon(compactor.compact_due)
        tasks.start_soon(second.run, "merge")
        tasks.start_soon(written, world, writer, chance, 3)
    await world.check_table()
    await world.pass_time(2000)
    await first.run("merge")
    await compactors[0].compact_due()
    await world.check_table()
    assert len(await world.shown()) <= 9
    await world.settle()
    await world.check_table()
    await world.check(settled=True)


async def test_merging_does_not_keep_a_log_from_being_compacted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that was merged while it was rewritten is read anew."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    await written(world, broker, Random(1))
    await world.pass_time(2000)
    compactor = world.compactor(broker)
    swap = broker.inner.swap_spans
    merged = False

    async def overtaken(wanted: Any) -> bool:
        nonlocal merged
        if not merged:
            merged = True
            await (await world.broker()).run("merge")
        answer: bool = await swap(wanted)
        return answer

    broker.catalog.swap_spans = overtaken
    await compactor.compact_due()
    assert merged
    assert len(await world.shown()) == len(world.table)
    await world.check_table()


async def test_what_may_be_named_is_not_deleted() -> None:
    """A swap whose answer was lost; and what is not named goes at once."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    await written(world, broker, Random(6), 6)
    swap = broker.inner.swap_spans

    async def lost(wanted: Any) -> bool:
        await swap(wanted)
        raise StorageUnavailable("the reply was lost")

    broker.catalog.swap_spans = lost
    await world.compactor(broker).compact_due()
    assert len(await world.shown()) == len(world.table)
    await world.check_table()

    async def refused(wanted: Any) -> bool:
        return False

    broker.catalog.swap_spans = refused
    await written(world, broker, Random(7), 2)
    objects = set(world.store.objects)
    await world.compactor(broker).compact_due()
    assert {known for known in world.store.objects if known >= WHOLE_OBJECTS} <= objects
    await world.check_table()


@pytest.mark.parametrize("after", [False, True])
async def test_death_between_any_two_steps(after: bool) -> None:
    """Another compacts what was left, and nothing is left over."""
    step = 0
    while True:
        world = CompactedWorld(grace_ms=GRACE_MS)
        writer = await world.begin()
        await written(world, writer, Random(3), 8)
        broker = await world.broker(Deaths(step + 1, after))
        died = await dies(world.compactor(broker, part_bytes=200).compact_due)
        await world.check_table()
        await world.compactor(await world.broker()).compact_due()
        await world.check_table()
        assert len(await world.shown()) == len(world.table)
        await world.settle()
        await world.check_table()
        await world.check(settled=True)
        if not died:
            break
        step += 1
    assert step > 15


async def test_what_hides_aborted_data_stays_for_readers_elsewhere() -> None:
    """The data goes at once; its transaction is in the index until its marker goes, and that is twice the grace later (K7)."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    catalog = world.observer
    begun = await catalog.init_transaction("tx", 60_000, -1, -1, world.clock, await catalog.allocate_producer_ids(1))
    await catalog.add_to_transaction("tx", begun.producer_id, begun.epoch, [world.pid], None, world.clock)
    fields = {"producer_id": begun.producer_id, "producer_epoch": begun.epoch, "base_sequence": 0, "transactional": True}
    await world.put(broker, (b"hidden", b"x"), **fields)
    await catalog.end_transaction("tx", begun.producer_id, begun.epoch, False, False, -1, world.clock)
    compactor = world.compactor(broker)

    async def index() -> int:
        return len(await catalog.aborted(world.pid, 0, 1000))

    async def another_round() -> None:
        await world.put(broker, (b"more", b"%d" % world.clock))
        await compactor.compact_due()

    await another_round()
    assert b"hidden" not in {key for _, key, _ in await world.shown()}
    assert await index() == 1
    await another_round()
    assert await index() == 1, "its marker got a horizon"
    world.clock += 2 * GRACE_MS - 1000
    await another_round()
    assert await index() == 1
    world.clock += 2000
    await another_round()
    assert await index() == 0


async def test_a_part_that_took_too_long_is_not_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says of delete horizons counts from when it was rewritten."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    await written(world, broker, Random(2), 4)
    before = await world.spans(world.pid)
    times = iter(range(0, 10**9, 10_000))
    monkeypatch.setattr(compactor_module.anyio, "current_time", lambda: float(next(times)))
    await world.compactor(broker).compact_due()
    monkeypatch.undo()
    assert await world.spans(world.pid) == before
    await world.settle()
    await world.check_table()
    await world.check(settled=True)


async def test_memory_forgets_what_others_may_have_compacted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within half the grace, whoever compacts; the end of the log stays known."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    compactor = world.compactor(broker)
    tail = compactor._tail = TailCache(1 << 20)
    now_s = 1000.0
    monkeypatch.setattr(compactor_module.anyio, "current_time", lambda: now_s)
    data = bytes(encode_batch([Record(0, world.clock, b"k", b"v")]))
    tail.put(world.pid, 0, 0, data)
    await compactor.due()
    assert tail.has_batch(world.pid, 0)
    tail.put(world.pid, 1, 1, data)
    now_s += GRACE_MS / 4000
    await compactor.due()
    assert not tail.has_batch(world.pid, 0)
    assert tail.has_batch(world.pid, 1)
    now_s += GRACE_MS / 4000
    await compactor.due()
    assert not tail.has_batch(world.pid, 1)
    assert tail.end(world.pid) == 2


async def test_pages_are_all_there_are() -> None:
    """Every log is in one, and a broker that is told of a page does that one."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    await written(world, broker, Random(4), 4)
    compactor = world.compactor(broker)
    parts = await compactor.due()
    assert len(parts) == 16
    for part in parts:
        if int(part) != world.pid % 16:
            await compactor.step(part)
    assert len(await world.shown()) == 12
    await compactor.step(str(world.pid % 16))
    assert len(await world.shown()) == len(world.table)


async def test_it_is_told_up_to_where_a_log_was_replaced() -> None:
    """Part by part, when the catalog has each, and only then: others forget what they know of it."""
    world = CompactedWorld(grace_ms=GRACE_MS)
    broker = await world.begin()
    await written(world, broker, Random(5), 6)
    end = (await world.spans(world.pid))[-1].last + 1
    told: list[int] = []
    swapped: list[int] = []
    swap = broker.inner.swap_spans

    async def refused(wanted: Any) -> bool:
        return False

    async def watched(wanted: Any) -> bool:
        answer: bool = await swap(wanted)
        swapped.append(wanted.old[-1].last + 1)
        return answer

    def on_replaced(pid: int, below: int) -> None:
        assert (pid, below) == (world.pid, swapped[-1])
        told.append(below)

    broker.catalog.swap_spans = refused
    await world.compactor(broker, part_bytes=300, on_replaced=on_replaced).compact_due()
    assert told == []
    broker.catalog.swap_spans = watched
    await world.compactor(broker, part_bytes=300, on_replaced=on_replaced).compact_due()
    assert len(told) > 1
    assert told == swapped
    assert told[-1] == end
