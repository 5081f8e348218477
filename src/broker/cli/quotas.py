"""``penstock quotas``: list, set, remove."""

from typing import Annotated, Any

import typer

from broker.cli.client import DEFAULT_BOOTSTRAP, AsJson, Bootstrap, ClientConfig, parse_assignments
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.output import note, print_json, print_table
from broker.cli.quota_requests import DEFAULT, EXACT, Entity, altered, described, number, shown_number, worded

app = typer.Typer(
    no_args_is_help=True, help="List, set and remove quotas of users, client ids and addresses, and the defaults of these."
)

User = Annotated[str | None, typer.Option("--user", "-u", metavar="NAME", help="The user, without a type: alice.")]
ClientId = Annotated[str | None, typer.Option("--client-id", "-c", metavar="ID", help="The client id; with --user, of that user alone.")]
Ip = Annotated[str | None, typer.Option("--ip", metavar="ADDRESS", help="The address that connections come from.")]
DefaultUser = Annotated[bool, typer.Option("--default-user", help="Every user without a quota of its own.")]
DefaultClientId = Annotated[bool, typer.Option("--default-client-id", help="Every client id without one.")]
DefaultIp = Annotated[bool, typer.Option("--default-ip", help="Every address without one.")]


def entity_of(
    user: str | None, client_id: str | None, ip: str | None, default_user: bool, default_client_id: bool, default_ip: bool
) -> Entity:
    """Whom the options name. Raises CommandFailed where they name one thing twice."""
    parts: list[tuple[str, str | None]] = []
    for kind, name, is_default in (
        ("client-id", client_id, default_client_id),
        ("ip", ip, default_ip),
        ("user", user, default_user),
    ):
        if name is not None and is_default:
            raise CommandFailed(f"--{kind} and --default-{kind} are not for one quota", USAGE)
        if name is not None or is_default:
            parts.append((kind, name))
    return tuple(parts)


def _named(entity: Entity) -> Entity:
    if not entity:
        raise CommandFailed("whose quota? give --user, --client-id or --ip, or one of the defaults", USAGE)
    return entity


@app.command("list")
def list_quotas(
    user: User = None,
    client_id: ClientId = None,
    ip: Ip = None,
    default_user: DefaultUser = False,
    default_client_id: DefaultClientId = False,
    default_ip: DefaultIp = False,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """List quotas: all of them, or those about what is named."""
    entity = entity_of(user, client_id, ip, default_user, default_client_id, default_ip)
    components = [(kind, DEFAULT if name is None else EXACT, name) for kind, name in entity]
    found = described(bootstrap, client_config, components)
    rows: list[dict[str, Any]] = [
        {"entity": dict(each), "quotas": {key: shown_number(value) for key, value in quotas.items()}}
        for each, quotas in found.items()
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            ["FOR", "QUOTA", "VALUE"],
            [[worded(each), key, shown_number(value)] for each, quotas in found.items() for key, value in quotas.items()],
        )
    else:
        note("no quotas" + (" like that" if entity else " yet: set one with `penstock quotas set`"))


@app.command("set")
def set_quotas(
    quotas: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=VALUE...",
            help="producer_byte_rate, consumer_byte_rate (bytes a second), request_percentage (of one core), controller_mutation_rate "
            "(partitions a second); for addresses connection_creation_rate (a second).",
        ),
    ],
    user: User = None,
    client_id: ClientId = None,
    ip: Ip = None,
    default_user: DefaultUser = False,
    default_client_id: DefaultClientId = False,
    default_ip: DefaultIp = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Set quotas; others of the same user, client id or address stay."""
    entity = _named(entity_of(user, client_id, ip, default_user, default_client_id, default_ip))
    values = {key: number(value, key) for key, value in parse_assignments(quotas, "set").items()}
    _change(entity, values, bootstrap, client_config)
    note(f"set quotas of {worded(entity)}")


@app.command("remove")
def remove_quotas(
    quotas: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Which; all if left out.")] = None,
    user: User = None,
    client_id: ClientId = None,
    ip: Ip = None,
    default_user: DefaultUser = False,
    default_client_id: DefaultClientId = False,
    default_ip: DefaultIp = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Remove quotas: then the next less specific one holds, or none."""
    entity = _named(entity_of(user, client_id, ip, default_user, default_client_id, default_ip))
    components = [(kind, DEFAULT if name is None else EXACT, name) for kind, name in entity]
    there = described(bootstrap, client_config, components, strict=True).get(entity, {})
    unknown = sorted(set(quotas or ()) - set(there))
    if unknown or not there:
        raise CommandFailed(f"{worded(entity)} has no quota" + (f" {', '.join(unknown)}" if unknown and there else ""))
    _change(entity, dict.fromkeys(quotas or there), bootstrap, client_config)
    note(f"removed quotas of {worded(entity)}")


def _change(entity: Entity, values: dict[str, float | None] | dict[str, float], bootstrap: str, client_config: Any) -> None:
    failures = altered(bootstrap, client_config, {entity: values})
    if failures:
        raise CommandFailed("\n".join(failures))
