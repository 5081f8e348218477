"""Rule: what an error of SQLite means for the catalog."""

import sqlite3
from typing import Final

from broker.errors import StorageFailed, StorageUnavailable

_PRIMARY: Final = 0xFF
_IOERR_SHMSIZE: Final = sqlite3.SQLITE_IOERR_SHMSIZE
_PASSING: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN})
_FATAL: Final = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}
)


def meaning(error: sqlite3.Error) -> StorageUnavailable | StorageFailed | None:
    """StorageUnavailable when the transaction was rolled back and may be tried again (a full disk), StorageFailed when what
    is on disk is in doubt (an I/O error), None when the statement itself is at fault, which is a bug."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code == _IOERR_SHMSIZE or code & _PRIMARY in _PASSING:
        # The shared memory file could not grow: the disk is full, and nothing was written yet.
        return StorageUnavailable(f"the catalog cannot be written now: {error}")
    if code & _PRIMARY in _FATAL:
        return StorageFailed(f"the catalog's file failed: {error}")
    return None
