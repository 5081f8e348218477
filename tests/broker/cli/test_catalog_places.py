"""Where a catalog and its objects lie is taken from options or settings."""

from pathlib import Path

import pytest

from broker.cli.catalog_places import Embedded, Shared, places
from broker.cli.failure import CommandFailed


def test_a_data_directory_has_both() -> None:
    """Unless URLs say otherwise."""
    directory = Path("/somewhere")
    assert places(directory, None, None, None) == Embedded(directory, directory / "catalog.db", directory / "segments")
    found = places(directory, "sqlite:///elsewhere/c.db", "file:///elsewhere/s", None)
    assert found == Embedded(directory, Path("/elsewhere/c.db"), Path("/elsewhere/s"))


def test_a_shared_catalog_has_a_remote_store(tmp_path: Path) -> None:
    """Both URLs are needed; settings may hold them."""
    shared = Shared("postgresql://host/db", "s3://bucket/prefix")
    assert places(None, shared.catalog, shared.objects, None) == shared
    with pytest.raises(CommandFailed, match="objects"):
        places(None, shared.catalog, None, None)
    settings = tmp_path / "penstock.toml"
    settings.write_text(f'catalog = "{shared.catalog}"\nobjects = "{shared.objects}"\n')
    assert places(None, None, None, settings) == shared


def test_settings_that_cannot_be_used_are_said() -> None:
    """As everywhere."""
    with pytest.raises(CommandFailed):
        places(None, "mysql://x", None, None)
