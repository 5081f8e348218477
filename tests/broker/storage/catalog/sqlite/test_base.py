"""The parts share one state."""

from pathlib import Path

from broker.storage.catalog.sqlite.base import CatalogPart
from broker.storage.catalog.sqlite.catalog import SqliteCatalog


async def test_the_catalog_is_made_of_parts(tmp_path: Path) -> None:
    """Every contract is kept by one of them."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    parts = [part.__name__ for part in type(catalog).__mro__ if issubclass(part, CatalogPart)]

    groups = ["SqliteGroups", "SqliteConsumerGroups", "SqliteShareGroups"]
    own = ["SqliteTopics", "SqliteConfigs", "SqliteAccess", "SqliteLogs", "SqliteLifeCycle", *groups, "SqliteTransactions", "SqliteShareStates"]
    assert parts == ["SqliteCatalog", *own, "CatalogPart"]
    await catalog.aclose()
