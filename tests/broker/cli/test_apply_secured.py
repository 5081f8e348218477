"""The commands about access where access is guarded: over TLS, each client known by its certificate."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker.cli.conftest import Result, run_command
from tests.clients.test_tls import broker
from tests.support.certificates import Files

WANTED = """
[[topics]]
name = "orders"

[[acls]]
principal = "User:alice"
allow = "describe-configs"
resource = "cluster"

[[quotas]]
user = "alice"
request_percentage = 1000
"""
RunAs = Callable[..., Result]


@pytest.fixture(scope="module")
def run_as(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunAs]:
    """Runs a command as somebody who has a certificate; admin may do everything."""
    folder = tmp_path_factory.mktemp("secured")
    files = Files.make(folder)
    who = {"ssl_principal_mapping_rules": "RULE:^CN=([^,]+).*$/$1/", "super_users": "User:admin", "authorization": "on"}
    with broker(folder, files, ssl_client_auth="required", **who) as running:

        def run(name: str, *arguments: str) -> Result:
            certificate = files.client(name)
            config = folder / f"{name}.properties"
            config.write_text(
                f"security.protocol=ssl\nssl.ca.location={files.authorities}\n"
                f"ssl.certificate.location={certificate}\nssl.key.location={certificate}\n"
            )
            return run_command(*arguments, "--client-config", str(config), bootstrap=running.bootstrap)

        yield run


def test_an_admin_applies_and_others_may_only_what_they_were_given(run_as: RunAs, tmp_path: Path) -> None:
    """alice may look at quotas, once she was given that, and change none; bob may not even look."""
    file = tmp_path / "wanted.toml"
    file.write_text(WANTED)
    before = run_as("alice", "quotas", "list")
    assert (before.code, "CLUSTER_AUTHORIZATION_FAILED" in before.err) == (1, True)
    applied = run_as("admin", "apply", "-f", str(file), "--yes")
    assert (applied.code, applied.err) == (0, f"applied {file}\n")

    seen = run_as("alice", "quotas", "list", "--json")
    assert seen.code == 0
    assert json.loads(seen.out) == [{"entity": {"user": "alice"}, "quotas": {"request_percentage": 1000}}]
    for name, arguments in {
        "alice": ("quotas", "set", "--user", "alice", "request_percentage=2000"),
        "bob": ("quotas", "list"),
    }.items():
        denied = run_as(name, *arguments)
        assert (denied.code, denied.out, "CLUSTER_AUTHORIZATION_FAILED" in denied.err) == (1, "", True)
    assert run_as("admin", "apply", "-f", str(file), "--yes").err == "nothing to change\n"
