from broker.storage.catalog.postgres.catalog import PostgresCatalog


async def test_a_name_may_be_as_long_as_clients_like(database_url: str) -> None:
    """Group ids are names, and an index has less room than they may take."""
    catalog = await PostgresCatalog.open(database_url)
    long, other = "g" * 30_000, "g" * 30_000 + "\0"
    await catalog.set_config(32, long, {"a": "1"})
    await catalog.set_config(32, other, {"a": "2"})
    await catalog.set_config(32, long, {"a": "3"})

    assert await catalog.load_configs() == {(32, long): {"a": "3"}, (32, other): {"a": "2"}}
    await catalog.set_config(32, long, {})
    assert list(await catalog.load_configs()) == [(32, other)]
    await catalog.aclose()
