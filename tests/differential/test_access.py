"""Where rules are in force, Apache Kafka's StandardAuthorizer and Penstock give the same answers, and Kafka's own kafka-acls prints the same for both."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.clients.kafka_tools import command
from tests.differential.compare import compare
from tests.differential.differences import MEANT_OF_ACCESS
from tests.differential.running import side_by_side
from tests.differential.script import Script
from tests.differential.scripts_access import ACCESS_SCRIPTS
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.toolchain import kafka_tools_runner, required

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential-access")]

PROPERTIES = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:CN=admin,O=x",
    "node.id": "1",
}
CASES = [(script, version) for script in ACCESS_SCRIPTS for version in script.versions]
ACLS = "org.apache.kafka.tools.AclCommand"

_seen: set[str] = set()
_ran: set[tuple[str, int]] = set()


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Both brokers, with Kafka's own names for what turns authorization on."""
    folder: Path = tmp_path_factory.mktemp("access")
    own = folder / "server.properties"
    own.write_text("".join(f"{key}={value}\n" for key, value in PROPERTIES.items()))
    with ExitStack() as stack:
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", PROPERTIES, low_heap=True))
        penstock = stack.enter_context(Penstock(folder / "penstock", "--properties", str(own)))
        yield kafka.bootstrap, penstock.bootstrap


@pytest.mark.parametrize(("script", "version"), CASES, ids=[f"{script.name}-v{version}" for script, version in CASES])
def test_same_answers(brokers: tuple[str, str], script: Script, version: int) -> None:
    """One script at one version."""
    unexpected = []
    for difference in compare(*side_by_side(script, version, *brokers)):
        path = f"{script.name}:{difference.path}"
        meant = next((entry for entry in MEANT_OF_ACCESS if entry.covers(path)), None)
        if meant is None:
            unexpected.append(f"{path}\n    kafka:    {difference.kafka}\n    penstock: {difference.penstock}")
        else:
            _seen.add(meant.where)
    _ran.add((script.name, version))
    assert not unexpected, "differences that nobody meant:\n" + "\n".join(unexpected)


def test_no_listed_difference_is_stale() -> None:
    """What is mended leaves the list."""
    if len(_ran) < len(CASES):
        pytest.skip(f"{len(_ran)} of {len(CASES)} scripts ran before")
    assert {entry.where for entry in MEANT_OF_ACCESS} == _seen, "no longer seen: remove it from differences.py"


COMMANDS = (
    ("--add", "--allow-principal", "User:ann", "--allow-principal", "User:bob", "--allow-host", "10.0.0.1", "--producer", "--topic", "t"),
    ("--add", "--allow-principal", "User:ann", "--consumer", "--topic", "t", "--group", "g", "--resource-pattern-type", "prefixed"),
    ("--add", "--deny-principal", "User:eve", "--deny-host", "192.168.0.0/24", "--operation", "All", "--topic", "*", "--cluster"),
    ("--list",),
    ("--list", "--topic", "tt", "--resource-pattern-type", "match"),
    ("--remove", "--allow-principal", "User:bob", "--producer", "--allow-host", "10.0.0.1", "--topic", "t", "--force"),
    ("--remove", "--topic", "t", "--resource-pattern-type", "any", "--force"),
    ("--list",),
    ("--add", "--allow-principal", "ann", "--operation", "Read", "--topic", "t"),
)


def test_kafka_acls_prints_the_same(brokers: tuple[str, str], tmp_path: Path) -> None:
    """For a whole script of it, line by line; the order in which it prints rules is that of hashes, and does not count."""
    required(kafka_tools_runner)
    left = [_printed(brokers[0], arguments) for arguments in COMMANDS]
    right = [_printed(brokers[1], arguments) for arguments in COMMANDS]

    assert left == right
    assert any("principal=User:ann" in line for line in left[3][1])


def _printed(bootstrap: str, arguments: tuple[str, ...]) -> tuple[int, list[str]]:
    """The tool's exit code, and what it printed."""
    done = subprocess.run(
        command(ACLS, "--bootstrap-server", bootstrap, *arguments), capture_output=True, text=True, timeout=90, check=False
    )
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines()]
    # Rules that other tests made on the same brokers are no part of this.
    return done.returncode, sorted(line for line in lines if line and not re.search(r"run\d{4}", line))
