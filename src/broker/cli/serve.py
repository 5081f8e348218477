"""``penstock serve``: run a broker."""

import gc
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from broker.cli.failure import FAILED, USAGE, CommandFailed


def command(
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings; penstock.toml here if there is one.")] = None,
    properties: Annotated[
        Path | None, typer.Option("--properties", metavar="FILE", help="A Kafka broker's server.properties, read as it is.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="Where everything is kept.")] = None,
    listener: Annotated[
        list[str] | None, typer.Option("--listener", metavar="NAME://HOST:PORT", help="An address for Kafka clients; repeatable.")
    ] = None,
    http: Annotated[str | None, typer.Option("--http", metavar="HOST:PORT", help="Health and metrics.")] = None,
    catalog: Annotated[str | None, typer.Option("--catalog", metavar="URL", help="sqlite:///PATH or postgresql://...; the data directory's own if left out.")] = None,
    objects: Annotated[str | None, typer.Option("--objects", metavar="URL", help="file:///PATH or s3://BUCKET/PREFIX; the data directory's own if left out.")] = None,
    allow_insecure: Annotated[
        bool | None, typer.Option("--allow-insecure", help="Listen beyond this machine without TLS and login.")
    ] = None,
) -> None:
    """Run a broker until SIGTERM or Ctrl-C; prints one line when it is ready."""
    # Starting makes a great many objects that stay; looking through them again and again takes a tenth of the start. The
    # broker turns collection on again when it serves.
    gc.disable()
    from broker.config.load import SettingsInvalid, load

    flags: dict[str, Any] = {
        "data_dir": data_dir,
        "listeners": listener or None,
        "http": http,
        "catalog": catalog,
        "objects": objects,
        "allow_insecure": allow_insecure,
    }
    try:
        loaded = load(flags, config=config, properties=properties)
    except SettingsInvalid as error:
        listed = "\n".join(f"  - {problem}" for problem in error.problems)
        raise CommandFailed(f"the settings cannot be used:\n{listed}", USAGE) from error
    for note in loaded.notes:
        typer.echo(f"penstock: {note}", err=True)

    from broker.app import CannotStart, run

    try:
        code = run(loaded.settings, _announce)
    except CannotStart as error:
        raise CommandFailed(f"cannot start: {error}", FAILED) from error
    sys.exit(code)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
