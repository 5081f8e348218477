"""One round over spans in a store: what is read, what is written, and how spans are cut from it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.errors import StorageUnavailable
from broker.log.compaction_round import CompactionRound, Indexed, RoundSettings, Uncleanable
from broker.log.marker_batches import is_marker
from broker.log.stored_batches import Piece, walk
from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import (
    FLAG_COMMIT_MARKER,
    FLAG_COMPACTED,
    FLAG_FINAL_OFFSETS,
    FLAG_LOG_APPEND_TIME,
    FLAG_TRANSACTIONAL,
    MARKER_BYTES,
)
from broker.storage.catalog.span_times import untimed
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.records.record import Record, encode_batch

REWRITTEN = FLAG_FINAL_OFFSETS | FLAG_COMPACTED
SETTINGS = RoundSettings(
    start=0, log_start=0, leader_epoch=3, now_ms=1000, delete_retention_ms=10, keys=100, bytes_per_second=1e308
)


class World:
    """A store, and spans in it as the catalog would have them."""

    def __init__(self) -> None:
        self.store = MemoryObjectStore()
        self.spans: list[Span] = []
        self.next = 0

    async def add(self, *batches: Sequence[tuple[bytes, bytes | None]], flags: int = 0) -> Span:
        """A span of batches, written as producers send them."""
        data = b""
        count = 0
        for pairs in batches:
            made = [Record(at, self.next + count + at, *pair) for at, pair in enumerate(pairs)]
            data += encode_batch(made)
            count += len(pairs)
        extent = await self.store.append([data], [])
        last = self.next + count - 1
        span = Span(self.next, last, extent.object_id, extent.position, len(data), last, last, len(batches), flags)
        self.spans.append(span)
        self.next += count
        return span

    def add_marker(self) -> Span:
        flags = FLAG_COMMIT_MARKER | FLAG_TRANSACTIONAL | FLAG_FINAL_OFFSETS
        span = Span(self.next, self.next, -1, 7, MARKER_BYTES, self.next, self.next, 1, flags)
        self.spans.append(span)
        self.next += 1
        return span

    def round(self, **changes: object) -> CompactionRound:
        return CompactionRound(self.store.raw(), replace(SETTINGS, **changes))  # type: ignore[arg-type]


def batches(world: World, span: Span) -> list[tuple[int, int, int]]:
    """(base, last, records) of the batches of a rewritten span."""
    data = world.store.raw().read(span.object_id, span.position, span.length)
    found = walk(Piece(data, span.base, span.last, True, True))
    assert all(header.partition_leader_epoch in (3, 0) for _, _, header in found)
    return [(base, base + header.last_offset_delta, header.record_count) for _, base, header in found]


async def test_a_part_becomes_one_object() -> None:
    """Its spans tile the same offsets; gaps are the front of what lies behind them."""
    world = World()
    for value in (b"1", b"2", b"3"):
        await world.add([(b"a", value)], [(b"b", value), (b"c", value)], flags=FLAG_LOG_APPEND_TIME)
    work = world.round()
    assert work.index(world.spans, []) == Indexed(8, False)
    made = work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])

    (span,) = made.spans
    assert (span.base, span.last, span.object_id, span.position) == (0, 8, WHOLE_OBJECTS + 1, 0)
    assert (span.length, span.batch_count) == (made.object_end, 2)
    assert (span.max_timestamp, span.running_timestamp) == (8, 8)
    assert span.flags == REWRITTEN | FLAG_LOG_APPEND_TIME
    assert batches(world, span) == [(6, 6, 1), (7, 8, 2)]
    assert (made.records_read, made.records_kept) == (9, 3)
    assert made.bytes_read == sum(each.length for each in world.spans)


async def test_spans_are_cut_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a number of batches or bytes; the running timestamp is that of the span that a batch came from."""
    monkeypatch.setattr("broker.log.compaction_round.SPAN_BATCHES", 2)
    world = World()
    for key in range(5):
        await world.add([(b"%d" % key, b"1"), (b"same", b"1")])
    work = world.round()
    work.index(world.spans, [])
    made = work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])

    assert [(span.base, span.last, span.batch_count, span.running_timestamp) for span in made.spans] == [
        (0, 3, 2, 3),
        (4, 7, 2, 7),
        (8, 9, 1, 9),
    ]
    assert [span.position for span in made.spans] == [0, made.spans[0].length, made.spans[0].length * 2]


