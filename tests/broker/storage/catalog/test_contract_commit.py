"""What every catalog does with a commit group."""

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.model import LogBounds
from broker.storage.catalog.base import BatchEntry, Catalog, CommitGroup, SpanEntry, SpanQuery
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, bounds_of, group, topic


async def spans(catalog: Catalog, pid: int) -> list[tuple[int, int, int, int, int]]:
    """(base, last, object, position, length) of every span of a log."""
    bounds = (await catalog.bounds([pid]))[pid]
    found: list[tuple[int, int, int, int, int]] = []
    offset = bounds.log_start
    while offset < bounds.high_watermark:
        (answer,) = await catalog.find_spans([SpanQuery(pid, offset, 1)])
        span = answer.spans[0]
        found.append((span.base, span.last, span.object_id, span.position, span.length))
        offset = span.last + 1
    return found


async def test_offsets_continue_without_gap(catalog: Catalog) -> None:
    """Each batch takes the offsets after its predecessor's, per partition."""
    one, two = await topic(catalog, 2)
    first = await catalog.commit_spans(group({one: [batch(3), batch(2)], two: [batch(7)]}))
    second = await catalog.commit_spans(group({two: [batch(1)], one: [batch(1)]}, object_id=2))

    assert [[answer.base_offset for answer in span] for span in first] == [[0, 3], [0]]
    assert [[answer.base_offset for answer in span] for span in second] == [[7], [5]]
    assert await catalog.bounds([one, two]) == {one: LogBounds(0, 6, 6, 0, 300), two: LogBounds(0, 8, 8, 0, 200)}


async def test_what_was_committed_is_found_where_the_store_put_it(catalog: Catalog) -> None:
    """Batches of one group become one span."""
    one, two = await topic(catalog, 2)
    await catalog.commit_spans(
        group({one: [batch(3, 10), batch(2, 20)], two: [batch(7, 5)]}, object_id=4, position=1000)
    )

    assert await spans(catalog, one) == [(0, 4, 4, 1000, 30)]
    assert await spans(catalog, two) == [(0, 6, 4, 1030, 5)]


async def test_an_unknown_partition_is_refused_alone(catalog: Catalog) -> None:
    """The other partitions of the group are appended."""
    (pid,) = await topic(catalog)
    answers = await catalog.commit_spans(group({999: [batch(), batch()], pid: [batch()]}))

    assert [[answer.error_code for answer in span] for span in answers] == [[3, 3], [0]]
    assert answers[0][0].base_offset == -1
    assert (await spans(catalog, pid))[0][3] == 200


async def test_a_refused_batch_splits_its_span(catalog: Catalog) -> None:
    """What stands before and after it is found; its bytes are not."""
    (pid,) = await topic(catalog)
    answers = await Appender(catalog).append(
        pid, batch(2, 10), batch(1, 20, producer=5, first=0), batch(1, 30, producer=5, first=7), batch(4, 40)
    )

    assert [answer.error_code for answer in answers] == [0, 0, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 0]
    assert [answer.base_offset for answer in answers] == [0, 2, -1, 3]
    assert await spans(catalog, pid) == [(0, 2, 1, 0, 30), (3, 6, 1, 60, 40)]


async def test_a_partition_may_be_named_twice(catalog: Catalog) -> None:
    """Its batches in two runs with dead bytes between them: offsets go on, and producers are checked across both."""
    one, two = await topic(catalog, 2)
    first = [batch(1, 10, producer=7, first=0), batch(2, 10)]
    behind = [batch(1, 10, producer=7, first=1), batch(1, 10, producer=7, first=9), batch(1, 10, producer=8, first=0)]
    runs = [SpanEntry(one, 100, first), SpanEntry(two, 120, [batch(5, 10)]), SpanEntry(one, 500, behind)]
    answers = await catalog.commit_spans(CommitGroup(3, 100, 430, runs, NOW))

    assert [[answer.base_offset for answer in span] for span in answers] == [[0, 1], [0], [3, -1, 4]]
    assert answers[2][1].error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert await spans(catalog, one) == [(0, 2, 3, 100, 20), (3, 3, 3, 500, 10), (4, 4, 3, 520, 10)]
    assert [state.last_sequence for state in await catalog.producers(one)] == [1, 0]


async def test_a_partition_may_be_named_twice_without_a_refusal(catalog: Catalog) -> None:
    """Nothing has to be decided batch by batch then."""
    one, two = await topic(catalog, 2)
    runs = [
        SpanEntry(one, 0, [batch(1, 10, producer=7, first=0)]),
        SpanEntry(two, 10, [batch(1, 10)]),
        SpanEntry(one, 50, [batch(2, 10, producer=7, first=1), batch(1, 10)]),
    ]
    answers = await catalog.commit_spans(CommitGroup(3, 0, 70, runs, NOW))

    assert [[answer.base_offset for answer in span] for span in answers] == [[0], [0], [1, 3]]
    assert await spans(catalog, one) == [(0, 0, 3, 0, 10), (1, 3, 3, 50, 20)]
    assert [state.last_sequence for state in await catalog.producers(one)] == [2]


