import pytest

from broker.storage.catalog.cluster import Fenced, Member
from broker.storage.catalog.postgres.catalog import PostgresCatalog


async def test_who_was_fenced_stands_no_more(database_url: str) -> None:
    """Whoever has not registered is not asked (I8)."""
    catalog = await PostgresCatalog.open(database_url)
    async with catalog._connections.change() as connection:
        await connection.execute("INSERT INTO broker (node_id, epoch, instance) VALUES (1, 5, 'i')")
        await catalog._stand(connection)
        catalog.member = Member(node_id=1, epoch=5, rack=None, listeners={})
        await catalog._stand(connection)
        assert catalog._standing() == (1, 5)
    catalog.member = Member(node_id=1, epoch=4, rack=None, listeners={})
    with pytest.raises(Fenced, match="broker 1 was fenced"):
        async with catalog._connections.change() as connection:
            await catalog._stand(connection)
    await catalog.aclose()
