"""How every catalog takes what compaction came to."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broker.errors import BrokerError
from broker.storage.catalog.base import Catalog, Dirt, Span, SpanQuery, SpanSwap
from broker.storage.catalog.span_flags import FLAG_COMPACTED, FLAG_FINAL_OFFSETS
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, one_flush_an_object, topic

REWRITTEN = FLAG_FINAL_OFFSETS | FLAG_COMPACTED
OBJECT = WHOLE_OBJECTS + 1


async def spans_of(catalog: Catalog, pid: int, offset: int = 0) -> list[Span]:
    (answer,) = await catalog.find_spans([SpanQuery(pid, offset, 10**9)])
    return list(answer.spans)


def one_for(old: Sequence[Span], length: int = 70, object_id: int = OBJECT) -> Span:
    """A span that takes the place of ``old``."""
    running = old[-1].running_timestamp
    return Span(old[0].base, old[-1].last, object_id, 64, length, NOW, running, 1, REWRITTEN)


def swap_of(pid: int, old: Sequence[Span], *new: Span, **more: object) -> SpanSwap:
    spans = new or (one_for(old),)
    fields = {"object_id": spans[0].object_id, "object_end": 64 + sum(span.length for span in spans), **more}
    return SpanSwap(pid=pid, old=old, new=spans, **fields)  # type: ignore[arg-type]


async def grown(catalog: Catalog, count: int = 4) -> tuple[int, list[Span]]:
    """A log of so many spans of ten offsets and 100 bytes, each in an object of its own."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for number in range(count):
        await appender.append(pid, batch(10, at=NOW + number))
        appender.roll()
    return pid, await spans_of(catalog, pid)


async def test_spans_take_the_place_of_others(catalog: Catalog) -> None:
    """The log tiles as before (I3), is smaller by the difference, and keeps its offsets."""
    pid, old = await grown(catalog)
    new = one_for(old[1:3])
    assert await catalog.swap_spans(swap_of(pid, old[1:3], new))

    assert await spans_of(catalog, pid) == [old[0], new, old[3]]
    assert await spans_of(catalog, pid, 25) == [new, old[3]]
    bounds = (await catalog.bounds([pid]))[pid]
    assert (bounds.log_start, bounds.high_watermark, bounds.last_stable_offset, bounds.bytes) == (0, 40, 40, 270)
    await Appender(catalog, 9).append(pid, batch(1))
    assert (await spans_of(catalog, pid))[-1].base == 40


async def test_one_span_may_become_several(catalog: Catalog) -> None:
    """Within the same offsets."""
    pid, old = await grown(catalog, 2)
    whole = one_for(old)
    parts = [replace(whole, last=3, running_timestamp=NOW), replace(whole, base=4, position=134)]
    assert await catalog.swap_spans(swap_of(pid, old, *parts))

    assert await spans_of(catalog, pid) == parts
    assert await spans_of(catalog, pid, 4) == parts[1:]


async def test_objects_are_counted(catalog: Catalog) -> None:
    """What nothing names any more is dead, the new object is not, until its spans go (I4)."""
    pid, old = await grown(catalog)
    assert await catalog.swap_spans(swap_of(pid, old[:2]))
    assert await catalog.take_dead_objects(10) == [1, 2]
    await catalog.forget_objects([1, 2])
    assert await catalog.take_dead_objects(10) == []

    first, *_ = await spans_of(catalog, pid)
    again = one_for([first], object_id=OBJECT + 1)
    assert await catalog.swap_spans(swap_of(pid, [first], again))
    assert await catalog.take_dead_objects(10) == [OBJECT]
    await catalog.forget_objects([OBJECT])
    await catalog.advance_log_start(pid, 20)
    assert await catalog.take_dead_objects(10) == [OBJECT + 1]


async def test_the_object_in_use_stays_alive_beside_compacted_ones(catalog: Catalog) -> None:
    """Ids of objects that were written as a whole are larger, and say nothing about which one is appended to (O5)."""
    pid, old = await grown(catalog, 2)
    assert await catalog.swap_spans(swap_of(pid, old))

    if one_flush_an_object(catalog):
        assert await catalog.take_dead_objects(10) == [1, 2]
        return
    assert await catalog.take_dead_objects(10) == [1]
    await catalog.commit_spans(group({pid: [batch(1)]}, object_id=2, position=500))


async def test_a_swap_that_was_overtaken_changes_nothing(catalog: Catalog) -> None:
    """By retention, by another swap, or by the end of the topic (W1)."""
    pid, old = await grown(catalog)
    await catalog.advance_log_start(pid, 10)
    before = (await catalog.bounds([pid]))[pid]
    assert not await catalog.swap_spans(swap_of(pid, old[:2], cleaned_to=20, forgotten=[3]))
    assert (await spans_of(catalog, pid, 10), (await catalog.bounds([pid]))[pid]) == (old[1:], before)
    assert await catalog.take_dead_objects(10) == [1]

    assert await catalog.swap_spans(swap_of(pid, old[1:3]))
    assert not await catalog.swap_spans(swap_of(pid, old[2:], one_for(old[2:], object_id=OBJECT + 1)))
    assert await catalog.cleaned() == {}
    topics = await catalog.load_topics()
    await catalog.delete_topic(topics[0].topic_id)
    assert not await catalog.swap_spans(swap_of(pid, old[3:], one_for(old[3:], object_id=OBJECT + 2)))
    assert OBJECT + 2 not in await catalog.take_dead_objects(10)


