"""``penstock acls``: add, list, remove, explain."""

from typing import Annotated, Any

import typer

from broker.cli import acl_requests
from broker.cli.acl_requests import acl_of, operation_of, principal_of, resource_of, rule_of, worded
from broker.cli.admin_api import AdminApi, AdminUrl, CaFile, TokenFile
from broker.cli.client import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, ClientConfig
from broker.cli.failure import CommandFailed
from broker.cli.output import confirm, note, print_json, print_table
from security.acls.acl import Acl

app = typer.Typer(no_args_is_help=True, help="Add, list and remove rules of access, and have a decision explained.")

Principal = Annotated[str, typer.Option("--principal", "-p", metavar="TYPE:NAME", help="Whose: User:alice, Group:team, User:* for all.")]
Operations = Annotated[
    list[str], typer.Option("--operation", "-o", metavar="NAME", help="read, write, create, describe, ... or all; repeatable.")
]
Resource = Annotated[
    str, typer.Option("--resource", "-r", metavar="TYPE:NAME", help="topic:orders, group:*, transactional-id:x, cluster.")
]
Prefixed = Annotated[bool, typer.Option("--prefixed", help="The name is how names begin.")]
Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="From there only: an address, or a network as in 10.0.0.0/8.")]
Deny = Annotated[bool, typer.Option("--deny", help="A rule that denies: it counts more than any that allows.")]


@app.command("add")
def add(
    principal: Principal,
    operation: Operations,
    resource: Resource,
    prefixed: Prefixed = False,
    host: Host = "*",
    deny: Deny = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Add rules: one for each operation. A rule that is there already is no error."""
    acls = [acl_of(principal, each, resource, host=host, deny=deny, prefixed=prefixed) for each in operation]
    _all_done(acl_requests.created(bootstrap, client_config, acls))
    for acl in acls:
        note(f"added: {worded(acl)}")


@app.command("list")
def list_acls(
    principal: Annotated[str | None, typer.Option("--principal", "-p", metavar="TYPE:NAME", help="Only rules about exactly this.")] = None,
    resource: Annotated[
        str | None, typer.Option("--resource", "-r", metavar="TYPE:NAME", help="Only rules that hold for this resource, prefixes too.")
    ] = None,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """List rules."""
    found = acl_requests.described(
        bootstrap,
        client_config,
        principal=None if principal is None else principal_of(principal),
        resource=None if resource is None else resource_of(resource),
    )
    rows = [_row(acl) for acl in found]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ["RESOURCE", "NAME", "PATTERN", "PRINCIPAL", "HOST", "OPERATION", "PERMISSION"]
        print_table(columns, [list(row.values()) for row in rows])
    else:
        note("no rules" + (" like that" if principal or resource else " yet: add one with `penstock acls add`"))


def _row(acl: Acl) -> dict[str, Any]:
    return {
        "resource_type": acl.resource_type.name,
        "name": acl.name,
        "pattern_type": acl.pattern_type.name,
        "principal": acl.principal,
        "host": acl.host,
        "operation": acl.operation.name,
        "permission": acl.permission.name,
    }


@app.command("remove")
def remove(
    principal: Principal,
    operation: Operations,
    resource: Resource,
    prefixed: Prefixed = False,
    host: Host = "*",
    deny: Deny = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Remove rules, written as they were added."""
    acls = [acl_of(principal, each, resource, host=host, deny=deny, prefixed=prefixed) for each in operation]
    there = set(acl_requests.described(bootstrap, client_config, principal=principal))
    missing = [acl for acl in acls if acl not in there]
    if missing:
        raise CommandFailed("\n".join(f"there is no such rule: {worded(acl)}" for acl in missing))
    if not yes:
        confirm("Remove " + ", ".join(map(worded, acls)) + "?")
    _all_done(acl_requests.deleted(bootstrap, client_config, acls))
    for acl in acls:
        note(f"removed: {worded(acl)}")


@app.command("explain")
def explain(
    principal: Principal,
    operation: Annotated[str, typer.Option("--operation", "-o", metavar="NAME", help="read, write, create, describe, ...")],
    resource: Resource,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Where the client comes from.")] = None,
    group: Annotated[list[str] | None, typer.Option("--group", metavar="TYPE:NAME", help="A group that it is in; repeatable.")] = None,
    as_json: AsJson = False,
    admin: AdminUrl = "http://127.0.0.1:9644",
    token_file: TokenFile = None,
    ca_file: CaFile = None,
) -> None:
    """Say whether it would be allowed, and by which rule. Exit code 1: it would be denied. Asks the broker's HTTP surface."""
    kind, name = resource_of(resource)
    question: list[tuple[str, str]] = [
        ("principal", principal_of(principal)),
        ("operation", operation_of(operation).name),
        ("resource", f"{kind.name}:{name}"),
        *([("host", host)] if host is not None else []),
        *(("group", principal_of(each)) for each in group or ()),
    ]
    answer = AdminApi(admin, token_file, ca_file).get("/v1/acls/explain", question)
    if as_json:
        print_json(answer)
    else:
        rule = answer.get("rule")
        which = f" ({worded(rule_of(rule))})" if rule else ""
        typer.echo(f"{'allowed' if answer['allowed'] else 'denied'}: {answer['reason']}{which}")
    if not answer["allowed"]:
        raise typer.Exit(1)


def _all_done(failures: list[str]) -> None:
    if failures:
        raise CommandFailed("\n".join(failures))
