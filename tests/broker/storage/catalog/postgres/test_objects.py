import pytest

from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres import objects
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from tests.broker.storage.catalog.groups_of_batches import Appender, batch, group, topic


async def count(catalog: PostgresCatalog, table: str) -> int:
    return int(await catalog._connections.fetchval(f"SELECT count(*) FROM {table}"))


async def test_dead_objects_wait_for_their_grace(database_url: str) -> None:
    """Readers may have heard of them."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch()]}, object_id=1))
    await catalog.advance_log_start(pid, 1)

    assert await catalog.take_dead_objects(10, 3_600_000) == []
    await catalog._connections.fetch("UPDATE object SET deleted_at = deleted_at - interval '2 hours'")
    assert await catalog.take_dead_objects(10, 3_600_000) == [1]
    await catalog.aclose()


async def test_a_forgotten_object_keeps_late_commits_away_for_a_while(database_url: str) -> None:
    """Its row goes for good when nobody can be that late."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch()]}, object_id=1))
    await catalog.advance_log_start(pid, 1)
    await catalog.forget_objects([1])
    other = await PostgresCatalog.open(database_url)
    with pytest.raises(Unresolved):
        await other.commit_spans(group({pid: [batch()]}, object_id=1))

    await catalog._connections.fetch("UPDATE object SET deleted_at = deleted_at - interval '2 hours'")
    await catalog.forget_objects([])
    assert await count(catalog, "object") == 0
    await catalog.aclose()
    await other.aclose()


async def test_large_trims_go_on_in_the_background(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log's start moves at once; its spans go a number at a time, so that no commit waits long."""
    monkeypatch.setattr(objects, "_DRAIN", "SELECT drain_trim_v1($1, $2, 3)")
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    for _ in range(10):
        await appender.append(pid, batch())
    ((verdict, start),) = await catalog._connections.fetch("SELECT verdict, log_start FROM advance_log_start_v1(NULL, NULL, $1, 9, 2)", pid)
    assert (verdict, start) == ("done", 9)
    assert await count(catalog, "span") == 8
    assert (await catalog.bounds([pid]))[pid].bytes == 800

    assert len(await catalog.take_dead_objects(100)) == 9
    assert await count(catalog, "span") == 1
    assert await count(catalog, "trim") == 0
    assert (await catalog.bounds([pid]))[pid].bytes == 100
    await catalog.aclose()


async def test_everything_of_a_deleted_topic_goes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it has become in between."""
    monkeypatch.setattr(objects, "_DRAIN", "SELECT drain_trim_v1($1, $2, 2)")
    catalog = await PostgresCatalog.open(database_url)
    pids = await topic(catalog, 4)
    for number in range(3):
        sent = {pid: [batch(producer=5, first=number)] for pid in pids}
        await catalog.commit_spans(group(sent, object_id=number))
    await catalog._connections.fetch("SELECT 1 FROM advance_log_start_v1(NULL, NULL, $1, 3, 1)", pids[0])
    await catalog.delete_topic((await catalog.load_topics())[0].topic_id)

    assert sorted(await catalog.take_dead_objects(100)) == [0, 1, 2]
    for table in ("span", "producer", "trim", "cleaning", "aborted", "part", "topic"):
        assert await count(catalog, table) == 0, table

    await catalog.aclose()
