"""Kafka's own console tools do their work against the broker."""

import re
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.clients import kafka_tools as tools
from tests.clients.raw_clients import TRANSACTIONAL_ID, coordinator_of
from tests.differential.raw_client import RawClient
from tests.differential.scripts_transactions import Producer
from tests.support.process import ServerProcess
from tests.toolchain import kafka_tools_runner, required

pytestmark = pytest.mark.timeout(240)

PRODUCER_FENCED = 90


@pytest.fixture(autouse=True, scope="module")
def _tools_present() -> None:
    """Without the tools there is nothing to test."""
    required(kafka_tools_runner)


@pytest.fixture
def at(broker: ServerProcess) -> list[str]:
    """The option that names the broker to a tool."""
    return ["--bootstrap-server", broker.bootstrap]


def new_topic(at: list[str], partitions: int = 1) -> str:
    """Create a topic with kafka-topics and return its name."""
    topic = f"tools-{uuid.uuid4().hex[:8]}"
    tools.run(tools.TOPICS, *at, "--create", "--topic", topic, "--partitions", partitions)
    return topic


def topic_id_of(client: RawClient, topic: str) -> bytes:
    (found,) = client.call(3, 12, MetadataRequest(topics=[MetadataRequestTopic(name=topic)])).topics
    topic_id: bytes = found.topic_id
    return topic_id


def write(at: list[str], topic: str, lines: str, *arguments: str) -> None:
    """Send lines with the console producer."""
    tools.run(tools.CONSOLE_PRODUCER, *at, "--topic", topic, *arguments, stdin=lines)


def offsets(at: list[str], *arguments: str) -> list[str]:
    """The lines that kafka-get-offsets prints: topic:partition:offset."""
    return tools.run(tools.GET_OFFSETS, *at, *arguments).split()


def test_topics(at: list[str]) -> None:
    """kafka-topics creates, lists, describes, grows and deletes, and says what is wrong with a wrong request."""
    topic = f"tools-{uuid.uuid4().hex[:8]}"

    create = ("--create", "--topic", topic, "--partitions", "3", "--config", "retention.ms=86400000")
    assert f"Created topic {topic}." in tools.run(tools.TOPICS, *at, *create)
    assert "already exists" in tools.run(tools.TOPICS, *at, *create, exit_code=1)
    assert topic in tools.run(tools.TOPICS, *at, "--list").split()

    described = tools.run(tools.TOPICS, *at, "--describe", "--topic", topic)
    assert re.search(rf"Topic: {topic}\s+TopicId: \S{{22}}\s+PartitionCount: 3\s+ReplicationFactor: 1", described)
    assert "retention.ms=86400000" in described
    for partition in range(3):
        assert re.search(
            rf"Topic: {topic}\s+Partition: {partition}\s+Leader: (\d+)\s+Replicas: \1\s+Isr: \1", described
        )

    tools.run(tools.TOPICS, *at, "--alter", "--topic", topic, "--partitions", 5)
    assert "PartitionCount: 5" in tools.run(tools.TOPICS, *at, "--describe", "--topic", topic)
    assert "InvalidPartitionsException" in tools.run(
        tools.TOPICS, *at, "--alter", "--topic", topic, "--partitions", 2, exit_code=1
    )

    tools.run(tools.TOPICS, *at, "--delete", "--topic", topic)
    assert topic not in tools.run(tools.TOPICS, *at, "--list").split()
    assert "does not exist" in tools.run(tools.TOPICS, *at, "--delete", "--topic", topic, exit_code=1)


def test_console_producer_and_consumer(at: list[str]) -> None:
    """What the console producer sends, with keys, headers and compression, the console consumer prints."""
    topic = new_topic(at)
    parse = ("--reader-property", "parse.key=true", "--reader-property", "parse.headers=true")

    write(at, topic, "h1:v1,h2:v2\tkey one\tvalue one\nh1:ä\tkey two\tvalue two\n", *parse)
    write(at, topic, "plain\n" * 100, "--compression-codec", "zstd")
    printed = tools.run(
        tools.CONSOLE_CONSUMER,
        *(*at, "--topic", topic, "--from-beginning", "--max-messages", "102"),
        *("--formatter-property", "print.key=true", "--formatter-property", "print.headers=true"),
        *("--formatter-property", "print.offset=true", "--formatter-property", "print.partition=true"),
    ).splitlines()

    assert printed[0] == "Partition:0\tOffset:0\th1:v1,h2:v2\tkey one\tvalue one"
    assert printed[1] == "Partition:0\tOffset:1\th1:ä\tkey two\tvalue two"
    assert printed[101] == "Partition:0\tOffset:101\tNO_HEADERS\tnull\tplain"
    assert "Processed a total of 102 messages" in printed[102:]


