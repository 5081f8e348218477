"""Connections for reading."""

import sqlite3
from pathlib import Path

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.sqlite import schema
from broker.storage.catalog.sqlite.reader import CatalogReader
from tests.broker.storage.catalog.sqlite.faulty_connection import sqlite_error


@pytest.fixture
def path(tmp_path: Path) -> Path:
    connection = schema.open_for_writing(tmp_path / "catalog.db")
    schema.migrate(connection, schema.migrations())
    connection.close()
    return tmp_path / "catalog.db"


async def test_a_few_connections_serve_many_queries(path: Path) -> None:
    """They are opened when needed and used again."""
    reader = CatalogReader(path)
    used: list[int] = []

    def query(connection: sqlite3.Connection) -> None:
        used.append(id(connection))
        connection.execute("SELECT count(*) FROM topics").fetchall()

    async with anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(reader.run, query)

    assert len(used) == 40
    assert len(set(used)) <= 4
    await reader.aclose()


async def test_errors_of_the_file_are_passing_for_readers(path: Path) -> None:
    """A client may try again; a wrong statement stays a bug."""
    reader = CatalogReader(path)

    def broken(_: sqlite3.Connection) -> None:
        raise sqlite_error(sqlite3.SQLITE_IOERR_READ)

    with pytest.raises(StorageUnavailable):
        await reader.run(broken)
    with pytest.raises(sqlite3.OperationalError):
        await reader.run(lambda connection: connection.execute("SELECT nothing"))
    assert await reader.run(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)
    await reader.aclose()


async def test_a_closed_reader_says_so(path: Path) -> None:
    """Late queries are refused."""
    reader = CatalogReader(path)
    await reader.run(lambda connection: None)
    await reader.aclose()

    with pytest.raises(StorageUnavailable):
        await reader.run(lambda connection: None)
