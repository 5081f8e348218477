"""Kafka's console tools, each run through its main class in a JVM of its own, as its shell script would."""

import itertools
import subprocess
from pathlib import Path

from tests.toolchain import kafka_tools_runner

TOPICS = "org.apache.kafka.tools.TopicCommand"
CONSOLE_PRODUCER = "org.apache.kafka.tools.ConsoleProducer"
CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
CONSUMER_GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
CONSOLE_SHARE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleShareConsumer"
SHARE_GROUPS = "org.apache.kafka.tools.consumer.group.ShareGroupCommand"
CONFIGS = "kafka.admin.ConfigCommand"
GET_OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
DELETE_RECORDS = "org.apache.kafka.tools.DeleteRecordsCommand"
PRODUCER_PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"
CONSUMER_PERFORMANCE = "org.apache.kafka.tools.ConsumerPerformance"
BROKER_API_VERSIONS = "org.apache.kafka.tools.BrokerApiVersionsCommand"
CLUSTER = "org.apache.kafka.tools.ClusterTool"
LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
CLIENT_METRICS = "org.apache.kafka.tools.ClientMetricsCommand"
STREAMS_RESET = "org.apache.kafka.tools.StreamsResetter"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"

_LOGGING = Path(__file__).with_name("kafka_tools_log4j2.properties")
_DEADLINE_S = 90


def command(main_class: str, *arguments: str | int) -> list[str]:
    """The command line of one tool."""
    java, *options = kafka_tools_runner()
    return [java, f"-Dlog4j2.configurationFile={_LOGGING}", *options, main_class, *map(str, arguments)]


def run(main_class: str, *arguments: str | int, stdin: str = "", exit_code: int | None = 0) -> str:
    """Run one tool to its end and return its output, then its errors and hints; `exit_code=None` accepts any."""
    done = subprocess.run(
        command(main_class, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
    )
    name = main_class.rpartition(".")[2]
    printed = f"{done.stdout}\n{done.stderr}"
    assert exit_code in (None, done.returncode), f"{name} ended with {done.returncode}:\n{printed}"
    return printed


def rows(table: str) -> list[dict[str, str]]:
    """The lines of a table about groups that a tool printed, by the names in its heading.

    Cells hold one word, but for the coordinator: there two words stand under the two of "COORDINATOR (ID)".
    """
    lines = iter(table.splitlines())
    names = next(line for line in lines if line.startswith("GROUP")).split()
    return [dict(zip(names, line.split(), strict=False)) for line in itertools.takewhile(str.strip, lines)]
