"""The catalog is restored from a dump, or from nothing but the objects, and the cluster goes on."""

from pathlib import Path

import anyio
import pytest

from tests.broker.storage.checking.worlds import SharedWorld, batch
from tests.broker.storage.objects.remote_worlds import CountedIds, client_environment, fresh_prefix
from tests.support.postgres import postgres_server
from tests.support.s3 import S3Server
from tests.toolchain import postgres_programs


async def restored_from_dump(world: SharedWorld, dump: Path) -> str:
    """A new database with what was dumped, marked as one that may lack what was acknowledged."""
    database = await postgres_server().new_database(migrated=False)
    await anyio.run_process([str(postgres_programs() / "pg_restore"), "--no-owner", f"--dbname={database}", str(dump)])
    return database


async def dumped(world: SharedWorld, dump: Path) -> None:
    await anyio.run_process([str(postgres_programs() / "pg_dump"), "--format=custom", f"--file={dump}", world.database])


async def go_on(world: SharedWorld) -> None:
    """More records; the oldest ones go, and some of the objects with them."""
    first, second = world.topics["orders"].partitions
    for number in range(4):
        await world.commit((first, [batch(600 + number)]), (second, [batch(700 + number)]))
    await world.catalog.advance_log_start(first, 20)
    await world.catalog.advance_log_start(second, 10)


@pytest.fixture
async def world(tmp_path_factory: pytest.TempPathFactory) -> "object":
    with client_environment(), S3Server(tmp_path_factory.mktemp("s3") / "data") as server:
        opened = await SharedWorld.open(objects=server.url(fresh_prefix()))
        await opened.fill()
        yield opened
        await opened.aclose()


async def test_a_dump_restored_within_the_grace_period_is_whole(world: SharedWorld, tmp_path: Path) -> None:
    """Objects that nothing named any more were kept. Ids given since are found taken, and others are used."""
    first = world.topics["orders"].partitions[0]
    await dumped(world, tmp_path / "catalog.dump")
    before = await world.values(first)
    await go_on(world)
    # Nothing is deleted before the grace period is over.
    assert await world.catalog.take_dead_objects(100, 3_600_000) == []

    database = await restored_from_dump(world, tmp_path / "catalog.dump")
    again = await SharedWorld.open(database, world.objects, CountedIds(1))
    found, totals = await again.check()
    assert found == []
    assert totals.orphans == 4
    assert await again.values(first) == before
    await again.commit((first, [batch(800)]))
    assert (await again.values(first))[:-1] == before
    found, totals = await again.check()
    assert found == []
    assert totals.orphans == 4, "what was written after the backup was left alone"
    await again.aclose()


async def test_a_dump_older_than_the_grace_period_is_found_out(world: SharedWorld, tmp_path: Path) -> None:
    """The check names what is missing; it is not passed over."""
    await dumped(world, tmp_path / "catalog.dump")
    await go_on(world)
    dead = await world.catalog.take_dead_objects(100, 0)
    assert dead
    await world.store.delete(dead)
    await world.catalog.forget_objects(dead)

    again = await SharedWorld.open(await restored_from_dump(world, tmp_path / "catalog.dump"), world.objects)
    found, _ = await again.check(deep=False)
    assert sorted(each.where for each in found if "missing" in each.what) == [
        f"object {object_id:016x}" for object_id in sorted(dead)
    ]
    await again.aclose()


async def test_a_restored_catalog_begins_new_leader_epochs(world: SharedWorld, tmp_path: Path) -> None:
    """Once it was told that it may lack what was acknowledged."""
    first = world.topics["orders"].partitions[0]
    await dumped(world, tmp_path / "catalog.dump")
    database = await restored_from_dump(world, tmp_path / "catalog.dump")
    plain = await SharedWorld.open(database, world.objects)
    epoch = (await plain.catalog.bounds([first]))[first].leader_epoch
    await plain.break_with("UPDATE meta SET value = 'restored' WHERE key = 'server'")
    await plain.aclose()
    again = await SharedWorld.open(database, world.objects)
    assert (await again.catalog.bounds([first]))[first].leader_epoch == epoch + 1
    await again.aclose()