@contextmanager
def console_member(at: list[str], topic: str, group: str, count: int) -> Iterator[None]:
    """A console consumer that has joined the group, and stays until it has printed one record more than `count`."""
    process = subprocess.Popen(
        tools.command(
            tools.CONSOLE_CONSUMER,
            *(*at, "--topic", topic, "--group", group, "--from-beginning", "--max-messages", str(count + 1)),
            *("--command-property", "auto.commit.interval.ms=100", "--command-property", "client.id=member-one"),
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for _ in range(count):
            assert process.stdout.readline()
        yield
        write(at, topic, "the last one\n")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_consumer_groups(at: list[str]) -> None:
    """kafka-consumer-groups lists, describes with members and state, resets, deletes offsets, and deletes groups."""
    topic, group = new_topic(at, 2), f"group-{uuid.uuid4().hex[:8]}"
    write(at, topic, "".join(f"{number}\n" for number in range(20)))

    with console_member(at, topic, group, 20):
        (state,) = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group, "--state"))
        assert (group, "range", "Stable", "1") == (
            state["GROUP"],
            state["ASSIGNMENT-STRATEGY"],
            state["STATE"],
            state["#MEMBERS"],
        )
        (member,) = tools.rows(
            tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group, "--members", "--verbose")
        )
        assert member["CONSUMER-ID"].startswith("member-one-")
        assert member["#PARTITIONS"] == "2"
        refused = tools.run(tools.CONSUMER_GROUPS, *at, "--delete", "--group", group, exit_code=None)
        assert "GroupNotEmptyException" in refused
        assert f"Group '{group}'" in refused

    assert group in tools.run(tools.CONSUMER_GROUPS, *at, "--list").split()
    listed = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--list", "--state", "Empty"))
    assert group in [row["GROUP"] for row in listed]
    described = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group))
    assert {"0", "1"} == {row["PARTITION"] for row in described}
    assert sum(int(row["CURRENT-OFFSET"]) for row in described) == 21
    assert [row["LAG"] for row in described] == ["0", "0"]

    reset = ("--reset-offsets", "--group", group, "--topic", topic)
    tools.run(tools.CONSUMER_GROUPS, *at, *reset, "--to-earliest", "--execute")
    described = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group))
    assert [row["CURRENT-OFFSET"] for row in described] == ["0", "0"]
    tools.run(tools.CONSUMER_GROUPS, *at, *reset, "--shift-by", 3, "--execute")
    tools.run(tools.CONSUMER_GROUPS, *at, *reset, "--to-datetime", "2020-01-01T00:00:00.000", "--execute")
    tools.run(tools.CONSUMER_GROUPS, *at, *reset, "--to-latest", "--execute")
    described = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group))
    assert sum(int(row["CURRENT-OFFSET"]) for row in described) == 21

    tools.run(tools.CONSUMER_GROUPS, *at, "--delete-offsets", "--group", group, "--topic", f"{topic}:0")
    described = tools.rows(tools.run(tools.CONSUMER_GROUPS, *at, "--describe", "--group", group))
    assert [row["PARTITION"] for row in described if row["CURRENT-OFFSET"] != "-"] == ["1"]
    assert "successful" in tools.run(tools.CONSUMER_GROUPS, *at, "--delete", "--group", group)
    assert group not in tools.run(tools.CONSUMER_GROUPS, *at, "--list").split()


