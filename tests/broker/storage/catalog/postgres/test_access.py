"""What the contract does not say: removed entries stay for brokers that have not heard of it, for a while."""

import asyncpg

from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.postgres.catalog import PostgresCatalog

RULE = AccessEntry(AccessKind.ACL, "rule", "{}")
GONE = AccessEntry(AccessKind.ACL, "rule", None)


async def test_what_was_removed_long_ago_is_forgotten(database_url: str) -> None:
    """With the next change after a day."""
    catalog = await PostgresCatalog.open(database_url)
    await catalog.change_access([RULE])
    await catalog.change_access([GONE])
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM access") == 1
    await connection.execute("UPDATE access SET removed = removed - interval '2 days'")
    await catalog.change_access([AccessEntry(AccessKind.ACL, "other", "{}")])

    assert await connection.fetch("SELECT full_name FROM access") == [(b"other",)]
    await connection.close()
    await catalog.aclose()
