"""The whole broker as a process: health, metrics, restarts, orderly stops."""

import json
import urllib.error
import urllib.request
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.support.penstock import Penstock


def http(broker: Penstock, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{broker.http}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def send(broker: Penstock, topic: str, values: list[bytes]) -> None:
    """Produce and wait for every acknowledgement."""
    failures = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.idempotence": True, "linger.ms": 0})
    for value in values:
        producer.produce(topic, value, partition=0, on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(30) == 0
    assert not failures


def read(broker: Penstock, topic: str, count: int) -> list[bytes]:
    """The first ``count`` values of partition 0."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values: list[bytes] = []
    while len(values) < count:
        messages = consumer.consume(count - len(values), timeout=30)
        assert messages, f"only {len(values)} of {count} came"
        values += [message.value() for message in messages if message.error() is None]
    consumer.close()
    return values


def test_health_and_metrics_tell_what_happened(tmp_path: Path) -> None:
    """Requests, bytes, commits and connections are counted under the product's names."""
    with Penstock(tmp_path / "data") as broker:
        assert http(broker, "/livez")[0] == 200
        status, body = http(broker, "/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ok")
        send(broker, "t", [b"x" * 100] * 50)
        text = http(broker, "/metrics")[1]
    figures = {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and not line.startswith("#")
    }

    assert figures['penstock_requests_total{api="produce"}'] >= 1
    assert figures['penstock_request_duration_seconds_count{api="produce"}'] >= 1
    assert figures["penstock_commit_duration_seconds_count"] >= 1
    assert figures["penstock_records_appended_total"] == 50
    assert figures["penstock_record_bytes_appended_total"] > 5000
    assert figures["penstock_network_bytes_in_total"] > 5000
    assert figures["penstock_topics"] == 1
    assert figures["penstock_process_resident_memory_bytes"] > 1_000_000
    assert not [name for name in figures if name.startswith("penstock_bugs_total{")]


def test_everything_is_there_after_a_kill(tmp_path: Path) -> None:
    """Acknowledged means durable; the producer goes on in order after the restart."""
    values = [b"%d" % number for number in range(500)]
    with Penstock(tmp_path / "data") as broker:
        send(broker, "t", values)
        broker.kill()
        broker.restart()
        send(broker, "t", [b"after"])
        assert read(broker, "t", 501) == [*values, b"after"]


def test_a_large_record_passes_and_a_larger_one_is_refused(tmp_path: Path) -> None:
    """message.max.bytes decides, at one byte less and more than it allows."""
    with Penstock(tmp_path / "data") as broker:
        send(broker, "t", [b"x" * 900_000])
        assert len(read(broker, "t", 1)[0]) == 900_000
        outcome = []
        producer = Producer({"bootstrap.servers": broker.bootstrap, "message.max.bytes": 4_000_000})
        producer.produce("t", b"x" * 2_000_000, on_delivery=lambda error, _: outcome.append(error))
        assert producer.flush(30) == 0

    assert outcome[0].name() == "MSG_SIZE_TOO_LARGE"
