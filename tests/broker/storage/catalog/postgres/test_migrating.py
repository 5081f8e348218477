import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres import migrating
from broker.storage.catalog.postgres.migrating import Applied, Migration, SchemaUnusable, check, missing
from tests.support.postgres import Postgres

FIRST = Migration(1, "first", "CREATE TABLE one (a int);")
SECOND = Migration(2, "second", "ALTER TABLE one ADD b int;")
CONTRACTING = Migration(3, "third", "-- serves brokers from schema: 2\nALTER TABLE one DROP a;")


def applied(*steps: Migration) -> dict[int, Applied]:
    return {step.version: Applied(step.checksum, step.serves_from) for step in steps}


def test_steps_come_in_order_and_say_whom_they_serve() -> None:
    """Every file has a number of its own."""
    steps = migrating.migrations()
    versions = [step.version for step in steps]

    assert versions == sorted(set(versions))
    assert all(1 <= step.serves_from <= step.version for step in steps)
    assert CONTRACTING.serves_from == 2


def test_what_is_missing() -> None:
    """Also one between others, which another branch of work brought."""
    assert missing([FIRST, SECOND, CONTRACTING], applied(FIRST, CONTRACTING)) == [SECOND]


def test_a_step_that_was_applied_otherwise_is_not_guessed_at() -> None:
    """The catalog was made by something unreleased."""
    with pytest.raises(SchemaUnusable, match="0001"):
        missing([FIRST], applied(Migration(1, "first", "other")))


def test_a_broker_and_a_newer_one_work_on_one_schema() -> None:
    """While the newer schema only adds."""
    check([FIRST], applied(FIRST, SECOND))
    check([FIRST, SECOND], applied(FIRST, SECOND, CONTRACTING))


def test_who_is_too_old_or_too_new_is_told_what_to_do() -> None:
    """A schema that is older than the broker must be migrated; one that no longer serves it needs a newer broker."""
    with pytest.raises(SchemaUnusable, match="has schema 1, this release needs schema 2: run `penstock catalog migrate`"):
        check([FIRST, SECOND], applied(FIRST))
    with pytest.raises(SchemaUnusable, match="is empty"):
        check([FIRST], {})
    with pytest.raises(SchemaUnusable, match="serves brokers from schema 2 on; this release has 1: run a newer release"):
        check([FIRST], applied(FIRST, SECOND, CONTRACTING))


async def test_two_at_once_apply_each_step_once(postgres: Postgres) -> None:
    """The second one waits, and finds nothing left to do."""
    url = await postgres.new_database(migrated=False)
    done: list[list[Migration]] = []

    async def migrate() -> None:
        done.append(await migrating.migrate(url))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(migrate)
        tasks.start_soon(migrate)

    assert sorted(map(len, done)) == [0, len(migrating.migrations())]


async def test_a_step_that_fails_leaves_nothing(postgres: Postgres) -> None:
    """What came before it stays; it can be tried again."""
    url = await postgres.new_database(migrated=False)
    broken = Migration(2, "second", "CREATE TABLE two (); SELECT nonsense;")
    with pytest.raises(SchemaUnusable, match="0002"):
        await migrating.migrate(url, [FIRST, broken])

    assert await migrating.migrate(url, [FIRST, SECOND]) == [SECOND]


async def test_a_lock_that_brokers_hold_is_waited_for_in_short_turns(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may have to queue behind a migration that waits."""
    monkeypatch.setattr(migrating, "_LOCK_WAIT_S", 0.05)
    url = await postgres.new_database(migrated=False)
    await migrating.migrate(url, [FIRST])
    async with postgres.connected(url.rpartition("/")[2]) as holder:
        await holder.execute("BEGIN; LOCK TABLE one IN SHARE MODE")
        async with anyio.create_task_group() as tasks:

            async def let_go() -> None:
                await anyio.sleep(0.2)
                await holder.execute("COMMIT")

            tasks.start_soon(let_go)
            assert await migrating.migrate(url, [FIRST, SECOND]) == [SECOND]


async def test_a_database_that_cannot_be_reached_is_said(postgres: Postgres) -> None:
    """By its address."""
    with pytest.raises(StorageUnavailable, match="nowhere"):
        await migrating.migrate(postgres.url("nowhere"))


async def test_another_encoding_is_refused(postgres: Postgres) -> None:
    """Texts would come back as others."""
    async with postgres.connected("postgres") as connection:
        await connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")

    with pytest.raises(SchemaUnusable, match="SQL_ASCII"):
        await migrating.migrate(postgres.url("latin"))
