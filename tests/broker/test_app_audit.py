"""The audit log of a whole broker: written through crashes and restarts, in files and in the topic, and verified by the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from broker.storage.audit_file import files_of
from tests.broker.test_app import http
from tests.support.penstock import Penstock
from tests.support.waiting import wait_until


def audited(tmp_path: Path, **settings: str) -> Penstock:
    """A broker with an audit log."""
    lines = [f'{name} = "{value}"' for name, value in ({"audit": "on"} | settings).items()]
    config = tmp_path / "penstock.toml"
    config.write_text("\n".join(lines) + "\n")
    return Penstock(tmp_path / "data", "--config", str(config))


def files(tmp_path: Path) -> Path:
    (log,) = (tmp_path / "data" / "audit").iterdir()
    return log


def events(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (files(tmp_path) / "audit.jsonl").read_text().splitlines()]


def verify(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "broker", "audit", "verify", "--json", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def create(broker: Penstock, name: str) -> str:
    """Ask for a topic; the error's name, or nothing."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    (future,) = admin.create_topics([NewTopic(name, 1)]).values()
    try:
        future.result(30)
    except KafkaException as error:
        return str(error.args[0].name())
    return ""


def test_what_was_answered_is_in_the_log_after_a_kill(tmp_path: Path) -> None:
    """Changes with what was before and after, requests with what came of them, connections; one chain over all starts."""
    with audited(tmp_path) as broker:
        assert create(broker, "orders") == ""
        assert create(broker, "orders") == "TOPIC_ALREADY_EXISTS"
        wait_until(lambda found: [event["action"] for event in found].count("create_topics") == 2, lambda: events(tmp_path))
        broker.kill()
        broker.restart()
        assert create(broker, "more") == ""
        assert 'penstock_audit_failing{sink="file"} 0.0' in http(broker, "/metrics")[1]
    found = events(tmp_path)
    requests = [(event["action"], event["outcome"]) for event in found if event["kind"] == "authorization"]
    changes = [event["details"] for event in found if event["kind"] == "admin"]
    verified = verify(str(files(tmp_path)))

    assert requests == [("create_topics", "success"), ("create_topics", "TOPIC_ALREADY_EXISTS"), ("create_topics", "success")]
    assert changes == [{"resource": f"topic:{name}", "before": None, "after": {"partitions": 1, "config": {}}} for name in ("orders", "more")]
    assert [event["action"] for event in found if event["kind"] == "audit"] == ["start", "start", "stop"]
    assert {event["action"] for event in found if event["kind"] == "connection"} == {"connect", "disconnect"}
    assert all(event["principal"] == "User:ANONYMOUS" for event in found if event["kind"] != "audit")
    assert verified.returncode == 0, verified.stderr
    assert [(chain["first"], chain["lines"]) for chain in json.loads(verified.stdout)["chains"]] == [(1, len(found))]


def test_the_topic_holds_the_same_lines(tmp_path: Path) -> None:
    """Clients read it and can do nothing else with it."""
    with audited(tmp_path, audit_sinks="file,topic") as broker:
        assert create(broker, "orders") == ""
        assert create(broker, "__penstock_audit") == "POLICY_VIOLATION"
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        wait_until(lambda topics: "__penstock_audit" in topics, lambda: admin.list_topics(timeout=10).topics)
        (deleted,) = admin.delete_topics(["__penstock_audit"]).values()
        assert deleted.exception(30).args[0].name() == "POLICY_VIOLATION"
        failures: list[str] = []
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        producer.produce("__penstock_audit", b"{}", partition=0, on_delivery=lambda error, _: failures.append(error.name()))
        assert producer.flush(30) == 0
        assert failures == ["TOPIC_EXCEPTION"]
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "auditor", "enable.auto.commit": False})
        consumer.assign([TopicPartition("__penstock_audit", 0, 0)])
        lines: list[bytes] = []
        while not any(b'"delete_topics"' in line for line in lines):
            messages = consumer.consume(1, timeout=30)
            assert messages, f"only {len(lines)} came"
            lines += [message.value() for message in messages]
        consumer.close()
    written = (files(tmp_path) / "audit.jsonl").read_bytes().splitlines()

    assert lines == written[: len(lines)]
    assert verify("-", given=b"\n".join(lines) + b"\n").returncode == 0


def test_nothing_is_changed_while_it_cannot_be_recorded(tmp_path: Path) -> None:
    """Data goes on. When the log can be written again, so do changes, and nothing of what was let through is missing."""
    with audited(tmp_path, audit_queue_bytes="65536", audit_file_bytes="65536") as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        log = files(tmp_path)
        # The file that is open can be written to still; the next one cannot be made.
        moved = log.with_name("moved")
        log.rename(moved)
        outcomes: dict[str, str] = {}
        while "KAFKA_STORAGE_ERROR" not in outcomes.values():
            assert len(outcomes) < 2000
            futures = admin.create_topics([NewTopic(f"t{len(outcomes) + number}", 1) for number in range(50)])
            for name, future in futures.items():
                error = future.exception(30)
                outcomes[name] = "" if error is None else str(error.args[0].name())
        failures: list[Any] = []
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        producer.produce("t0", b"x", on_delivery=lambda error, _: failures.append(error))
        assert producer.flush(30) == 0
        assert failures == [None]
        metrics = http(broker, "/metrics")[1]
        moved.rename(log)
        wait_until(lambda error: not error, lambda: create(broker, "after"))
    recorded = [json.loads(line) for path in files_of(log) for line in path.read_text().splitlines()]
    made = {event["details"]["resource"] for event in recorded if event["kind"] == "admin"}

    assert 'penstock_audit_failing{sink="file"} 1.0' in metrics
    assert {name for name, error in outcomes.items() if not error} == {name.removeprefix("topic:") for name in made} - {"after"}
    assert verify(str(log)).returncode == 0
