"""Jobs on PostgreSQL; what every shared catalog promises is in test_contract_membership."""

import anyio

from tests.broker.storage.catalog.postgres.test_membership import broker
from tests.support.postgres import postgres_server


async def test_of_brokers_that_claim_at_once_one_gets_the_job() -> None:
    """The first time as well, when nobody has heard of the job."""
    url = await postgres_server().new_database()
    async with broker(url, "a") as a, broker(url, "b") as b:
        tokens: list[int | None] = []

        async def claim(catalog: object) -> None:
            tokens.append(await catalog.claim_job("sweep", 60_000))  # type: ignore[attr-defined]

        async with anyio.create_task_group() as tasks:
            for catalog in (a, b, a, b):
                tasks.start_soon(claim, catalog)

        assert sorted(token is None for token in tokens) == [False, False, True, True]
