"""What SQLite's errors mean."""

import sqlite3

import pytest

from broker.errors import StorageFailed, StorageUnavailable
from broker.storage.catalog.sqlite.failures import meaning
from tests.broker.storage.catalog.sqlite.faulty_connection import sqlite_error


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CANTOPEN]
)
def test_what_may_pass_is_unavailable(code: int) -> None:
    """A full disk above all."""
    assert isinstance(meaning(sqlite_error(code)), StorageUnavailable)


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB]
)
def test_what_leaves_doubt_is_final(code: int) -> None:
    """A failed flush above all."""
    assert isinstance(meaning(sqlite_error(code)), StorageFailed)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_MISUSE])
def test_a_wrong_statement_is_a_bug(code: int) -> None:
    """Not to be told to clients as a storage error."""
    assert meaning(sqlite_error(code)) is None
    assert meaning(sqlite3.ProgrammingError("closed")) is None
