"""Groups in the database; the contract tests say what they do."""

from pathlib import Path

from broker.storage.catalog.base import StoredGroup
from tests.broker.storage.catalog.sqlite.faulty_connection import open_faulty


async def test_the_version_grows_with_each_save(tmp_path: Path) -> None:
    """So that two writers could tell who was first."""
    catalog, connection = open_faulty(tmp_path / "catalog.db")
    group = StoredGroup(group_id="g", protocol_type="consumer", generation=1, protocol=None, leader=None)
    for _ in range(3):
        await catalog.save_group(group)

    assert connection.execute("SELECT version FROM consumer_groups").fetchone() == (3,)
    await catalog.aclose()
