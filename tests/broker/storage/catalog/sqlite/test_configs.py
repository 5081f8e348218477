"""Configs in the database; the contract tests say what they do."""

from pathlib import Path

from broker.storage.catalog.sqlite.catalog import SqliteCatalog


async def test_configs_and_named_values_survive_a_restart(tmp_path: Path) -> None:
    """With every character in them."""
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")
    await catalog.set_config(4, "1", {"a\0": 'é"\0'})
    await catalog.meta("cluster_id", "first")
    await catalog.aclose()
    catalog = SqliteCatalog.open(tmp_path / "catalog.db")

    assert await catalog.load_configs() == {(4, "1"): {"a\0": 'é"\0'}}
    assert await catalog.meta("cluster_id", "second") == "first"
    await catalog.aclose()