async def test_the_start_may_lie_within_what_is_replaced(catalog: Catalog) -> None:
    """What it has passed does not come back (W4)."""
    pid, old = await grown(catalog, 2)
    await catalog.advance_log_start(pid, 7)
    whole = one_for(old)
    parts = [replace(whole, last=3, running_timestamp=NOW), replace(whole, base=4, position=134)]
    assert await catalog.swap_spans(swap_of(pid, old, *parts))

    assert await spans_of(catalog, pid, 7) == parts[1:]
    assert (await catalog.bounds([pid]))[pid].bytes == 70
    await catalog.advance_log_start(pid, 20)
    assert (await catalog.bounds([pid]))[pid].bytes == 0
    assert OBJECT in await catalog.take_dead_objects(10)


async def test_how_far_a_log_is_compacted_is_kept(catalog: Catalog) -> None:
    """Until its topic is deleted."""
    pid, old = await grown(catalog, 2)
    assert await catalog.cleaned() == {}
    assert await catalog.swap_spans(swap_of(pid, old[:1], one_for(old[:1])))
    assert await catalog.cleaned() == {}
    assert await catalog.swap_spans(swap_of(pid, old[1:], one_for(old[1:], object_id=OBJECT + 1), cleaned_to=20))
    assert await catalog.cleaned() == {pid: 20}

    await catalog.delete_topic((await catalog.load_topics())[0].topic_id)
    for _ in range(20):
        await catalog.meta("anything", "")
        if not await catalog.cleaned():
            break
    assert await catalog.cleaned() == {}


async def test_aborted_transactions_leave_the_index_when_told(catalog: Catalog) -> None:
    """Those that are named, of that partition."""
    one, two = await topic(catalog, 2)
    opened = await catalog.init_transaction("tx", 1000, -1, -1, NOW, 7)
    for number in range(3):
        await catalog.add_to_transaction("tx", opened.producer_id, opened.epoch, [one, two], None, NOW)
        sent = batch(2, producer=7, first=number * 2, transactional=True)
        await catalog.commit_spans(group({one: [sent], two: [sent]}, object_id=number + 1))
        await catalog.end_transaction("tx", opened.producer_id, opened.epoch, False, False, -1, NOW)
    before = await catalog.aborted(one, 0, 9)
    assert [each.last_offset for each in before] == [2, 5, 8]
    old = await spans_of(catalog, one)
    assert await catalog.swap_spans(swap_of(one, old, forgotten=[2, 5]))

    assert await catalog.aborted(one, 0, 9) == before[2:]
    assert catalog.peek_aborted(one, 0, 9) in (None, before[2:])
    assert await catalog.aborted(two, 0, 9) == before
    (span,) = await spans_of(catalog, one)
    assert (span.base, span.last) == (0, 8)


async def test_timestamps_are_found_through_what_was_replaced(catalog: Catalog) -> None:
    """The largest timestamp may be gone; whoever looks for it goes on behind."""
    pid, old = await grown(catalog)
    new = replace(one_for(old[1:3]), max_timestamp=NOW - 5)
    assert await catalog.swap_spans(swap_of(pid, old[1:3], new))

    assert list((await catalog.spans_from_timestamp(pid, NOW + 1, 1)).spans) == [new]
    assert list((await catalog.spans_from_timestamp(pid, NOW + 3, 1)).spans) == [old[3]]
    assert list((await catalog.span_of_max_timestamp(pid)).spans) == [old[3]]
    assert await catalog.retention_offset(pid, NOW, None) == 0
    assert await catalog.retention_offset(pid, NOW + 1, None) == 30


async def test_what_can_be_compacted(catalog: Catalog) -> None:
    """Whole spans between what was compacted and what must not be."""
    pid, _ = await grown(catalog)

    assert await catalog.dirt(pid, 0, 40, NOW + 100) == Dirt(0, 400, 40, NOW)
    assert await catalog.dirt(pid, 20, 40, NOW + 100) == Dirt(200, 200, 40, NOW + 2)
    assert await catalog.dirt(pid, 15, 38, NOW + 100) == Dirt(100, 200, 30, NOW + 1)
    assert await catalog.dirt(pid, 20, 40, NOW + 1) == Dirt(200, 0, 20, -1)
    assert await catalog.dirt(pid, 0, 0, NOW + 1) == Dirt(0, 0, 0, -1)
    await catalog.advance_log_start(pid, 12)
    assert await catalog.dirt(pid, 20, 40, NOW + 100) == Dirt(100, 200, 40, NOW + 2)
    with pytest.raises(BrokerError) as refused:
        await catalog.dirt(pid + 100, 0, 1, 0)
    assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