def test_share_groups(at: list[str]) -> None:
    """kafka-console-share-consumer reads; kafka-share-groups lists, describes, resets, deletes offsets, and deletes groups."""
    topic, group = new_topic(at, 2), f"share-{uuid.uuid4().hex[:8]}"
    earliest = ("--entity-type", "groups", "--entity-name", group, "--add-config", "share.auto.offset.reset=earliest")
    assert "Completed" in tools.run(tools.CONFIGS, *at, "--alter", *earliest)
    write(at, topic, "".join(f"{number}\n" for number in range(20)))

    def described(*options: str) -> list[dict[str, str]]:
        return tools.rows(tools.run(tools.SHARE_GROUPS, *at, "--describe", "--group", group, *options))

    command = tools.command(tools.CONSOLE_SHARE_CONSUMER, *at, "--topic", topic, "--group", group)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as consumer:
        try:
            assert consumer.stdout is not None
            assert {int(consumer.stdout.readline()) for _ in range(20)} == set(range(20))
            (state,) = described("--state")
            assert (state["GROUP"], state["STATE"], state["#MEMBERS"]) == (group, "Stable", "1")
            (member,) = described("--members")
            assert (member["CLIENT-ID"], member["#PARTITIONS"]) == ("console-share-consumer", "2")
            refused = tools.run(tools.SHARE_GROUPS, *at, "--delete", "--group", group, exit_code=None)
            assert "GroupNotEmptyException" in refused
        finally:
            consumer.terminate()
    assert [(row["PARTITION"], row["LAG"]) for row in described()] == [("0", "0"), ("1", "0")]

    reset = ("--reset-offsets", "--group", group, "--topic", topic, "--to-earliest", "--execute")
    assert [row["NEW-OFFSET"] for row in tools.rows(tools.run(tools.SHARE_GROUPS, *at, *reset))] == ["0", "0"]
    assert sum(int(row["LAG"]) for row in described()) == 20
    forgotten = tools.run(tools.SHARE_GROUPS, *at, "--delete-offsets", "--group", group, "--topic", topic)
    assert "Successful" in forgotten
    assert group in tools.run(tools.SHARE_GROUPS, *at, "--list").split()
    assert "successful" in tools.run(tools.SHARE_GROUPS, *at, "--delete", "--group", group)
    assert group not in tools.run(tools.SHARE_GROUPS, *at, "--list").split()


def test_configs_of_topics(at: list[str]) -> None:
    """kafka-configs adds, shows and removes settings of a topic, and refuses wrong ones."""
    topic = new_topic(at)
    entity = (*at, "--entity-type", "topics", "--entity-name", topic)

    change = "cleanup.policy=[compact,delete],retention.ms=7200000"
    tools.run(tools.CONFIGS, *entity, "--alter", "--add-config", change)
    described = tools.run(tools.CONFIGS, *entity, "--describe")
    assert "cleanup.policy=compact,delete" in described
    assert "retention.ms=7200000" in described
    assert "DYNAMIC_TOPIC_CONFIG:retention.ms=7200000" in described

    tools.run(tools.CONFIGS, *entity, "--alter", "--delete-config", "retention.ms")
    described = tools.run(tools.CONFIGS, *entity, "--describe")
    assert "retention.ms" not in described
    everything = tools.run(tools.CONFIGS, *entity, "--describe", "--all")
    assert "retention.ms=604800000" in everything
    assert "max.message.bytes=1048588" in everything

    wrong = tools.run(tools.CONFIGS, *entity, "--alter", "--add-config", "retention.ms=soon", exit_code=1)
    assert "InvalidConfigurationException" in wrong
    unknown = tools.run(tools.CONFIGS, *entity, "--alter", "--add-config", "no.such.setting=1", exit_code=1)
    assert "InvalidConfigurationException" in unknown


def test_configs_of_brokers(at: list[str]) -> None:
    """kafka-configs changes a dynamic setting of the broker and of all brokers, and takes both back."""
    described = tools.run(tools.TOPICS, *at, "--describe", "--topic", new_topic(at))
    leader = re.search(r"Leader: (\d+)", described)
    assert leader is not None
    one = (*at, "--entity-type", "brokers", "--entity-name", leader.group(1))
    every = (*at, "--entity-type", "brokers", "--entity-default")

    tools.run(tools.CONFIGS, *every, "--alter", "--add-config", "log.retention.ms=172800000")
    assert "log.retention.ms=172800000" in tools.run(tools.CONFIGS, *every, "--describe")
    tools.run(tools.CONFIGS, *one, "--alter", "--add-config", "log.retention.ms=259200000")
    described = tools.run(tools.CONFIGS, *one, "--describe")
    assert "log.retention.ms=259200000" in described
    assert "DYNAMIC_BROKER_CONFIG:log.retention.ms=259200000" in described
    assert "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=172800000" in described

    tools.run(tools.CONFIGS, *one, "--alter", "--delete-config", "log.retention.ms")
    tools.run(tools.CONFIGS, *every, "--alter", "--delete-config", "log.retention.ms")
    assert "log.retention.ms=" not in tools.run(tools.CONFIGS, *every, "--describe")
    everything = tools.run(tools.CONFIGS, *one, "--describe", "--all")
    assert re.search(r"^  num\.partitions=1 ", everything, re.MULTILINE)
    read_only = tools.run(tools.CONFIGS, *one, "--alter", "--add-config", "node.id=77", exit_code=1)
    assert "node.id" in read_only


