"""Merges in the database: several at once, in whatever order their transactions come."""

from itertools import pairwise
from random import Random

import anyio
import pytest

from broker.errors import BrokerError
from broker.storage.catalog.base import SpanSwap
from broker.storage.catalog.cluster import Fenced, Registration
from broker.storage.catalog.life_cycle import LogSwap, MergeSwap
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group, topic
from tests.broker.storage.catalog.test_contract_life_cycle import OBJECT, merge_of, one_for, spans_of
from tests.support.postgres import Postgres


async def test_of_merges_at_the_same_time_one_wins_each_log(postgres: Postgres) -> None:
    """Beside commits and deletions; whatever comes of it, spans tile and counts are right (I3, I4)."""
    url = await postgres.new_database()
    catalogs = [await PostgresCatalog.open(url) for _ in range(3)]
    observer = catalogs[0]
    chance = Random(5)
    for round_number in range(6):
        pids = await topic(observer, 6, f"t{round_number}")
        first_id = 100 * round_number + 1
        for number in range(6):
            await observer.commit_spans(
                group({pid: [batch(5, at=NOW + number)] for pid in pids}, object_id=first_id + number)
            )
        old = {pid: await spans_of(observer, pid) for pid in pids}

        async def merge(
            catalog: PostgresCatalog, object_id: int, first: int, pids: tuple[int, ...] = pids, old: dict[int, list] = old  # type: ignore[type-arg]
        ) -> None:
            swaps = [LogSwap(pid, old[pid][first : first + 4], [one_for(old[pid][first : first + 4], object_id)]) for pid in pids]
            named = False
            for chunk in (swaps[:3], swaps[3:]):
                swap = MergeSwap(swaps=chunk, object_id=object_id, object_end=1000, level=1, is_named=named)
                named = any(await catalog.swap_many(swap)) or named

        new = WHOLE_OBJECTS + 10 * round_number
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(merge, catalogs[0], new + 1, 0)
            tasks.start_soon(merge, catalogs[1], new + 2, 2)
            tasks.start_soon(merge, catalogs[2], new + 3, 1)
            for pid in pids[:2]:
                tasks.start_soon(catalogs[1].advance_log_start, pid, chance.randrange(30))
            tasks.start_soon(catalogs[2].commit_spans, group({pid: [batch(1)] for pid in pids}, object_id=first_id + 50))
        for pid in pids:
            bounds = (await observer.bounds([pid]))[pid]
            spans = await spans_of(observer, pid, bounds.log_start)
            assert spans[0].base <= bounds.log_start
            assert spans[-1].last + 1 == bounds.high_watermark == 31
            assert all(left.last + 1 == right.base for left, right in pairwise(spans)), "I3"
            assert sum(span.length for span in spans) == bounds.bytes
    wrong = await observer._connections.fetch(
        "SELECT object_id, live, (SELECT count(*) FROM span WHERE span.object_id = object.object_id) FROM object "
        "WHERE live <> (SELECT count(*) FROM span WHERE span.object_id = object.object_id) OR (live = 0) <> (state = 2)"
    )
    assert not wrong, "I4"
    for catalog in catalogs:
        await catalog.aclose()


async def test_whoever_was_fenced_merges_no_more(database_url: str) -> None:
    """I8."""
    catalog, other = await PostgresCatalog.open(database_url), await PostgresCatalog.open(database_url)
    await catalog.register(Registration(instance="a", node_id=1, rack=None, listeners={}), 60_000)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
    old = await spans_of(catalog, pid)
    await other.register(Registration(instance="b", node_id=1, rack=None, listeners={}), 60_000)
    with pytest.raises((Fenced, BrokerError)):
        await catalog.swap_many(merge_of(LogSwap(pid, old, [one_for(old)])))
    assert await spans_of(other, pid) == old
    for each in (catalog, other):
        await each.aclose()


async def test_what_was_written_under_another_epoch_is_not_named(database_url: str) -> None:
    """It may be swept as an orphan at any moment; neither a merge nor a compaction brings it in."""
    catalog = await PostgresCatalog.open(database_url)
    await catalog.register(Registration(instance="a", node_id=1, rack=None, listeners={}), 60_000)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
    old = await spans_of(catalog, pid)
    before = WHOLE_OBJECTS + await catalog.lease_object_ids(5)
    await catalog.register(Registration(instance="a", node_id=1, rack=None, listeners={}), 60_000)
    now = WHOLE_OBJECTS + await catalog.lease_object_ids(5)
    merge = merge_of(LogSwap(pid, old, [one_for(old, before)]), object_id=before)
    assert await catalog.swap_many(merge) == [False]
    compacted = SpanSwap(pid=pid, old=old, new=[one_for(old, before)], object_id=before, object_end=1000)
    assert not await catalog.swap_spans(compacted)
    merge = merge_of(LogSwap(pid, old, [one_for(old, now)]), object_id=now)
    assert await catalog.swap_many(merge) == [True]
    await catalog.aclose()


async def test_an_object_that_was_given_up_is_not_named(database_url: str) -> None:
    """Whether the merge comes before or behind."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
    old = await spans_of(catalog, pid)
    assert await catalog.condemn([OBJECT]) == [OBJECT]
    assert await catalog.swap_many(merge_of(LogSwap(pid, old, [one_for(old)]))) == [False]
    late = one_for(old, OBJECT + 1)
    assert await catalog.swap_many(merge_of(LogSwap(pid, old, [late]), object_id=OBJECT + 1)) == [True]
    assert await catalog.condemn([OBJECT + 1]) == []
    await catalog.aclose()
