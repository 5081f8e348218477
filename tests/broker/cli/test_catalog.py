"""penstock catalog migrate: the database is brought up to date, or it is said why not."""

import json

import anyio
import pytest
from typer.testing import CliRunner

from broker.cli import app
from broker.cli.catalog import migrate
from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.migrating import migrations
from tests.support.postgres import postgres_server


def new_database() -> str:
    async def make() -> str:
        return await postgres_server().new_database(migrated=False)

    return anyio.run(make)


def test_an_empty_database_is_made_ready(capsys: pytest.CaptureFixture[str]) -> None:
    """Step by step; a second time there is nothing to do. Then a broker can open it."""
    url = new_database()
    migrate(catalog=url)
    said = capsys.readouterr().err
    assert "applied 0001 first" in said
    assert said.endswith(f"the catalog has schema {migrations()[-1].version}\n")

    migrate(catalog=url, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"schema": migrations()[-1].version, "applied": []}

    async def open_it() -> None:
        await (await PostgresCatalog.open(url)).aclose()

    anyio.run(open_it)


@pytest.mark.parametrize(
    ("url", "code"), [("sqlite:///x", USAGE), (None, USAGE), ("postgresql://u:s3cret@127.0.0.1:1/db?sslmode=disable", UNREACHABLE)]
)
def test_what_cannot_be_done_is_said(url: str | None, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without the password."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setattr("broker.storage.catalog.postgres.migrating.PATIENCE_S", 0.2)
    with pytest.raises(CommandFailed) as failed:
        migrate(catalog=url)

    assert failed.value.exit_code == code
    assert "s3cret" not in str(failed.value)


def test_the_command_is_listed() -> None:
    """Under catalog."""
    shown = CliRunner().invoke(app, ["catalog", "--help"])

    assert "migrate" in shown.output
