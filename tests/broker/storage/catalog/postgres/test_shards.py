"""Shards on PostgreSQL; what every shared catalog promises is in test_contract_membership."""

import anyio

from tests.broker.storage.catalog.postgres.test_membership import LEASE_MS, broker
from tests.support.postgres import postgres_server


async def test_brokers_that_claim_at_once_never_share_a_shard() -> None:
    """In whatever order they ask for them, and nobody waits for ever."""
    url = await postgres_server().new_database()
    async with broker(url, "a") as a, broker(url, "b") as b:
        claimed: list[dict[int, int]] = []

        async def claim(catalog: object, shards: list[int]) -> None:
            claimed.append(await catalog.claim_shards(shards))  # type: ignore[attr-defined]

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for catalog, shards in ((a, list(range(64))), (b, list(range(63, -1, -1)))):
                    tasks.start_soon(claim, catalog, shards)
        view = await a.renew(LEASE_MS)

        assert sorted(shard for each in claimed for shard in each) == list(range(64))
        assert len(view.shards) == 64
