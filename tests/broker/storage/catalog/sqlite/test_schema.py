"""Opening and migrating the catalog's file."""

import sqlite3
import stat
from pathlib import Path

import pytest

from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.schema import CatalogUnusable, Migration


def test_steps_are_numbered_without_gap() -> None:
    """From one on, each with a name."""
    steps = schema.migrations()

    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.name and step.sql for step in steps)


def test_a_new_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Its side files get the same permissions."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "catalog.db-wal" in modes
    connection.close()


def test_commits_are_durable_by_settings(tmp_path: Path) -> None:
    """A write-ahead log that is flushed with every commit."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")

    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    """The version is recorded for everyone to see."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    changes = connection.total_changes
    schema.migrate(connection, schema.migrations())

    assert connection.total_changes == changes
    newest = str(schema.migrations()[-1].version)
    assert connection.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchone() == (newest,)
    connection.close()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """With both versions and what to do."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    steps = schema.migrations()
    later = Migration(steps[-1].version + 1, "later", "CREATE TABLE later (x);")
    schema.migrate(connection, [*steps, later])

    with pytest.raises(
        CatalogUnusable, match=rf"format version {later.version}.*up to {steps[-1].version}: run the newer"
    ):
        schema.migrate(connection, steps)
    connection.close()


def test_a_changed_step_is_refused(tmp_path: Path) -> None:
    """The file has another form than this release thinks."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    steps = schema.migrations()
    schema.migrate(connection, steps)
    changed = [Migration(step.version, step.name, step.sql + "-- other") for step in steps]

    with pytest.raises(CatalogUnusable, match="another form"):
        schema.migrate(connection, changed)
    connection.close()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """It is one transaction."""
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    steps = schema.migrations()
    broken = Migration(steps[-1].version + 1, "broken", "CREATE TABLE half (x);\nCREATE TABLE half (x);")

    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, [*steps, broken])
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchone() is None
    schema.migrate(connection, steps)
    connection.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    path = tmp_path / "catalog.db"
    path.write_bytes(b"not a database, but long enough to look at" * 100)

    with pytest.raises(CatalogUnusable, match=r"catalog\.db"):
        schema.open_for_writing(path)


def test_a_reading_connection_cannot_write(tmp_path: Path) -> None:
    """By setting, not by care."""
    schema.open_for_writing(tmp_path / "catalog.db").close()
    connection = schema.open_for_reading(tmp_path / "catalog.db")

    with pytest.raises(sqlite3.OperationalError):
        connection.execute("CREATE TABLE x (y)")
    connection.close()
