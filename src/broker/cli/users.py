"""``penstock users``: list, set, remove."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from broker.cli.client import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, ClientConfig
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.output import confirm, note, print_json, print_table
from broker.cli.user_requests import (
    DEFAULT_ITERATIONS,
    DEFAULT_MECHANISM,
    Credential,
    altered,
    check_credential,
    deletion,
    described,
    read_password,
    upsertion,
)

app = typer.Typer(no_args_is_help=True, help="List users, set their passwords, remove them.")

Name = Annotated[str, typer.Argument(metavar="USER")]


@app.command("list")
def list_users(as_json: AsJson = False, bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, client_config: ClientConfig = None) -> None:
    """List users who log in with a password, and by which mechanism."""
    found = described(bootstrap, client_config)
    rows = [{"user": each.user, "mechanism": each.mechanism, "iterations": each.iterations} for each in found]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(["USER", "MECHANISM", "ITERATIONS"], [list(row.values()) for row in rows])
    else:
        note("no users yet: add one with `penstock users set NAME`")


@app.command("set")
def set_user(
    name: Name,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="The password, in one line; without it you are asked.")
    ] = None,
    mechanism: Annotated[
        list[str] | None, typer.Option("--mechanism", metavar="NAME", help="SCRAM-SHA-512 (if left out) or SCRAM-SHA-256; repeatable.")
    ] = None,
    iterations: Annotated[int, typer.Option("--iterations", help="How much work a guess is.")] = DEFAULT_ITERATIONS,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Add a user, or change its password: then connections that came in with the old one end."""
    credentials = [Credential(name, each.upper(), iterations) for each in mechanism or [DEFAULT_MECHANISM]]
    for credential in credentials:
        check_credential(credential)
    password = read_password(password_file) if password_file is not None else _asked()
    failures = altered(bootstrap, client_config, [upsertion(credential, password) for credential in credentials])
    if failures:
        raise CommandFailed("\n".join(failures))
    note(f"set user {name} ({', '.join(credential.mechanism for credential in credentials)})")


@app.command("remove")
def remove_user(
    name: Name,
    mechanism: Annotated[list[str] | None, typer.Option("--mechanism", metavar="NAME", help="Only this; all if left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Remove a user's password: its connections end. Rules and quotas about it stay."""
    wanted = {each.upper() for each in mechanism or ()}
    there = [
        each for each in described(bootstrap, client_config) if each.user == name and (not wanted or each.mechanism in wanted)
    ]
    if not there:
        raise CommandFailed(f"there is no user {name}" + (f" with {', '.join(sorted(wanted))}" if wanted else ""))
    if not yes:
        confirm(f"Remove user {name} ({', '.join(each.mechanism for each in there)})?")
    failures = altered(bootstrap, client_config, deletions=[deletion(each) for each in there])
    if failures:
        raise CommandFailed("\n".join(failures))
    note(f"removed user {name}")


def _asked() -> str:
    """A password from the person at the terminal; it is not shown."""
    if not sys.stdin.isatty():
        raise CommandFailed("without a terminal to ask at, give --password-file", USAGE)
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password
