from broker.storage.catalog.base import Span, SpanQuery, SpanSwap
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group, topic


async def test_one_object_may_take_spans_of_several_logs(database_url: str) -> None:
    """As long as it was not given up in between (I4)."""
    catalog = await PostgresCatalog.open(database_url)
    pids = await topic(catalog, 3)
    await catalog.commit_spans(group({pid: [batch(4)] for pid in pids}, object_id=1))

    async def swap(pid: int) -> bool:
        (answer,) = await catalog.find_spans([SpanQuery(pid, 0, 1)])
        old = answer.spans[0]
        new = Span(0, 3, WHOLE_OBJECTS, 0, 50, NOW, old.running_timestamp, 1, FLAG_FINAL_OFFSETS)
        return await catalog.swap_spans(SpanSwap(pid=pid, old=[old], new=[new], object_id=WHOLE_OBJECTS, object_end=150))

    assert await swap(pids[0])
    assert await swap(pids[1])
    assert tuple(await catalog._connections.fetchrow("SELECT size, live FROM object WHERE object_id = $1", WHOLE_OBJECTS)) == (150, 2)
    for pid in pids[:2]:
        await catalog.advance_log_start(pid, 4)
    assert not await swap(pids[2])
    (answer,) = await catalog.find_spans([SpanQuery(pids[2], 0, 1)])
    assert answer.spans[0].object_id == 1
    assert await catalog.take_dead_objects(10) == [WHOLE_OBJECTS]
    await catalog.aclose()
