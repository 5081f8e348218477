"""kafka-configs says the same about quotas of Penstock as about those of Apache Kafka, command by command."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.clients import kafka_tools as tools
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.toolchain import kafka_broker_classpath, kafka_tools_runner, required

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential")]

QUOTAS = "producer_byte_rate=1024,consumer_byte_rate=2048,request_percentage=12.5,controller_mutation_rate=0.5"
ALICE = ("--entity-type", "users", "--entity-name", "alice")
APP = ("--entity-type", "clients", "--entity-name", "app one")
EVERY_CLIENT = ("--entity-type", "clients", "--entity-default")
EVERYBODY = ("--entity-type", "users", "--entity-default")
ADDRESS = ("--entity-type", "ips", "--entity-name", "10.1.2.3")

SCRIPT: tuple[tuple[tuple[str, ...], int], ...] = (
    (("--alter", "--add-config", QUOTAS, *ALICE), 0),
    (("--alter", "--add-config", "producer_byte_rate=77", *ALICE, *APP), 0),
    (("--alter", "--add-config", "consumer_byte_rate=5", *EVERYBODY, *EVERY_CLIENT), 0),
    (("--alter", "--add-config", "connection_creation_rate=9", *ADDRESS), 0),
    (("--describe", *ADDRESS), 0),
    (("--describe", "--entity-type", "clients"), 0),
    (("--describe", *EVERYBODY, *EVERY_CLIENT), 0),
    (("--alter", "--delete-config", "producer_byte_rate,request_percentage", *ALICE), 0),
    (("--alter", "--add-config", "connection_creation_rate=9", *ALICE), 1),
    (("--alter", "--add-config", "producer_byte_rate=0", *EVERY_CLIENT), 1),
)
"""Arguments and exit code. Users alone are not described here: the tool asks for their credentials as well."""


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    required(kafka_tools_runner)
    required(kafka_broker_classpath)
    folder = tmp_path_factory.mktemp("quota-tools")
    with ExitStack() as stack:
        kafka = stack.enter_context(ApacheKafka(folder / "kafka", low_heap=True))
        penstock = stack.enter_context(Penstock(folder / "penstock"))
        yield kafka.bootstrap, penstock.bootstrap


def said(bootstrap: str, arguments: tuple[str, ...], exit_code: int) -> list[str]:
    """What the tool printed, without what differs from run to run; of a failure only which error it was."""
    printed = tools.run(tools.CONFIGS, "--bootstrap-server", bootstrap, *arguments, exit_code=exit_code)
    if exit_code:
        return sorted(set(re.findall(r"\w+(?:Exception|Error)\b", printed)))
    return sorted(re.sub(r"\b\w+=[\d.E+-]+(?:, \w+=[\d.E+-]+)+", _sorted, line) for line in printed.splitlines() if line)


def _sorted(values: "re.Match[str]") -> str:
    """Their order is that of a hash map."""
    return ", ".join(sorted(values[0].split(", ")))


def test_the_tool_says_the_same(brokers: tuple[str, str]) -> None:
    """Set, described, taken away, refused."""
    said_anything = 0
    with ThreadPoolExecutor(2) as pool:
        for arguments, exit_code in SCRIPT:
            theirs, ours = pool.map(lambda bootstrap: said(bootstrap, arguments, exit_code), brokers)  # noqa: B023 - over at once
            assert ours == theirs, " ".join(arguments)
            said_anything += len(ours)
    assert said_anything >= 8
