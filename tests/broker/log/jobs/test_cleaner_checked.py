"""The jobs over real catalogs and stores, with the checker of catalogs as the judge: the embedded profile, and PostgreSQL with a remote store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.log.cleaner import Cleaner
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.cluster import Registration
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.footer import WHOLE, PartitionName
from tests.broker.storage.checking.worlds import NOW_MS, EmbeddedWorld, SharedWorld, World, batch
from tests.broker.storage.objects.remote_worlds import client_environment, fresh_prefix
from tests.support.s3 import S3Server

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server; its credentials are in the environment."""
    with client_environment(), S3Server(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server


class NoTopics:
    """Nothing is to be let go of by time or size."""

    def all(self) -> list[Any]:
        return []


def cleaner_of(world: World, **names: Any) -> Cleaner:
    settings = Settings(data_dir="unused", merge_age_ms=1000, merge_object_bytes=1 << 20)
    catalog: Any = world.catalog
    return Cleaner(world.store, catalog, NoTopics(), LiveSettings(settings, catalog), lambda: NOW_MS, **names)


async def run(cleaner: Cleaner, *names: str) -> None:
    for job in cleaner.jobs:
        if job.name in names:
            for part in await job.due():
                while await job.step(part):
                    pass


async def clean(world: World) -> None:
    found, _ = await world.check(deep=True)
    assert found == []


async def test_embedded(tmp_path: Path) -> None:
    """Space that comes back leaves a catalog that is right, with the same records in it."""
    world = EmbeddedWorld.open(tmp_path / "data")
    await world.fill()
    pid = world.topics["users"].partitions[0]
    large = await world.create("large", 1)
    for number in range(12):
        await world.commit((pid, [batch(number)]), (large.partitions[0], [batch(number + 1000, 600)]))
    before = await world.values(pid)
    await world.catalog.delete_topic(large.topic_id)
    for _ in range(10):
        await world.catalog.meta("anything", "")
    cleaner = cleaner_of(world)
    await run(cleaner, "merge")
    await run(cleaner, "garbage")
    await clean(world)
    assert await world.values(pid) == before
    (answer,) = await world.catalog.find_spans([SpanQuery(pid, 0, 1 << 30)])
    assert any(span.object_id >= WHOLE_OBJECTS for span in answer.spans)
    await world.aclose()


async def test_postgres_and_s3(s3_server: S3Server) -> None:
    """Flushes are merged by the process beside the broker into an object that says what is in it; then the flushes go, and what nobody committed."""
    world = await SharedWorld.open(objects=s3_server.url(fresh_prefix()))
    catalog: Any = world.catalog
    await catalog.register(Registration(instance="i", node_id=1, rack=None, listeners={}), 600_000)
    world.remote._ids._ids = catalog
    world.remote.forget_ids()
    await world.fill()
    pids = [pid for topic in world.topics.values() for pid in topic.partitions]
    for number in range(5):
        await world.commit(*((pid, [batch(number + 500 + 10 * pid, 200)]) for pid in sorted(pids)))
    before = {pid: await world.values(pid) for pid in pids}
    await clean(world)
    await catalog._connections.change_once("UPDATE object SET created = created - interval '1 hour'")
    names = world._names  # type: ignore[attr-defined]
    cleaner = cleaner_of(world, name_of=names.get)
    await run(cleaner, "merge")
    await clean(world)
    assert {pid: await world.values(pid) for pid in pids} == before
    stored = [known async for known, _, _ in world.remote.stored_objects()]
    (whole,) = [known for known in stored if known >= WHOLE_OBJECTS]
    footer = await world.remote.footer_of(whole)
    assert footer.kind == WHOLE
    assert {entry.name for entry in footer.entries} == set(names.values())
    assert isinstance(next(iter(names.values())), PartitionName)
    assert all(entry.base >= 0 for entry in footer.entries)

    assert len(stored) > 10
    await catalog._connections.change_once("UPDATE object SET deleted_at = deleted_at - interval '1 hour'")
    await run(cleaner, "garbage")
    assert [known async for known, _, _ in world.remote.stored_objects()] == [whole]
    await clean(world)

    left = await world.store.append([b"never committed"], [])
    other = await SharedWorld.open(world.database, world.objects)
    await other.catalog.register(Registration(instance="j", node_id=1, rack=None, listeners={}), 600_000)  # type: ignore[attr-defined]
    sweeper = cleaner_of(other)
    (orphans,) = [job for job in sweeper.jobs if job.name == "orphans"]
    orphans._wall_clock_ms = lambda: 1 << 50  # type: ignore[attr-defined]
    await run(sweeper, "orphans")
    assert [known async for known, _, _ in other.remote.stored_objects()] == [whole]
    assert left.object_id != whole
    await clean(other)
    for each in (world, other):
        await each.aclose()
