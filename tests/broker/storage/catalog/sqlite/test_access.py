"""What the contract does not say: entries outlive the process."""

from pathlib import Path

from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.sqlite.catalog import SqliteCatalog

RULE = AccessEntry(AccessKind.ACL, "rule", "{}")


async def test_entries_are_there_after_a_restart(tmp_path: Path) -> None:
    """They are in the file."""
    catalog = SqliteCatalog.open(tmp_path / "catalog")
    await catalog.change_access([RULE])
    await catalog.aclose()

    catalog = SqliteCatalog.open(tmp_path / "catalog")
    assert await catalog.load_access() == [RULE]
    await catalog.aclose()
