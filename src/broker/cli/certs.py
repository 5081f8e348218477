"""``penstock certs dev``: an authority, a broker's certificate and clients' ones, to try TLS with."""

import os
import secrets
import socket
from pathlib import Path
from typing import Annotated, Final

import typer

from broker.cli.failure import FAILED, CommandFailed

app = typer.Typer(help="Certificates to try TLS with.", no_args_is_help=True)

HOSTS: Final = ("localhost", "127.0.0.1", "::1")


@app.callback()
def _root() -> None:
    """Options before the command."""


@app.command("dev", short_help="Make an authority and certificates for development.")
def dev(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them; made if it is not there.")] = Path("certs"),
    host: Annotated[list[str] | None, typer.Option("--host", metavar="NAME", help="A name or address of the broker besides this machine's; repeatable.")] = None,
    client: Annotated[list[str] | None, typer.Option("--client", metavar="NAME", help="A client to make a certificate for; repeatable.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long the certificates hold.")] = 365,
) -> None:
    """Write an authority (ca), a certificate of a broker and one of each client, as PEM and PKCS12, and settings and properties that name them.

    What there is in DIR already stays: of an authority that is there, more certificates can be made only with its key, ca.key.
    """
    names = client or ["client"]
    for name in names:
        if not name or len(name) > 64 or not all(each.isalnum() or each in "._-" for each in name) or name in ("ca", "broker", "password"):
            raise CommandFailed(f"{name!r} cannot be the name of a client: letters, digits, dot, dash and underscore")
    try:
        written = write(directory, [*HOSTS, socket.gethostname(), *(host or ())], names, days)
    except OSError as error:
        raise CommandFailed(f"{error.filename or directory}: {error.strerror or error}", FAILED) from error
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo(f"Start a broker with them: penstock serve --config {directory / 'penstock.toml'}")
    typer.echo(f"Talk to it: penstock topics list --client-config {directory / f'{names[0]}.properties'}")


def write(directory: Path, hosts: list[str], clients: list[str], days: int) -> list[Path]:
    """Write what is not there yet; the paths of what was written. Raises OSError, CommandFailed."""
    from datetime import timedelta

    from security.tls.issuing import Authority

    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def put(name: str, content: bytes, *, secret: bool = False) -> None:
        path = directory / name
        # Made with its mode: at no moment may others read a key.
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644), "wb") as file:
            file.write(content)
        written.append(path)

    if (directory / "ca.pem").exists():
        authority = Authority.load((directory / "ca.key").read_bytes(), (directory / "ca.pem").read_bytes())
        password = (directory / "password").read_text().strip()
    else:
        authority, password = Authority(days=max(days, 3650)), secrets.token_urlsafe(18)
        put("password", f"{password}\n".encode(), secret=True)
        put("ca.key", authority.key_pem(), secret=True)
        put("ca.pem", authority.pem())
        put("ca.p12", authority.trust_store(password))
    lifetime = timedelta(days=days)
    absolute = directory.absolute()
    for name in ("broker", *clients):
        if (directory / f"{name}.pem").exists():
            continue
        is_broker = name == "broker"
        issued = authority.issue(name, hosts=list(dict.fromkeys(hosts)) if is_broker else (), server=is_broker, lifetime=lifetime)
        put(f"{name}.p12", issued.pkcs12(password), secret=True)
        put(f"{name}.pem", issued.key_pem() + issued.chain_pem(), secret=True)
        if not is_broker:
            put(f"{name}.properties", _client_properties(absolute, name).encode())
    if not (directory / "penstock.toml").exists():
        put("penstock.toml", _settings(absolute, clients).encode())
    return written


def _settings(directory: Path, clients: list[str]) -> str:
    return (
        "# A broker that speaks TLS and knows clients by their certificates.\n"
        'listeners = ["SSL://127.0.0.1:9093"]\n'
        f'ssl_keystore_location = "{directory / "broker.pem"}"\n'
        f'ssl_truststore_location = "{directory / "ca.pem"}"\n'
        'ssl_client_auth = "required"\n'
        f"ssl_principal_mapping_rules = 'RULE:^CN=([^,]+),.*$/$1/, DEFAULT'\n"
        "# They may do everything; others what rules allow them: penstock acls add ...\n"
        f'super_users = "{";".join(f"User:{name}" for name in clients)}"\n'
    )


def _client_properties(directory: Path, name: str) -> str:
    return (
        "# Of librdkafka; Java's clients take the same from the .p12 files, with the password in the file of that name.\n"
        "bootstrap.servers=127.0.0.1:9093\n"
        "security.protocol=ssl\n"
        f"ssl.ca.location={directory / 'ca.pem'}\n"
        f"ssl.certificate.location={directory / f'{name}.pem'}\n"
        f"ssl.key.location={directory / f'{name}.pem'}\n"
    )