async def test_a_duplicate_is_answered_with_its_first_offset(catalog: Catalog) -> None:
    """Nothing is appended, also when it comes within the same group."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(4))
    first = await appender.append(pid, batch(2, at=77, producer=5, first=0), batch(2, at=77, producer=5, first=0))
    again = await appender.append(pid, batch(2, at=88, producer=5, first=0))

    assert [(answer.base_offset, answer.duplicate) for answer in first + again] == [(4, False), (4, True), (4, True)]
    assert again[0].log_append_time_ms == 77
    assert await bounds_of(catalog, pid) == LogBounds(0, 6, 6, 0, 200)


async def test_transactional_batches_are_refused(catalog: Catalog) -> None:
    """No transaction can be open yet."""
    (pid,) = await topic(catalog)
    answers = await Appender(catalog).append(pid, BatchEntry(1, 9, NOW, 5, 0, 0, 0, transactional=True))

    assert [answer.error_code for answer in answers] == [ErrorCode.INVALID_TXN_STATE]
    assert await catalog.producers(pid) == []


async def test_log_append_time_is_answered_when_the_batch_has_it(catalog: Catalog) -> None:
    """Otherwise the answer is -1, which tells a client that its own timestamp stands."""
    (pid,) = await topic(catalog)
    answers = await Appender(catalog).append(pid, batch(at=5), BatchEntry(1, 9, 6, log_append_time=True))

    assert [answer.log_append_time_ms for answer in answers] == [-1, 6]


async def test_committing_a_group_again_gives_the_same_answer(catalog: Catalog) -> None:
    """A sender that does not know the outcome may ask again (I7)."""
    (pid,) = await topic(catalog)
    commit = group({pid: [batch(3)]})
    first = await catalog.commit_spans(commit)

    assert await catalog.commit_spans(commit) == first
    assert await bounds_of(catalog, pid) == LogBounds(0, 3, 3, 0, 100)


async def test_the_same_group_twice_at_once_is_one_group(catalog: Catalog) -> None:
    """Also when both share a transaction (I7)."""
    (pid,) = await topic(catalog)
    bases: list[int] = []

    async def commit() -> None:
        ((answer,),) = await catalog.commit_spans(group({pid: [batch(2)]}))
        bases.append(answer.base_offset)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(commit)

    assert bases == [0] * 10
    assert await bounds_of(catalog, pid) == LogBounds(0, 2, 2, 0, 100)


async def test_concurrent_commits_tile_the_log(catalog: Catalog) -> None:
    """Whatever shares a transaction, offsets have no gap and no overlap (I3)."""
    (pid,) = await topic(catalog)
    bases: list[int] = []

    async def commit(index: int) -> None:
        ((answer,),) = await catalog.commit_spans(group({pid: [batch(2)]}, object_id=index))
        bases.append(answer.base_offset)

    async with anyio.create_task_group() as tasks:
        for index in range(50):
            tasks.start_soon(commit, index)

    assert sorted(bases) == list(range(0, 100, 2))
    assert [span[:2] for span in await spans(catalog, pid)] == [(base, base + 1) for base in range(0, 100, 2)]


async def test_a_cancelled_commit_is_whole_or_asked_again(catalog: Catalog) -> None:
    """A caller that stops waiting does not stop the commit; asking again gives its answer."""
    (pid,) = await topic(catalog)
    commit = group({pid: [batch(3)]})
    with anyio.CancelScope() as scope:
        scope.cancel()
        await catalog.commit_spans(commit)
    ((answer,),) = await catalog.commit_spans(commit)

    assert answer.base_offset == 0
    assert await bounds_of(catalog, pid) == LogBounds(0, 3, 3, 0, 100)


async def test_producers_are_listed_as_the_log_has_them(catalog: Catalog) -> None:
    """The window holds five batches, newest first (I6)."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for sequence in range(7):
        await appender.append(pid, batch(1, at=sequence, producer=9, epoch=2, first=sequence), now=NOW + sequence)

    (producer,) = await catalog.producers(pid)
    assert (producer.producer_id, producer.epoch, producer.last_sequence) == (9, 2, 6)
    assert producer.last_timestamp == NOW + 6
    assert producer.window == tuple((sequence, sequence, sequence, sequence) for sequence in (6, 5, 4, 3, 2))


async def test_known_producers_are_those_with_a_sequence(catalog: Catalog) -> None:
    """By partition and id; who was never there, or was forgotten, is not known."""
    one, two = await topic(catalog, 2)
    appender = Appender(catalog)
    await appender.append(one, batch(producer=1, first=0), now=NOW)
    await appender.append(two, batch(producer=2, first=0), now=NOW + 10)
    asked = [(pid, producer) for pid in (one, two, two + 1) for producer in (1, 2, 3)]

    assert await catalog.known_producers(asked) == {(one, 1), (two, 2)}
    await catalog.expire_producers(NOW + 10)
    assert await catalog.known_producers(asked) == {(two, 2)}
    assert await catalog.known_producers([]) == set()


async def test_idle_producers_expire(catalog: Catalog) -> None:
    """Only those idle since before the given time; afterwards any sequence is accepted again."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    await appender.append(pid, batch(producer=1, first=0), now=NOW)
    await appender.append(pid, batch(producer=2, first=0), now=NOW + 10)

    assert await catalog.expire_producers(NOW + 10) == 1
    assert [producer.producer_id for producer in await catalog.producers(pid)] == [2]
    (answer,) = await appender.append(pid, batch(producer=1, first=41))
    assert answer.error_code == 0


async def test_producer_ids_are_given_once(catalog: Catalog) -> None:
    """Blocks do not overlap."""
    first = await catalog.allocate_producer_ids(1000)
    second = await catalog.allocate_producer_ids(1000)

    assert second == first + 1000


async def test_a_closed_catalog_takes_nothing(catalog: Catalog) -> None:
    """Whoever comes late gets an error it may retry elsewhere."""
    (pid,) = await topic(catalog)
    await catalog.aclose()

    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch()]}))
