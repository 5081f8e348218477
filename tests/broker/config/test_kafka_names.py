"""Kafka's names and ours, and a Kafka broker's own file."""

from pathlib import Path

import pytest

from broker.config.kafka_names import (
    PREFIXES_WITHOUT_MEANING,
    WITHOUT_MEANING,
    field_of,
    reason_without_meaning,
    translate,
)
from broker.config.properties import parse_properties
from broker.config.settings import BY_KAFKA_NAME, SETTINGS

FACTS = [
    line.split("\t") for line in Path(__file__).with_name("kafka_4_4.tsv").read_text().splitlines() if not line.startswith("#")
]
BROKER_NAMES = [name for what, name, *_ in FACTS if what == "broker"]
TYPICAL = Path(__file__).with_name("server.properties")


@pytest.mark.parametrize("name", BROKER_NAMES)
def test_every_broker_setting_of_kafka_is_known(name: str) -> None:
    """It is one of ours, or stands for one, or there is a reason why it has no meaning here."""
    assert name in BY_KAFKA_NAME or name in ("log.dir", "log.dirs") or reason_without_meaning(name)


def test_nothing_is_both_ours_and_without_meaning() -> None:
    """The table of reasons does not hide a setting."""
    assert not set(WITHOUT_MEANING) & set(BY_KAFKA_NAME)


def test_every_reason_of_a_prefix_is_used() -> None:
    """A prefix that no Kafka setting begins with is one of an earlier Kafka or of another product."""
    unused = {prefix for prefix in PREFIXES_WITHOUT_MEANING if not any(name.startswith(prefix) for name in BROKER_NAMES)}

    assert unused == {"confluent.", "listener.name.", "rlmm.config.", "rsm.config.", "zookeeper."}


def test_names_translate_one_to_one() -> None:
    """Dots for underscores, both ways."""
    assert field_of("num.partitions") == "num_partitions"
    assert all(field_of(setting.kafka_name) == name for name, setting in SETTINGS.items())


def test_a_typical_kafka_file_is_read() -> None:
    """What both brokers know is taken; the controller's part is left out; the rest is listed once, with reasons."""
    found = translate(parse_properties(TYPICAL.read_bytes()), SETTINGS)
    notes = {note.setting: note.text for note in found.notes}

    assert not found.problems
    assert found.values == {
        "node_id": "4",
        "listeners": "PLAINTEXT://127.0.0.1:9092",
        "advertised_listeners": "PLAINTEXT://localhost:9092",
        "listener_security_protocol_map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
        "socket_request_max_bytes": "104857600",
        "data_dir": "/var/lib/kafka/data",
        "num_partitions": "6",
        "log_retention_hours": "72",
        "log_segment_bytes": "1073741824",
        "log_retention_check_interval_ms": "300000",
        "auto_create_topics_enable": "false",
        "group_initial_rebalance_delay_ms": "0",
        "log_level": "debug",
        "ssl_keystore_location": "/etc/kafka/keystore.jks",
        "ssl_keystore_password": "changeit",
    }
    assert "thread" in notes["num.network.threads"]
    assert "quorum" in notes["controller.quorum.bootstrap.servers"]
    assert "CONTROLLER://127.0.0.1:9093 left out" in notes["listeners"]
    assert notes["num.partition"] == "unknown, ignored; did you mean num.partitions?"
    assert notes["com.example.plugin"] == "unknown, ignored"
    assert len(notes) == len(found.notes)


def test_several_log_directories_are_refused() -> None:
    """Silently taking the first would lose what the others hold."""
    found = translate(parse_properties("log.dirs=/a,/b"), SETTINGS)

    assert [problem.setting for problem in found.problems] == ["log.dirs"]
    assert "data_dir" not in found.values


def test_the_older_name_of_the_log_directory_counts_when_the_newer_is_missing() -> None:
    """As in Kafka."""
    assert translate(parse_properties("log.dir=/a"), SETTINGS).values == {"data_dir": "/a"}
    assert translate(parse_properties("log.dir=/a\nlog.dirs=/b"), SETTINGS).values == {"data_dir": "/b"}


def test_a_name_with_underscores_is_not_kafkas() -> None:
    """num_partitions in a Kafka file is our own name, and is taken as such; a mixture is neither."""
    found = translate(parse_properties("num_partitions=2\nnum.partitions_=3"), SETTINGS)

    assert found.values == {"num_partitions": "2"}
    assert [note.setting for note in found.notes] == ["num.partitions_"]
