"""``penstock catalog``: what is done to a catalog from outside of brokers."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from broker.cli import catalog_check, catalog_rebuild
from broker.cli.failure import UNREACHABLE, USAGE, CommandFailed
from broker.cli.output import note, print_json

app = typer.Typer(help="Look after a catalog: bring it up to date, check it, make it anew.", no_args_is_help=True)

CatalogUrl = Annotated[str | None, typer.Option("--catalog", metavar="URL", help="postgresql://...; from the settings when not given.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; penstock.toml here if there is one.")]


@app.callback()
def _commands() -> None:
    """Commands on the catalog."""


app.command("check")(catalog_check.command)
app.command("rebuild")(catalog_rebuild.command)


@app.command("migrate")
def migrate(
    catalog: CatalogUrl = None,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Bring the database up to what this release needs; brokers of the release before go on working."""
    import anyio

    from broker.errors import StorageUnavailable
    from broker.storage.catalog.postgres import migrating

    url = catalog_url(catalog, config)
    try:
        applied = anyio.run(migrating.migrate, url, backend_options={"use_uvloop": sys.platform != "win32"})
    except ValueError as error:
        raise CommandFailed(f"the catalog's URL cannot be used: {error}", USAGE) from error
    except migrating.SchemaUnusable as error:
        raise CommandFailed(str(error)) from error
    except StorageUnavailable as error:
        raise CommandFailed(str(error), UNREACHABLE) from error
    newest = migrating.migrations()[-1].version
    if as_json:
        print_json({"schema": newest, "applied": [step.version for step in applied]})
    for step in () if as_json else applied:
        note(f"applied {step.version:04} {step.name}")
    if not as_json:
        note(f"the catalog has schema {newest}")


def catalog_url(given: str | None, config: Path | None) -> str:
    """The URL of the catalog, from the command line or the settings. Raises CommandFailed."""
    if given is not None:
        return given
    from broker.config.load import SettingsInvalid, load

    try:
        url = load({}, config=config).settings.catalog
    except SettingsInvalid as error:
        raise CommandFailed(f"the settings cannot be used: {error}", USAGE) from error
    if url is None:
        raise CommandFailed("no catalog is named: give --catalog URL or set `catalog`", USAGE)
    return url
