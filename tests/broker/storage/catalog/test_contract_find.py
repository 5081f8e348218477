"""How every catalog finds data: by offset, by timestamp, and what retention may take."""

import pytest

from broker.errors import BrokerError
from broker.storage.catalog.base import SPANS_PER_ANSWER, Catalog, SpanAnswer, SpanQuery
from broker.storage.catalog.life_cycle import RetentionLimit
from broker.storage.catalog.span_times import untimed
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, bounds_of, one_flush_an_object, topic


def bases(answer: SpanAnswer) -> list[int]:
    return [span.base for span in answer.spans]


async def test_find_begins_with_the_span_that_holds_the_offset(catalog: Catalog) -> None:
    """Also from its middle, and goes on until the bytes are covered, at least one span."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(5):
        await appender.append(pid, batch(10, 100))
    queries = [SpanQuery(pid, 15, 1), SpanQuery(pid, 20, 101), SpanQuery(pid, 0, 10**9), SpanQuery(pid, 49, 0)]

    assert [bases(answer) for answer in await catalog.find_spans(queries)] == [
        [10],
        [20, 30],
        [0, 10, 20, 30, 40],
        [40],
    ]


@pytest.mark.parametrize("offset", [-1, 10, 11, 2**62])
async def test_outside_the_log_there_are_no_spans(catalog: Catalog, offset: int) -> None:
    """Bounds come all the same, so that the caller can say why."""
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch(10))
    (answer,) = await catalog.find_spans([SpanQuery(pid, offset, 100)])

    assert answer == SpanAnswer(await bounds_of(catalog, pid), answer.spans)
    assert not answer.spans


async def test_an_unknown_partition_has_no_bounds(catalog: Catalog) -> None:
    """Every question about it says so."""
    assert (await catalog.find_spans([SpanQuery(999, 0, 1)]))[0].bounds is None
    assert (await catalog.spans_from_timestamp(999, 0, 1)).bounds is None
    assert (await catalog.span_of_max_timestamp(999)).bounds is None
    assert await catalog.bounds([999]) == {}


async def test_an_answer_names_a_bounded_number_of_spans(catalog: Catalog) -> None:
    """Many small appends do not make one answer large."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(70):
        await appender.append(pid, *[batch(producer=1, first=5), batch(1, 1)] * 16)
    (answer,) = await catalog.find_spans([SpanQuery(pid, 0, 10**9)])

    assert len(answer.spans) == SPANS_PER_ANSWER
    assert bases(answer)[:3] == [0, 2, 3]


async def test_what_is_known_without_waiting_is_what_waiting_gives(catalog: Catalog) -> None:
    """The fast answer, when there is one, equals the slow one."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(5):
        await appender.append(pid, batch(10, 100))
    for query in (SpanQuery(pid, 35, 150), SpanQuery(pid, 50, 1), SpanQuery(999, 0, 1)):
        now = catalog.find_spans_now([query])
        if now is not None:
            assert [list(answer.spans) for answer in now] == [
                list(answer.spans) for answer in await catalog.find_spans([query])
            ]
    assert (catalog.find_spans_now([SpanQuery(pid, 50, 1)]) is None) == one_flush_an_object(catalog)


@pytest.mark.parametrize(("timestamp", "found"), [(0, 0), (10, 0), (11, 10), (30, 10), (31, 40), (40, 40), (41, None)])
async def test_by_timestamp_the_first_span_that_reaches_it(catalog: Catalog, timestamp: int, found: int | None) -> None:
    """The running timestamp counts: a span with older records than its predecessors is not the first to reach anything."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for at in (10, 30, 20, 30, 40):
        await appender.append(pid, batch(10, at=at))
    answer = await catalog.spans_from_timestamp(pid, timestamp, 1)

    assert bases(answer) == ([] if found is None else [found])
    assert answer.bounds == await bounds_of(catalog, pid)


async def test_spans_from_a_timestamp_go_on_to_the_limit(catalog: Catalog) -> None:
    """In offset order, whatever their own timestamps."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for at in (10, 30, 20, 30, 40):
        await appender.append(pid, batch(10, at=at))

    assert bases(await catalog.spans_from_timestamp(pid, 30, 3)) == [10, 20, 30]


async def test_the_first_span_of_the_largest_timestamp(catalog: Catalog) -> None:
    """An empty log has none."""
    (pid,) = await topic(catalog)
    assert not (await catalog.span_of_max_timestamp(pid)).spans
    appender = Appender(catalog)
    for at in (10, 30, 20, 30):
        await appender.append(pid, batch(10, at=at))

    assert bases(await catalog.span_of_max_timestamp(pid)) == [10]
    await catalog.advance_log_start(pid, 20)
    assert bases(await catalog.span_of_max_timestamp(pid)) == [30]


async def test_the_largest_timestamp_counts_only_what_is_still_there(catalog: Catalog) -> None:
    """After its record is deleted, the largest of the rest is found."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for at in (99, 20, 30, 25):
        await appender.append(pid, batch(10, at=at))
    await catalog.advance_log_start(pid, 10)

    assert bases(await catalog.span_of_max_timestamp(pid)) == [20]


