"""Share states in SQLite: what is left on disk."""

from pathlib import Path

from broker.storage.catalog.share_states import ShareChange
from broker.storage.catalog.sqlite.catalog import SqliteCatalog

TOPIC = b"t" * 16


async def test_nothing_is_left_of_what_was_deleted(tmp_path: Path) -> None:
    """Neither of replaced changes, nor of groups and topics that are gone."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    rows = "SELECT (SELECT count(*) FROM share_states), (SELECT count(*) FROM share_changes)"

    async def count() -> tuple[int, int]:
        found: tuple[int, int] = await catalog._reader.run(lambda connection: connection.execute(rows).fetchone())
        return found

    try:
        await catalog.create_topic("t", TOPIC, 2, 1, {}, 0)
        for group in ("g", "h"):
            for _ in range(3):
                await catalog.save_share_states([ShareChange((group, TOPIC, index), 0, 0, 0, ((0, 1, 0, 1),), False) for index in range(2)])
        assert await count() == (4, 12)
        await catalog.save_share_states([ShareChange(("g", TOPIC, 0), 0, 0, 0, ((0, 1, 0, 1),), True)])
        assert await count() == (4, 10)
        await catalog.delete_share_states("g", None)
        assert await count() == (2, 6)
        await catalog.delete_topic(TOPIC)
        assert await count() == (0, 0)
    finally:
        await catalog.aclose()


async def test_states_outlive_the_process(tmp_path: Path) -> None:
    """They are read from the file that another catalog wrote."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    await catalog.create_topic("t", TOPIC, 1, 1, {}, 0)
    await catalog.save_share_states([ShareChange(("g", TOPIC, 0), 1, 2, 3, ((2, 4, 2, 1),), False)])
    before = await catalog.share_states_of("g")
    await catalog.aclose()
    again = SqliteCatalog.open(tmp_path / "catalog.db")
    try:
        assert await again.share_states_of("g") == before != {}
    finally:
        await again.aclose()
