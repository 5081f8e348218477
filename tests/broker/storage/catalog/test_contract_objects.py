"""When every catalog gives objects back."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import Catalog
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, one_flush_an_object, topic


async def test_an_object_is_dead_when_no_span_names_it(catalog: Catalog) -> None:
    """One partition's data is enough to keep it (I4)."""
    one, two = await topic(catalog, 2)
    await catalog.commit_spans(group({one: [batch(10)], two: [batch(10)]}, object_id=1))
    await catalog.commit_spans(group({one: [batch(10)]}, object_id=2))
    await catalog.advance_log_start(one, 10)
    assert await catalog.take_dead_objects(10) == []

    await catalog.advance_log_start(two, 10)
    assert await catalog.take_dead_objects(10) == [1]


async def test_the_object_in_use_is_never_dead(catalog: Catalog) -> None:
    """The newest one may still get data, even with none alive in it; not where it holds one flush, of which nothing was taken."""
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(10)]}, object_id=1))
    await catalog.commit_spans(group({pid: [batch(producer=1, first=-9)]}, object_id=2))
    await catalog.advance_log_start(pid, 10)

    assert sorted(await catalog.take_dead_objects(10)) == ([1, 2] if one_flush_an_object(catalog) else [1])


async def test_dead_objects_come_in_order_and_in_portions(catalog: Catalog) -> None:
    """They stay until they are forgotten."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(4):
        await appender.append(pid, batch())
        appender.roll()
    await catalog.advance_log_start(pid, 4)

    assert await catalog.take_dead_objects(2) == [1, 2]
    await catalog.forget_objects([1])
    assert await catalog.take_dead_objects(2) == [2, 3]


async def test_a_living_object_is_not_forgotten(catalog: Catalog) -> None:
    """Forgetting takes only what is dead."""
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(10)]}, object_id=1))
    await catalog.commit_spans(group({pid: [batch(10)]}, object_id=2))
    await catalog.forget_objects([1, 7])
    await catalog.advance_log_start(pid, 10)

    assert await catalog.take_dead_objects(10) == [1]


async def test_an_object_that_was_given_back_gets_no_data(catalog: Catalog) -> None:
    """A commit that comes too late must not point at a deleted file."""
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(10)]}, object_id=1))
    await catalog.commit_spans(group({pid: [batch(10)]}, object_id=2))
    await catalog.advance_log_start(pid, 10)
    await catalog.forget_objects([1])

    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch(10)]}, object_id=1, position=100))
    assert (await catalog.bounds([pid]))[pid].high_watermark == 20


async def test_a_deleted_topic_gives_its_objects_back(catalog: Catalog) -> None:
    """In the background, but before long."""
    created = await catalog.create_topic("gone", b"g" * 16, 2, 1, {}, NOW)
    await catalog.commit_spans(group({pid: [batch()] for pid in created.partitions}, object_id=1))
    (other,) = await topic(catalog)
    await catalog.commit_spans(group({other: [batch()]}, object_id=2))
    await catalog.delete_topic(created.topic_id)
    for _ in range(20):
        await catalog.meta("anything", "")
        if await catalog.take_dead_objects(10) == [1]:
            break

    assert await catalog.take_dead_objects(10) == [1]
    assert await catalog.producers(created.partitions[0]) == []