async def test_a_part_that_loses_everything_keeps_its_place() -> None:
    """By a batch without records that ends where the part ends, and is as old as what it had: retention may take it then."""
    world = World()
    await world.add([(b"a", b"1")])
    old = await world.add([(b"a", b"2"), (b"b", b"2")])
    await world.add([(b"a", b"3"), (b"b", b"3")])
    work = world.round()
    work.index(world.spans, [])
    first = work.rewrite(WHOLE_OBJECTS + 1, world.spans[:2], [])
    assert [(span.base, span.last, span.max_timestamp) for span in first.spans] == [(0, 2, untimed(old.max_timestamp))]
    assert batches(world, first.spans[0]) == [(1, 2, 0)]
    assert first.spans[0].running_timestamp == old.running_timestamp

    again = world.round()
    both = [*first.spans, world.spans[2]]
    again.index(both, [])
    made = again.rewrite(WHOLE_OBJECTS + 2, both, [])
    assert batches(world, made.spans[0]) == [(3, 4, 2)], "and goes when the part goes on"


async def test_markers_become_bytes() -> None:
    """The batch that readers are given anyway; a span of its own is not needed any more."""
    world = World()
    await world.add([(b"a", b"1")])
    world.add_marker()
    await world.add([(b"b", b"1")])
    work = world.round()
    work.index(world.spans, [])
    made = work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])

    assert len(made.spans) == 1
    assert not is_marker(made.spans[0])
    assert batches(world, made.spans[0]) == [(0, 0, 1), (1, 1, 1), (2, 2, 1)]


async def test_what_lies_before_the_start_of_the_log_goes() -> None:
    """Whole batches of it; nobody can be given them."""
    world = World()
    await world.add([(b"a", b"1")], [(b"b", b"1"), (b"c", b"1")])
    work = world.round(log_start=2)
    work.index(world.spans, [])
    made = work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])
    assert batches(world, made.spans[0]) == [(1, 2, 2)]


async def test_a_round_ends_where_its_memory_does() -> None:
    """And what lies behind is copied as it is."""
    world = World()
    for value in (b"1", b"2"):
        await world.add([(b"a", value)], [(b"b", value)], [(b"c", value)])
    work = world.round(keys=2)
    assert work.index(world.spans, []) == Indexed(1, True)
    made = work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])
    assert len(batches(world, made.spans[0])) == 6
    with pytest.raises(Uncleanable, match="more keys than fit"):
        world.round(keys=0).index(world.spans, [])


async def test_damage_is_never_copied() -> None:
    """A byte that is not what was written ends the round, and leaves no object."""
    world = World()
    span = await world.add([(b"a", b"1")])
    data = world.store._objects[span.object_id]
    data[span.position + 65] ^= 1
    with pytest.raises(Uncleanable, match="offsets 0 to 0"):
        world.round().index(world.spans, [])
    with pytest.raises(Uncleanable):
        world.round().rewrite(WHOLE_OBJECTS + 1, world.spans, [])
    with pytest.raises(StorageUnavailable):
        await world.store.read(WHOLE_OBJECTS + 1, [(0, 1)])


async def test_what_is_gone_can_be_tried_again() -> None:
    """Retention may have deleted it; that is no damage."""
    world = World()
    span = await world.add([(b"a", b"1")])
    del world.store._objects[span.object_id]
    with pytest.raises(StorageUnavailable):
        world.round().index(world.spans, [])


async def test_the_pace_is_kept() -> None:
    """What is read and what is written count together, as log.cleaner.io.max.bytes.per.second has it."""
    world = World()
    for key in range(4):
        await world.add([(b"%d" % key, b"x" * 1000)])
    size = sum(span.length for span in world.spans)
    pauses: list[float] = []
    work = CompactionRound(world.store.raw(), replace(SETTINGS, bytes_per_second=1000.0), pauses.append)
    work.index(world.spans, [])
    work.rewrite(WHOLE_OBJECTS + 1, world.spans, [])
    assert sum(pauses) == pytest.approx(3 * size / 1000, rel=0.01)
