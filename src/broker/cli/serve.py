"""``penstock serve``: run a broker."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.failure import FAILED, USAGE, CommandFailed

if TYPE_CHECKING:
    from broker.config.settings import Settings


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
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="So many broker processes, as a small cluster; needs a shared catalog.")
    ] = None,
    worker: Annotated[str | None, typer.Option("--worker", hidden=True)] = None,
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
        "workers": workers,
        "allow_insecure": allow_insecure,
    }
    try:
        loaded = load(flags, config=config, properties=properties)
    except SettingsInvalid as error:
        listed = "\n".join(f"  - {problem}" for problem in error.problems)
        raise CommandFailed(f"the settings cannot be used:\n{listed}", USAGE) from error
    settings = loaded.settings
    if worker is None:
        for note in loaded.notes:
            typer.echo(f"penstock: {note}", err=True)
        if settings.workers > 1:
            sys.exit(_supervise(settings))

    from broker.app import CannotStart, run
    from broker.runtime import prepare

    prepare()
    try:
        code = run(settings, _announce) if worker is None else _run_worker(settings, worker)
    except CannotStart as error:
        raise CommandFailed(f"cannot start: {error}", FAILED) from error
    sys.exit(code)


def _supervise(settings: "Settings") -> int:
    from broker.cli.worker_supervisor import supervise

    try:
        return supervise(settings, _announce)
    except OSError as error:
        listed = ", ".join(map(str, settings.listeners))
        raise CommandFailed(f"cannot start: {listed} cannot be listened on: {error.strerror}", FAILED) from error


def _run_worker(settings: "Settings", worker: str) -> int:
    """One of the processes that the supervisor starts; ``worker`` is its number, the ports that it shares with the others, and its name."""
    from broker.app import run
    from broker.cli.worker_supervisor import end_with_parent
    from broker.config.workers import as_worker, shared_listeners

    try:
        index, ports, name = worker.split(":")
        shared = shared_listeners(settings, [int(port) for port in ports.split(",")])
        own = as_worker(settings, int(index))
    except ValueError as error:
        raise CommandFailed("--worker is for the processes that --workers starts", USAGE) from error
    end_with_parent()
    return run(own, _announce, shared, name)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
