"""Certificates to try TLS with, from the command line."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.cli.certs import write
from broker.cli.client import read_properties
from broker.config.load import load
from security.tls.contexts import TlsSources, client_set, server_set
from tests.security.tls.test_contexts import meet
from tests.support.process import free_port


def penstock(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "broker", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_what_is_written_fits_together(tmp_path: Path) -> None:
    """Broker and client trust each other, by PEM and by PKCS12."""
    write(tmp_path, ["localhost"], ["alice"], 30)
    password = (tmp_path / "password").read_text().strip()
    settings = load(config=tmp_path / "penstock.toml", environ={}).settings
    assert settings.ssl_client_auth == "required"
    now = datetime.now(UTC)
    for kind, trusted in (("pem", "ca.pem"), ("p12", "ca.p12")):
        server = TlsSources(
            key_store=(tmp_path / f"broker.{kind}").read_bytes(), key_store_password=password,
            trust_store=(tmp_path / trusted).read_bytes(), trust_store_password=password, client_auth="required",
        )  # fmt: skip
        client = TlsSources(
            key_store=(tmp_path / f"alice.{kind}").read_bytes(), key_store_password=password,
            trust_store=(tmp_path / trusted).read_bytes(), trust_store_password=password,
        )  # fmt: skip
        here, _ = meet(server_set(server, now).context, client_set(client, now, check_hostname=True).context)
        assert here.getpeercert(binary_form=True)
    assert read_properties(tmp_path / "alice.properties")["ssl.certificate.location"] == str(tmp_path / "alice.pem")


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Passwords and what they protect as well."""
    written = write(tmp_path / "new", ["localhost"], ["alice"], 30)

    secret = {path.name for path in written if path.stat().st_mode & 0o077 == 0}
    assert secret == {"password", "ca.key", "broker.pem", "broker.p12", "alice.pem", "alice.p12"}


def test_more_clients_come_to_what_is_there(tmp_path: Path) -> None:
    """Nothing is written over."""
    write(tmp_path, ["localhost"], ["alice"], 30)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    written = write(tmp_path, ["localhost"], ["alice", "bob"], 30)

    assert {path.name for path in written} == {"bob.pem", "bob.p12", "bob.properties"}
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("name", ["", "../x", "ca", "broker", "a b"])
def test_a_name_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """In words, without a traceback."""
    done = penstock("certs", "dev", str(tmp_path), "--client", name)

    assert done.returncode == 1
    assert "cannot be the name of a client" in done.stderr


def test_two_commands_are_enough_for_a_broker_with_tls(tmp_path: Path) -> None:
    """Make certificates, start a broker with them; the third talks to it."""
    from tests.support.penstock import Penstock

    made = penstock("certs", "dev", str(tmp_path / "certs"), "--client", "alice")
    assert made.returncode == 0, made.stderr
    assert "PRIVATE" not in made.stdout

    class Configured(Penstock):
        def _command(self) -> list[str]:
            port = free_port()
            return [sys.executable, "-m", "broker", "serve", "--data-dir", str(self.data_dir), "--http", "127.0.0.1:0",
                    "--config", str(tmp_path / "certs/penstock.toml"), "--listener", f"SSL://127.0.0.1:{port}"]  # fmt: skip

    with Configured(tmp_path / "data") as running:
        properties = tmp_path / "client.properties"
        lines = (tmp_path / "certs/alice.properties").read_text().splitlines()
        properties.write_text("\n".join(line for line in lines if not line.startswith("bootstrap")))
        for command in (("topics", "create", "t"), ("topics", "list"), ("transactions", "list")):
            done = penstock(*command, "--bootstrap", running.bootstrap, "--client-config", str(properties))
            assert done.returncode == 0, done.stderr