def test_client_metrics(at: list[str]) -> None:
    """kafka-client-metrics makes, describes, lists, changes and deletes a subscription; kafka-configs does the same by its own names."""
    name = f"metrics-{uuid.uuid4().hex[:8]}"
    one = (*at, "--name", name)
    wanted = ("--metrics", "org.apache.kafka.producer.,org.apache.kafka.consumer.", "--interval", 30000)

    tools.run(tools.CLIENT_METRICS, *one, "--alter", *wanted, "--match", "client_software_name=apache-kafka-java")
    described = tools.run(tools.CLIENT_METRICS, *one, "--describe")
    assert f"Client metrics configs for {name} are:" in described
    assert re.search(r"^\s+interval\.ms=30000$", described, re.MULTILINE), described
    assert "match=client_software_name=apache-kafka-java" in described
    assert name in tools.run(tools.CLIENT_METRICS, *at, "--list").split()
    entity = (*at, "--entity-type", "client-metrics", "--entity-name", name)
    tools.run(tools.CONFIGS, *entity, "--alter", "--add-config", "interval.ms=60000", "--delete-config", "match")
    described = tools.run(tools.CONFIGS, *entity, "--describe")
    assert "interval.ms=60000" in described
    assert "DYNAMIC_CLIENT_METRICS_CONFIG:interval.ms=60000" in described
    assert "match=client" not in described
    wrong = tools.run(tools.CONFIGS, *entity, "--alter", "--add-config", "interval.ms=5", exit_code=1)
    assert "InvalidRequestException" in wrong
    tools.run(tools.CLIENT_METRICS, *one, "--delete")
    assert name not in tools.run(tools.CLIENT_METRICS, *at, "--list").split()


def test_get_offsets(at: list[str]) -> None:
    """kafka-get-offsets finds the first, the last, the newest and a timed offset."""
    topic = new_topic(at, 2)
    write(at, topic, "".join(f"{number}\n" for number in range(10)), "--reader-property", "parse.key=false")
    ask = ("--topic", topic, "--time")

    latest = offsets(at, "--topic", topic)
    assert sum(int(line.rpartition(":")[2]) for line in latest) == 10
    assert [f"{topic}:0", f"{topic}:1"] == [line.rpartition(":")[0] for line in latest]
    assert latest == offsets(at, *ask, "latest")
    assert [f"{topic}:0:0", f"{topic}:1:0"] == offsets(at, *ask, "earliest")
    newest = [int(line.rpartition(":")[2]) for line in offsets(at, *ask, "max-timestamp")]
    assert any(offset >= 0 for offset in newest)
    by_time = dict(line.rsplit(":", 1) for line in offsets(at, *ask, "1000"))
    assert {"0"} == {by_time[line.rpartition(":")[0]] for line in latest if not line.endswith(":0")}
    assert [latest[1]] == offsets(at, "--topic-partitions", f"{topic}:1")


def test_delete_records(at: list[str], tmp_path: Path) -> None:
    """kafka-delete-records moves the start of a partition, and readers begin there."""
    topic = new_topic(at)
    write(at, topic, "".join(f"{number}\n" for number in range(10)))
    wish = tmp_path / "offsets.json"
    wish.write_text(f'{{"version": 1, "partitions": [{{"topic": "{topic}", "partition": 0, "offset": 6}}]}}')

    answer = tools.run(tools.DELETE_RECORDS, *at, "--offset-json-file", str(wish))

    assert re.search(rf"partition: {topic}-0\s+low_watermark: 6", answer)
    assert [f"{topic}:0:6"] == offsets(at, "--topic", topic, "--time", "earliest")
    left = tools.run(tools.CONSOLE_CONSUMER, *at, "--topic", topic, "--from-beginning", "--max-messages", 4)
    assert left.splitlines()[:4] == ["6", "7", "8", "9"]


def test_performance_tools(at: list[str]) -> None:
    """The producer and consumer performance tools move their records and report rates."""
    topic = new_topic(at, 3)

    report = tools.run(
        tools.PRODUCER_PERFORMANCE,
        *(*at, "--topic", topic, "--num-records", "50000", "--record-size", "200", "--throughput", "-1"),
    )
    assert re.search(r"50000 records sent, [\d.]+ records/sec", report)
    report = tools.run(tools.CONSUMER_PERFORMANCE, *at, "--topic", topic, "--num-records", 50_000, "--timeout", 60_000)
    heading, numbers = (line for line in report.splitlines() if "," in line)
    counts = dict(zip(re.split(r", ?", heading), re.split(r", ?", numbers), strict=True))
    assert int(counts["data.consumed.in.nMsg"]) >= 50_000


