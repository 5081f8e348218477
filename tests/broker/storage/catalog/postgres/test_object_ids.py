"""Object ids on PostgreSQL; what every shared catalog promises is in test_contract_membership."""

import asyncpg

from tests.broker.storage.catalog.postgres.test_membership import broker
from tests.support.postgres import postgres_server


async def test_it_is_known_whose_ids_are_whose() -> None:
    """By broker and epoch: what a fenced one left in the store is told by that."""
    url = await postgres_server().new_database()
    async with broker(url, "a") as a, broker(url, "b") as b:
        firsts = [await a.lease_object_ids(10), await b.lease_object_ids(20)]
        connection = await asyncpg.connect(url, ssl=False)
        rows = [tuple(row) for row in await connection.fetch("SELECT first_id, count, node_id, epoch FROM object_ids ORDER BY first_id")]
        await connection.close()

        assert rows == [(firsts[0], 10, 1, 1), (firsts[1], 20, 2, 1)]
        assert firsts == [1, 11]
