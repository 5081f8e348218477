"""How every catalog takes what the life cycle of data comes to: merges, retention of many logs, what nobody names."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import Catalog, Span, SpanQuery
from broker.storage.catalog.life_cycle import LogSwap, MergeSwap, RetentionLimit
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, topic

OBJECT = WHOLE_OBJECTS + 1


async def spans_of(catalog: Catalog, pid: int, offset: int = 0) -> list[Span]:
    (answer,) = await catalog.find_spans([SpanQuery(pid, offset, 10**9)])
    return list(answer.spans)


def one_for(old: Sequence[Span], object_id: int = OBJECT, position: int = 0) -> Span:
    length = sum(span.length for span in old)
    running = old[-1].running_timestamp
    return Span(old[0].base, old[-1].last, object_id, position, length, NOW, running, len(old), FLAG_FINAL_OFFSETS)


def merge_of(*swaps: LogSwap, object_id: int = OBJECT, is_named: bool = False) -> MergeSwap:
    return MergeSwap(swaps=swaps, object_id=object_id, object_end=1000, level=1, is_named=is_named)


async def grown(catalog: Catalog, partitions: int = 2, count: int = 4) -> tuple[tuple[int, ...], list[list[Span]]]:
    """Logs with so many spans of ten offsets and 100 bytes; each object holds one of every log."""
    pids = await topic(catalog, partitions)
    for number in range(count):
        await catalog.commit_spans(group({pid: [batch(10, at=NOW + number)] for pid in pids}, object_id=number + 1))
    return pids, [await spans_of(catalog, pid) for pid in pids]


async def test_spans_of_many_logs_are_swapped_together(catalog: Catalog) -> None:
    """The logs tile as before (I3), and the objects that they lay in are dead (I4)."""
    pids, old = await grown(catalog)
    swaps = [LogSwap(pid, spans[:3], [one_for(spans[:3])]) for pid, spans in zip(pids, old, strict=True)]
    assert await catalog.swap_many(merge_of(*swaps)) == [True, True]

    for pid, spans in zip(pids, old, strict=True):
        assert await spans_of(catalog, pid) == [one_for(spans[:3]), spans[3]]
        assert (await catalog.bounds([pid]))[pid].bytes == 400
    assert await catalog.take_dead_objects(10) == [1, 2, 3]
    await Appender(catalog, 9).append(pids[0], batch(1))
    assert (await spans_of(catalog, pids[0]))[-1].base == 40


async def test_a_log_that_was_changed_meanwhile_stays_as_it_is(catalog: Catalog) -> None:
    """The others are swapped all the same (W1)."""
    pids, old = await grown(catalog)
    await catalog.advance_log_start(pids[0], 15)
    swaps = [LogSwap(pid, spans[:2], [one_for(spans[:2])]) for pid, spans in zip(pids, old, strict=True)]
    assert await catalog.swap_many(merge_of(*swaps)) == [False, True]
    assert await spans_of(catalog, pids[0], 15) == old[0][1:]
    assert await catalog.take_dead_objects(10) == [1]

    assert await catalog.swap_many(merge_of(*swaps, object_id=OBJECT + 1)) == [False, False], "it was done before"
    assert OBJECT + 1 not in await catalog.take_dead_objects(10)
    topics = await catalog.load_topics()
    await catalog.delete_topic(topics[0].topic_id)
    late = LogSwap(pids[1], old[1][3:], [one_for(old[1][3:], OBJECT + 2)])
    assert await catalog.swap_many(merge_of(late, object_id=OBJECT + 2)) == [False]


async def test_runs_of_one_log_are_told_apart(catalog: Catalog) -> None:
    """The same log may come several times in one transaction."""
    (pid,), (old,) = await grown(catalog, 1, 5)
    first = LogSwap(pid, old[:2], [one_for(old[:2])])
    second = LogSwap(pid, old[3:4], [one_for(old[3:4], position=200)])
    assert await catalog.swap_many(merge_of(first, second)) == [True, True]
    assert await spans_of(catalog, pid) == [first.new[0], old[2], second.new[0], old[4]]
    assert await catalog.take_dead_objects(10) == [1, 2, 4]


async def test_a_later_part_of_a_merge_names_the_object_again(catalog: Catalog) -> None:
    """Until nothing names it any more: it may be gone from the store then."""
    pids, old = await grown(catalog, 3)
    swaps = [LogSwap(pid, spans[:2], [one_for(spans[:2])]) for pid, spans in zip(pids, old, strict=True)]
    assert await catalog.swap_many(merge_of(swaps[0])) == [True]
    assert await catalog.swap_many(merge_of(swaps[1], is_named=True)) == [True]
    assert await catalog.swap_many(merge_of(swaps[2])) == [False], "whoever thinks that the object is new is mistaken"

    await catalog.advance_log_start(pids[0], 20)
    assert OBJECT not in await catalog.take_dead_objects(10)
    await catalog.advance_log_start(pids[1], 20)
    assert OBJECT in await catalog.take_dead_objects(10)
    assert await catalog.swap_many(merge_of(swaps[2], is_named=True)) == [False]
    await catalog.forget_objects([OBJECT])
    assert await catalog.swap_many(merge_of(swaps[2], is_named=True)) == [False]
    assert await spans_of(catalog, pids[2]) == old[2]


async def test_what_the_start_has_passed_does_not_come_back(catalog: Catalog) -> None:
    """The start may lie within the first of the old spans (W4)."""
    (pid,), (old,) = await grown(catalog, 1, 3)
    await catalog.advance_log_start(pid, 5)
    whole = one_for(old[:2])
    parts = [
        replace(whole, last=3, length=50, running_timestamp=NOW),
        replace(whole, base=4, position=50, length=150),
    ]
    assert await catalog.swap_many(merge_of(LogSwap(pid, old[:2], parts))) == [True]
    assert await spans_of(catalog, pid, 5) == [parts[1], old[2]]
    assert (await catalog.bounds([pid]))[pid].bytes == 250


async def test_markers_come_with_the_spans_beside_them(catalog: Catalog) -> None:
    """And what lies in other objects does not."""
    (pid, other) = await topic(catalog, 2)
    fresh = await catalog.allocate_producer_ids(1)
    begun = await catalog.init_transaction("tx", 60_000, -1, -1, NOW, fresh)
    await catalog.add_to_transaction("tx", begun.producer_id, begun.epoch, [pid], None, NOW)
    sent = batch(2, producer=begun.producer_id, epoch=begun.epoch, first=0, transactional=True)
    await catalog.commit_spans(group({pid: [sent], other: [batch(1)]}, object_id=1))
    await catalog.end_transaction("tx", begun.producer_id, begun.epoch, True, False, -1, NOW)
    await catalog.commit_spans(group({pid: [batch(3)]}, object_id=2))
    await catalog.commit_spans(group({pid: [batch(4)]}, object_id=3))

    found = await catalog.spans_of_objects([1, 2])
    assert [(span.base, span.last) for span in found[pid]] == [(0, 1), (2, 2), (3, 5)]
    assert found[pid][1].object_id < 0
    assert [(span.base, span.object_id) for span in found[other]] == [(0, 1)]
    assert await catalog.spans_of_objects([77]) == {}

    merged = LogSwap(pid, found[pid], [one_for(found[pid])])
    assert await catalog.swap_many(merge_of(merged)) == [True]
    assert [(span.base, span.last) for span in await spans_of(catalog, pid)] == [(0, 5), (6, 9)]
    assert await catalog.take_dead_objects(10) == [2]


async def test_segments_of_which_little_is_left_are_found(catalog: Catalog) -> None:
    """Where an object holds many flushes; not the one in use."""
    if catalog.shared:
        pytest.skip("what holds one flush each is merged before")
    pids, _ = await grown(catalog, 5, 3)
    for pid in pids[:4]:
        await catalog.advance_log_start(pid, 30)
    found = await catalog.sparse_objects(10)
    assert [(each.object_id, each.size, each.spans, each.level) for each in found] == [(1, 100, 1, 0), (2, 100, 1, 0)]
    assert len(await catalog.sparse_objects(1)) == 1


async def test_merged_objects_of_which_little_is_left_are_found(catalog: Catalog) -> None:
    """Not those that were rewritten as often as may be."""
    pids, old = await grown(catalog, 5, 4)
    swaps = [LogSwap(pid, spans[:2], [one_for(spans[:2])]) for pid, spans in zip(pids, old, strict=True)]
    assert await catalog.swap_many(merge_of(*swaps)) == [True] * 5
    for pid in pids[:4]:
        assert OBJECT not in [each.object_id for each in await catalog.sparse_objects(10)] or pid == pids[3]
        await catalog.advance_log_start(pid, 20)
    (found,) = [each for each in await catalog.sparse_objects(10) if each.object_id == OBJECT]
    assert (found.size, found.spans, found.level) == (200, 1, 1)

    left = await spans_of(catalog, pids[4])
    final = LogSwap(pids[4], left[:1], [replace(left[0], object_id=OBJECT + 1)])
    assert await catalog.swap_many(
        MergeSwap(swaps=[final], object_id=OBJECT + 1, object_end=10_000, level=2, is_named=False)
    ) == [True]
    assert not {OBJECT, OBJECT + 1} & {each.object_id for each in await catalog.sparse_objects(10)}


async def test_flushes_come_oldest_first(catalog: Catalog) -> None:
    """And merged ones when they are small; only where objects hold one flush each."""
    pids, old = await grown(catalog, 2, 3)
    if not catalog.shared:
        assert await catalog.merge_candidates(0, 10, 100) == []
        return
    found = await catalog.merge_candidates(0, 10, 100)
    assert [(each.object_id, each.size, each.spans, each.level) for each in found] == [
        (1, 200, 2, 0), (2, 200, 2, 0), (3, 200, 2, 0)
    ]  # fmt: skip
    assert all(0 <= each.age_ms < 60_000 for each in found)
    assert [each.object_id for each in await catalog.merge_candidates(0, 2, 100)] == [1, 2]
    assert await catalog.merge_candidates(1, 10, 10**9) == []
    swaps = [LogSwap(pid, spans[:2], [one_for(spans[:2])]) for pid, spans in zip(pids, old, strict=True)]
    assert await catalog.swap_many(merge_of(*swaps)) == [True, True]
    assert [each.object_id for each in await catalog.merge_candidates(0, 10, 100)] == [3]
    assert [each.object_id for each in await catalog.merge_candidates(1, 10, 1001)] == [OBJECT]
    assert await catalog.merge_candidates(1, 10, 1000) == []


async def test_retention_looks_at_many_logs_at_once(catalog: Catalog) -> None:
    """As for a single one, and only those are named that are to move."""
    pids, _ = await grown(catalog, 4)
    limits = [
        RetentionLimit(pids[0], NOW + 2, None),
        RetentionLimit(pids[1], None, 100),
        RetentionLimit(pids[2], NOW, 400),
        RetentionLimit(9999, NOW + 10, 0),
    ]
    assert await catalog.retention_offsets(limits) == {pids[0]: 20, pids[1]: 30}
    assert await catalog.retention_offsets([]) == {}
    await catalog.advance_log_start(pids[0], 20)
    assert await catalog.retention_offsets(limits[:1]) == {}
    for limit in limits[:3]:
        single = await catalog.retention_offset(limit.pid, limit.oldest_ms, limit.max_bytes)
        many = await catalog.retention_offsets([limit])
        assert many.get(limit.pid, (await catalog.bounds([limit.pid]))[limit.pid].log_start) == single


async def test_an_empty_log_has_nothing_to_let_go_of(catalog: Catalog) -> None:
    """Nor has one that was emptied before."""
    pids, _ = await grown(catalog, 1)
    (empty,) = await topic(catalog, 1, "empty")
    await catalog.advance_log_start(pids[0], 40)
    limits = [RetentionLimit(pid, NOW + 1000, 0) for pid in (*pids, empty)]
    assert await catalog.retention_offsets(limits) == {}


async def test_data_of_deleted_topics_goes_in_steps(catalog: Catalog) -> None:
    """However many spans it has, no step drops more than it was told to; commits are refused from the start."""
    (pid,), _ = await grown(catalog, 1, 30)
    (other,) = await topic(catalog, 1, "other")
    await catalog.commit_spans(group({other: [batch(1)]}, object_id=99))
    topics = {each.name: each for each in await catalog.load_topics()}
    await catalog.delete_topic(topics["orders"].topic_id)
    ((answer,),) = await catalog.commit_spans(group({pid: [batch(1)]}, object_id=100))
    assert answer.error_code == 3
    again = await catalog.create_topic("orders", b"another".ljust(16, b"\0"), 1, 1, {}, NOW)
    assert again.partitions[0] != pid
    for _ in range(100):
        await catalog.drain(7)
        await catalog.meta("anything", "")
        if len(await catalog.take_dead_objects(100)) >= 30:
            break
    assert set(range(1, 31)) <= set(await catalog.take_dead_objects(100))
    assert not await catalog.drain(7)


async def test_what_nobody_wants_committed_is_told(catalog: Catalog) -> None:
    """What spans name is not among it."""
    await grown(catalog, 1, 2)
    assert await catalog.condemn([1, OBJECT]) == [OBJECT] or await catalog.clock_ms() is None


async def test_old_entries_go(catalog: Catalog) -> None:
    """When there are none, none go."""
    await grown(catalog, 1, 2)
    for _ in range(3):
        count = await catalog.forget_settled(10)
    assert count == 0


async def test_condemned_objects_are_never_committed(catalog: Catalog) -> None:
    """Where brokers share the catalog: a commit that comes behind it is refused."""
    if await catalog.clock_ms() is None:
        pytest.skip("whoever condemns an object is the only one to commit it")
    (pid,) = await topic(catalog)
    assert await catalog.condemn([5]) == [5]
    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch(1)]}, object_id=5))
    assert (await catalog.bounds([pid]))[pid].high_watermark == 0
