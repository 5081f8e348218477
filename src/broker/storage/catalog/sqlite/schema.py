"""Opens connections to the catalog's file and brings its tables up to date.

Migrations are numbered SQL files, each applied once in a transaction of its own and recorded with a checksum. A file that a
newer release wrote is refused, never guessed at.
"""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

OLDEST_SQLITE: Final = (3, 38, 0)
_WAL_KEPT_BYTES: Final = 32 << 20
_OPTIONS: Final[dict[str, Any]] = {
    "isolation_level": None,
    "check_same_thread": False,
    "cached_statements": 256,
    "timeout": 5,
}

_MIGRATIONS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version  INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    checksum TEXT NOT NULL
)
"""


class CatalogUnusable(Exception):
    """The catalog's file cannot be used by this release; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step, as it stands in ``migrations/NNNN_name.sql``."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Every step this release knows, in order."""
    folder = resources.files("broker.storage.catalog.sqlite") / "migrations"
    found = []
    for file in folder.iterdir():
        if file.name.endswith(".sql"):
            version, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(version), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one connection that writes, every commit durable before it returns. Raises CatalogUnusable."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise CatalogUnusable(
            f"SQLite {sqlite3.sqlite_version} is too old; {'.'.join(map(str, OLDEST_SQLITE))} or later is needed"
        )
    if not path.exists():
        # SQLite gives its side files the permissions of the main one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection: sqlite3.Connection = sqlite3.connect(path, **_OPTIONS)
    try:
        _configure(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Checkpoints are the writer's to time; a cut-off log would have to be grown again when the disk is full.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
        if sys.platform == "darwin":
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA checkpoint_fullfsync = ON")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise CatalogUnusable(f"{path} cannot be opened as a catalog: {error}") from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot change anything."""
    connection: sqlite3.Connection = sqlite3.connect(path, **_OPTIONS)
    _configure(connection)
    connection.execute("PRAGMA query_only = ON")
    return connection


def migrate(connection: sqlite3.Connection, steps: list[Migration]) -> None:
    """Apply the steps that are missing. Raises CatalogUnusable when the file is newer than them or differs from them."""
    connection.execute(_MIGRATIONS_TABLE)
    applied = dict(connection.execute("SELECT version, checksum FROM schema_migrations").fetchall())
    newest = steps[-1].version
    unknown = [version for version in applied if version > newest]
    if unknown:
        raise CatalogUnusable(
            f"the data directory has format version {max(unknown)}, this release reads up to {newest}: run the newer release, "
            "or restore a backup made before the upgrade"
        )
    for step in steps:
        checksum = applied.get(step.version)
        if checksum is None:
            _apply(connection, step)
        elif checksum != step.checksum:
            raise CatalogUnusable(
                f"migration {step.version:04} ({step.name}) was applied in another form than this release has; "
                "the file was written by an unreleased version"
            )


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(step.sql):
            connection.execute(statement)
        connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", (step.version, step.name, step.checksum))
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('format_version', ?)", (str(step.version),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script, a trigger with its body being one."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -8192")
