"""A connection to SQLite that fails when a test says so."""

import sqlite3
from pathlib import Path
from typing import Any

from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.catalog import SqliteCatalog


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """An error as the module raises it."""
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


class FaultyConnection:
    """Passes everything on; a statement that begins with ``fail_on`` raises ``code`` instead, until that is cleared.

    With ``after`` the statement is run first, as when an error strikes with everything written.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.fail_on: str | None = None
        self.code = 0
        self.after = False
        self.statements: list[str] = []

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self.statements.append(sql)
        if self.fail_on is not None and sql.startswith(self.fail_on):
            if self.after:
                self._connection.execute(sql, parameters)
            raise sqlite_error(self.code)
        return self._connection.execute(sql, parameters)

    def fail(self, on: str, code: int, *, after: bool = False) -> None:
        """From now on statements that begin with ``on`` fail."""
        self.fail_on, self.code, self.after = on, code, after

    def mend(self) -> None:
        """Nothing fails any more."""
        self.fail_on = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def open_faulty(path: Path, *, recoverable: bool = False) -> tuple[SqliteCatalog, FaultyConnection]:
    """A catalog over such a connection."""
    connection = schema.open_for_writing(path)
    schema.migrate(connection, schema.migrations())
    faulty = FaultyConnection(connection)
    return SqliteCatalog.over(faulty, path, recoverable=recoverable), faulty  # type: ignore[arg-type]