def test_broker_facts(at: list[str]) -> None:
    """The tools that only ask learn the API versions, the cluster's id and the size of the logs."""
    versions = tools.run(tools.BROKER_API_VERSIONS, *at)
    assert re.search(r"Produce\(0\): 0 to 1[1-9]", versions)
    assert re.search(r"Fetch\(1\): 4 to 1[7-9]", versions)
    assert re.search(r"Cluster ID: \S{22}", tools.run(tools.CLUSTER, "cluster-id", *at))
    topic = new_topic(at)
    write(at, topic, "something\n")
    logs = tools.run(tools.LOG_DIRS, *at, "--describe", "--topic-list", topic)
    assert re.search(rf'"partition":"{topic}-0","size":[1-9]', logs)


def test_transactions(at: list[str]) -> None:
    """kafka-producer-perf-test produces in transactions; kafka-transactions lists and describes what is left of them."""
    topic = new_topic(at)
    name = f"perf-{uuid.uuid4().hex[:8]}"
    tools.run(
        tools.PRODUCER_PERFORMANCE,
        *("--topic", topic, "--num-records", 1000, "--record-size", 100, "--throughput", -1),
        *(*at, "--transactional-id", name, "--transaction-duration-ms", 50),
    )

    listed = tools.run(tools.TRANSACTIONS, *at, "list")
    assert re.search(rf"{name}\s+\d+\s+\d+\s+CompleteCommit", listed), listed
    described = tools.run(tools.TRANSACTIONS, *at, "describe", "--transactional-id", name)
    assert re.search(rf"\s{name}\s+\d+\s+\d+\s+CompleteCommit", described), described
    producers = tools.run(tools.TRANSACTIONS, *at, "describe-producers", "--topic", topic, "--partition", 0)
    assert re.search(r"\d+\s+\d+\s+\d+\s+-?\d+\s+\d+\s+None", producers), producers
    committed = tools.run(
        tools.CONSOLE_CONSUMER,
        *(*at, "--topic", topic, "--from-beginning", "--max-messages", "1000"),
        *("--isolation-level", "read_committed"),
    )
    assert "Processed a total of 1000 messages" in committed


def test_transactions_that_hang(at: list[str], broker: ServerProcess) -> None:
    """kafka-transactions finds what hangs, aborts it on its partition, and terminates a transactional id for good."""
    topic, name = new_topic(at), f"hanging-{uuid.uuid4().hex[:8]}"
    client = coordinator_of(broker.bootstrap, TRANSACTIONAL_ID, name)
    topic_id = topic_id_of(client, topic)
    hanging = Producer(client, name)
    assert hanging.init() == 0
    assert hanging.add(3, topic, 0) == [0]
    assert hanging.produce(9, topic, topic_id) == 0
    partition = ("--topic", topic, "--partition", 0)

    listed = tools.run(tools.TRANSACTIONS, *at, "list", "--transactional-id-pattern", f"{name[:-1]}.")
    assert re.search(rf"{name}\s+\d+\s+\d+\s+Ongoing", listed), listed
    producers = tools.run(tools.TRANSACTIONS, *at, "describe-producers", *partition)
    assert re.search(rf"{hanging.producer_id}\s+{hanging.epoch}\s+\d+\s+0\s+\d+\s+0", producers), producers
    # Nothing hangs: the coordinator knows of the transaction.
    found = tools.run(tools.TRANSACTIONS, *at, "find-hanging", "--max-transaction-timeout", 0, *partition)
    assert not re.search(rf"{topic}\s+0\s", found), found
    tools.run(tools.TRANSACTIONS, *at, "abort", *partition, "--start-offset", 0)
    after = tools.run(tools.TRANSACTIONS, *at, "describe-producers", *partition)
    assert re.search(rf"{hanging.producer_id}\s+{hanging.epoch}\s+\d+\s+0\s+\d+\s+None", after), after
    read = ("--from-beginning", "--timeout-ms", 2000, "--isolation-level", "read_committed")
    assert "Processed a total of 0 messages" in tools.run(tools.CONSOLE_CONSUMER, *at, "--topic", topic, *read, exit_code=None)
    tools.run(tools.TRANSACTIONS, *at, "forceTerminateTransaction", "--transactionalId", name)
    assert hanging.end(4).error_code == PRODUCER_FENCED
    client.close()
