"""Groups of the consumer protocol in the database; the contract tests say what they do."""

from dataclasses import replace

from tests.broker.storage.catalog.postgres.brokers import brokers
from tests.broker.storage.catalog.test_contract_consumer_groups import MEMBER, stored


async def test_a_member_s_step_writes_that_member_only(database_url: str) -> None:
    """So that a large group costs no more than a small one."""
    async with brokers(database_url, 1) as (catalog,):
        one, two = replace(MEMBER, member_id="one"), replace(MEMBER, member_id="two")
        await catalog.save_consumer_group(stored(one, two), ())
        versions = "SELECT convert_from(member_id, 'UTF8'), xmin::text FROM group_member"
        before = dict(await catalog._connections.fetch(versions))
        await catalog.save_consumer_group(stored(replace(one, epoch=9)), ())
        after = dict(await catalog._connections.fetch(versions))

        assert {name for name in before if before[name] != after[name]} == {"one"}