async def test_the_log_start_moves_forward_only(catalog: Catalog) -> None:
    """Whole spans below it are dropped, a straddling one stays."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(3):
        await appender.append(pid, batch(10, 100))
    bounds = await catalog.advance_log_start(pid, 15)

    assert (bounds.log_start, bounds.high_watermark, bounds.bytes) == (15, 30, 200)
    assert await catalog.advance_log_start(pid, 3) == bounds
    assert await bounds_of(catalog, pid) == bounds
    assert bases((await catalog.find_spans([SpanQuery(pid, 15, 10**9)]))[0]) == [10, 20]
    assert not (await catalog.find_spans([SpanQuery(pid, 14, 10**9)]))[0].spans


async def test_the_log_start_may_reach_the_end(catalog: Catalog) -> None:
    """An emptied log keeps its offsets."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(10))
    bounds = await catalog.advance_log_start(pid, 10)

    assert (bounds.log_start, bounds.high_watermark, bounds.bytes) == (10, 10, 0)
    (answer,) = await appender.append(pid, batch())
    assert (answer.base_offset, answer.log_start) == (10, 10)


@pytest.mark.parametrize("offset", [11, -1])
async def test_a_log_start_outside_the_log_is_refused(catalog: Catalog, offset: int) -> None:
    """OFFSET_OUT_OF_RANGE, and for a partition nobody has UNKNOWN_TOPIC_OR_PARTITION."""
    (pid,) = await topic(catalog)
    await Appender(catalog).append(pid, batch(10))

    with pytest.raises(BrokerError) as refused:
        await catalog.advance_log_start(pid, offset)
    assert refused.value.code == ErrorCode.OFFSET_OUT_OF_RANGE
    with pytest.raises(BrokerError) as refused:
        await catalog.advance_log_start(999, 0)
    assert refused.value.code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize(
    ("oldest_ms", "max_bytes", "start"),
    [
        (None, None, 5),
        (NOW, None, 5),
        (NOW + 11, None, 20),
        (NOW + 1000, None, 30),
        (None, 300, 5),
        (None, 200, 10),
        (None, 0, 30),
        (NOW + 11, 100, 20),
    ],
)
async def test_retention_takes_whole_spans_from_the_front(
    catalog: Catalog, oldest_ms: int | None, max_bytes: int | None, start: int
) -> None:
    """By age while every record of a span is too old, by size while enough remains."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for at in (NOW, NOW + 10, NOW + 20):
        await appender.append(pid, batch(10, 100, at=at))
    await catalog.advance_log_start(pid, 5)

    assert await catalog.retention_offset(pid, oldest_ms, max_bytes) == start


async def test_records_without_timestamps_are_as_old_as_they_are_here(catalog: Catalog) -> None:
    """As in Kafka, which goes by when it wrote its segment. No search for a timestamp finds them, and of what nobody knows is not old."""
    (pid, unknown) = await topic(catalog, 2)
    appender = Appender(catalog)
    for came in (NOW, NOW + 10, NOW + 20):
        await appender.append(pid, batch(10, 100, at=untimed(came)))
    await appender.append(unknown, batch(10, 100, at=-1))

    for oldest_ms, start in ((NOW, 0), (NOW + 1, 10), (NOW + 11, 20), (NOW + 1000, 30)):
        assert await catalog.retention_offset(pid, oldest_ms, None) == start
        assert (await catalog.retention_offsets([RetentionLimit(pid, oldest_ms, None)])).get(pid, 0) == start
    limits = [RetentionLimit(unknown, NOW + 10**12, None), RetentionLimit(pid, NOW, 200)]
    assert await catalog.retention_offsets(limits) == {pid: 10}
    assert await catalog.retention_offset(unknown, NOW + 10**12, None) == 0
    assert not (await catalog.spans_from_timestamp(pid, 0, 10)).spans
    assert bases(await catalog.span_of_max_timestamp(pid)) == [0]
    await appender.append(pid, batch(10, 100, at=5))
    assert bases(await catalog.spans_from_timestamp(pid, 0, 10)) == [30]
    assert bases(await catalog.span_of_max_timestamp(pid)) == [30]


async def test_producers_outlive_their_records(catalog: Catalog) -> None:
    """Deleting records does not make a producer unknown."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(2, producer=5, first=0))
    await catalog.advance_log_start(pid, 2)
    (again,) = await appender.append(pid, batch(2, producer=5, first=0))

    assert (again.duplicate, again.base_offset) == (True, 0)
