"""``penstock catalog check``: findings on standard output, a summary on standard error, exit codes for scripts."""

import json
import sqlite3
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner

from broker.cli import app
from broker.cli.failure import CommandFailed
from tests.broker.storage.checking.worlds import EmbeddedWorld, SharedWorld
from tests.broker.storage.objects.remote_worlds import client_environment
from tests.support.s3 import S3Server

RUNNER = CliRunner()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The data directory of a broker that was stopped."""

    async def fill() -> None:
        world = EmbeddedWorld.open(tmp_path / "data")
        await world.fill()
        await world.aclose()

    anyio.run(fill)
    return tmp_path / "data"


def test_a_right_data_directory(directory: Path) -> None:
    """Exit code 0 and nothing on standard output."""
    done = RUNNER.invoke(app, ["catalog", "check", "--data-dir", str(directory), "--deep"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "everything agrees" in done.stderr


def test_a_wrong_one(directory: Path) -> None:
    """Exit code 1; what is wrong by partition, or as JSON."""
    with sqlite3.connect(directory / "catalog.db") as connection:
        connection.execute("UPDATE logs SET high_watermark = 31 WHERE pid = 1")
        connection.execute("UPDATE objects SET live = live + 1")
    connection.close()
    done = RUNNER.invoke(app, ["catalog", "check", "--data-dir", str(directory)])
    assert done.exit_code == 1
    assert "orders-0 (log 1): I3" in done.stdout
    few = RUNNER.invoke(app, ["catalog", "check", "--data-dir", str(directory), "--json", "--most", "1"])
    found = json.loads(few.stdout)
    assert few.exit_code == 1
    assert (len(found["findings"]), found["findings"][0][:8]) == (1, "orders-0")
    assert found["left_out"] == found["findings_total"] - 1


def test_what_is_not_there(tmp_path: Path) -> None:
    """Exit code 3."""
    done = RUNNER.invoke(app, ["catalog", "check", "--data-dir", str(tmp_path / "none")])
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.exit_code == 3


def test_a_shared_catalog_and_a_real_store(tmp_path: Path) -> None:
    """PostgreSQL and S3."""
    with client_environment(), S3Server(tmp_path / "s3") as server:

        async def fill() -> str:
            world = await SharedWorld.open(objects=server.url())
            await world.fill()
            await world.aclose()
            return world.database

        database = anyio.run(fill)
        arguments = ["catalog", "check", "--catalog", database, "--objects", server.url(), "--deep"]
        right = RUNNER.invoke(app, arguments)
        assert (right.exit_code, right.stdout) == (0, "")
        (path, *_) = sorted((tmp_path / "s3" / "penstock" / "data").glob("*/*"))
        path.unlink()
        wrong = RUNNER.invoke(app, arguments)
        assert wrong.exit_code == 1
        assert "it is missing" in wrong.stdout
