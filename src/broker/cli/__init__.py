"""The ``penstock`` command.

Each command has a file of its own and imports what it needs when it runs: ``serve`` must not pay for the client library, nor the
client commands for the broker.

Exit codes: 0 done; 1 refused or failed; 2 wrong usage or settings; 3 no broker reached; 130 interrupted.
"""

import os
import sys
from typing import Any, NoReturn

import typer
import typer.core

from broker.cli import (
    acls,
    apply,
    audit,
    catalog,
    certs,
    check_config,
    groups,
    perf,
    produce,
    quotas,
    serve,
    topics,
    transactions,
    users,
)
from broker.cli import consume as consume_command
from broker.cli.failure import CommandFailed


class _ReaderGone(Exception):
    """Whoever read our output has left."""


class _Commands(typer.core.TyperGroup):
    """Typer calls a broken pipe a failure (exit code 1); for a command whose output went to `head` it is none."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGone from None


app = typer.Typer(
    name="penstock",
    cls=_Commands,
    help="A durable broker that speaks the Apache Kafka wire protocol, and the tools to use it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve", short_help="Run a broker.")(serve.command)
app.command("check-config", short_help="Show the settings, or what is wrong with them.")(check_config.command)
app.command("produce", short_help="Send records.")(produce.command)
app.command("consume", short_help="Print records.")(consume_command.command)
app.command("apply", short_help="Have topics, users, rules and quotas be as a file says.")(apply.command)
app.add_typer(topics.app, name="topics")
app.add_typer(groups.app, name="groups")
app.add_typer(transactions.app, name="transactions")
app.add_typer(users.app, name="users")
app.add_typer(acls.app, name="acls")
app.add_typer(quotas.app, name="quotas")
app.add_typer(catalog.app, name="catalog")
app.add_typer(certs.app, name="certs")
app.add_typer(perf.app, name="perf")
app.add_typer(audit.app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"penstock {version('penstock')}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and exit."),
) -> None:
    """Options before the command."""


def main() -> NoReturn:
    """Run the command line; errors that a person can do something about are said in a line or two, without a traceback."""
    try:
        app(standalone_mode=True)
    except CommandFailed as error:
        typer.echo(f"penstock: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except _ReaderGone:
        # What is still buffered has nowhere to go; Python would complain about it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(0)
