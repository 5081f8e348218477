import pytest

from broker.storage.catalog.postgres import producers
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, topic


async def test_expiry_walks_through_pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, a page at a time."""
    monkeypatch.setattr(producers, "_EXPIRE", producers._EXPIRE.replace("LIMIT 5000", "LIMIT 2"))
    catalog = await PostgresCatalog.open(database_url)
    pids = await topic(catalog, 2)
    appender = Appender(catalog)
    for producer in range(5):
        for pid in pids:
            await appender.append(pid, batch(producer=producer, first=0), now=NOW + producer)

    assert await catalog.expire_producers(NOW + 3) == 6
    assert [[state.producer_id for state in await catalog.producers(pid)] for pid in pids] == [[3, 4], [3, 4]]
    await catalog.aclose()


async def test_ids_are_given_once_by_whichever_broker(database_url: str) -> None:
    """In blocks, of which the rest is lost."""
    one, two = await PostgresCatalog.open(database_url), await PostgresCatalog.open(database_url)
    firsts = [await one.allocate_producer_ids(10), await two.allocate_producer_ids(1000), await one.allocate_producer_ids(1)]

    assert firsts == [0, 1000, 2000]
    await one.aclose()
    await two.aclose()
