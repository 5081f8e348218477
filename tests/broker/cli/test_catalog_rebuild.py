"""``penstock catalog rebuild``: a catalog from objects, and what they do not tell."""

import json
from pathlib import Path

import anyio
from typer.testing import CliRunner

from broker.cli import app
from broker.cli.failure import CommandFailed
from tests.broker.storage.checking.worlds import EmbeddedWorld, SharedWorld
from tests.broker.storage.objects.remote_worlds import client_environment
from tests.support.postgres import postgres_server
from tests.support.s3 import S3Server

RUNNER = CliRunner()


def test_a_data_directory_without_its_catalog(tmp_path: Path) -> None:
    """First what would be, then it is; a second time there is something, and it is left alone."""
    directory = tmp_path / "data"

    async def fill() -> None:
        world = EmbeddedWorld.open(directory)
        await world.fill()
        await world.aclose()

    anyio.run(fill)
    for path in directory.glob("catalog.db*"):
        path.unlink()
    arguments = ["catalog", "rebuild", "--data-dir", str(directory)]
    dry = RUNNER.invoke(app, [*arguments, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "would be restored: 3 topics" in dry.stdout
    assert not (directory / "catalog.db").exists()
    done = RUNNER.invoke(app, [*arguments, "--json"])
    report = json.loads(done.stdout)
    assert (report["partitions"], len(report["renamed"])) == (3, 3)
    assert any("offsets" in each for each in report["not_in_objects"])
    again = RUNNER.invoke(app, arguments)
    assert isinstance(again.exception, CommandFailed)
    assert again.exception.exit_code == 2
    check = RUNNER.invoke(app, ["catalog", "check", "--data-dir", str(directory), "--deep"])
    assert check.exit_code == 0, check.output


def test_a_lost_database(tmp_path: Path) -> None:
    """PostgreSQL and S3: a new database, rebuilt, is found right."""
    with client_environment(), S3Server(tmp_path / "s3") as server:

        async def fill() -> str:
            world = await SharedWorld.open(objects=server.url())
            await world.fill()
            await world.aclose()
            return await postgres_server().new_database()

        fresh = anyio.run(fill)
        where = ["--catalog", fresh, "--objects", server.url()]
        done = RUNNER.invoke(app, ["catalog", "rebuild", *where])
        assert done.exit_code == 0, done.output
        assert "restored: 2 topics with 3 partitions" in done.stdout
        assert "not restored" in done.stdout
        check = RUNNER.invoke(app, ["catalog", "check", *where, "--deep"])
        assert (check.exit_code, check.stdout) == (0, "")


def test_a_store_that_is_away(tmp_path: Path) -> None:
    """Nothing was written, and the next try finds the catalog empty still."""
    database = anyio.run(postgres_server().new_database)
    with client_environment():
        done = RUNNER.invoke(
            app, ["catalog", "rebuild", "--catalog", database, "--objects", "s3://b/p?endpoint=http://127.0.0.1:1"]
        )
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.exit_code == 3


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """A slip of the pen makes none."""
    done = RUNNER.invoke(app, ["catalog", "rebuild", "--data-dir", str(tmp_path / "typo")])
    assert isinstance(done.exception, CommandFailed)
    assert done.exception.exit_code == 2
    assert not (tmp_path / "typo").exists()
