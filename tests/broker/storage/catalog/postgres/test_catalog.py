import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.migrating import SchemaUnusable
from tests.support.postgres import Postgres


async def test_an_empty_database_is_refused_and_the_command_named(postgres: Postgres) -> None:
    """A broker never changes tables itself."""
    url = await postgres.new_database(migrated=False)

    with pytest.raises(SchemaUnusable, match="penstock catalog migrate"):
        await PostgresCatalog.open(url)


async def test_a_database_that_is_not_there_is_said_at_once(postgres: Postgres) -> None:
    """Waiting would not make it appear."""
    with pytest.raises(StorageUnavailable, match='database "nowhere" does not exist'):
        await PostgresCatalog.open(postgres.url("nowhere"))


async def test_a_migrated_database_opens(database_url: str) -> None:
    """What every other test relies on."""
    catalog = await PostgresCatalog.open(database_url)

    assert catalog.member is None
    await catalog.aclose()
