"""TLS to the database: who it is is checked before a password goes there."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres import connecting
from broker.storage.catalog.postgres.address import database_address
from broker.storage.catalog.postgres.connecting import ConnectionOptions
from broker.storage.catalog.postgres.connections import Connections
from tests.support.postgres import USER, Postgres

OPTIONS = ConnectionOptions(patience_s=2, connect_s=2)


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """One that vouches for itself, for host `name`."""
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", paths[1])
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *subject, "-out", paths[0]], check=True, capture_output=True)
    return paths


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Postgres]:
    """One that is localhost, by its certificate, and takes nothing but TLS."""
    server = Postgres(with_tls=certificate(folder, "localhost"))
    try:
        yield server.start()
    finally:
        server.remove()


async def is_encrypted(url: str) -> bool:
    connections = await Connections.open(database_address(url), OPTIONS)
    try:
        return bool(await connections.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    finally:
        await connections.aclose()


async def test_a_server_that_proves_who_it_is(server: Postgres, folder: Path) -> None:
    """By a certificate of an authority that the URL names."""
    url = f"postgresql://{USER}@localhost:{server.port}/postgres?sslmode=verify-full&sslrootcert={folder / 'localhost.crt'}"

    assert await is_encrypted(url)


async def test_a_server_that_is_somebody_else(server: Postgres, folder: Path) -> None:
    """Its certificate is not for the name in the URL, or of another authority."""
    certificate(folder, "elsewhere")
    for host, authority in (("127.0.0.1", "localhost"), ("localhost", "elsewhere")):
        url = f"postgresql://{USER}@{host}:{server.port}/postgres?sslmode=verify-full&sslrootcert={folder / authority}.crt"
        with pytest.raises(StorageUnavailable, match="certificate"):
            await is_encrypted(url)


async def test_encryption_without_a_check_is_for_who_asks_for_it(server: Postgres) -> None:
    """sslmode says how much."""
    url = f"postgresql://{USER}@127.0.0.1:{server.port}/postgres"

    assert await is_encrypted(f"{url}?sslmode=require")
    assert not await is_encrypted(f"{url}?sslmode=disable")


async def test_a_certificate_that_is_not_there_is_said(server: Postgres, folder: Path) -> None:
    """At once, and by its name."""
    with pytest.raises(StorageUnavailable, match=r"nowhere\.crt|No such file"):
        await is_encrypted(f"postgresql://{USER}@localhost:{server.port}/postgres?sslmode=verify-full&sslrootcert={folder / 'nowhere.crt'}")


async def test_sessions_find_rows_by_index_and_keep_one_plan(database_url: str) -> None:
    """A plan that was made while the tables were small must not live on when they are large: every session is set up so."""
    connection, _ = await connecting.connect(database_address(database_url), connecting.DEFAULT_OPTIONS, None)
    try:
        set_up = {name: await connection.fetchval(f"SHOW {name}") for name in connecting.PLANS}
    finally:
        await connection.close()
    assert set_up == connecting.PLANS
