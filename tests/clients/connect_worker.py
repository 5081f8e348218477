"""A worker of Kafka Connect as a process, and its REST interface."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.clients.brokers import target_is_kafka
from tests.clients.topics import DEADLINE_S
from tests.support.process import ServerProcess, free_port
from tests.support.waiting import wait_until
from tests.toolchain import kafka_connect_runner

EXACTLY_ONCE: Mapping[str, Any] = {"exactly.once.source.support": "enabled", "producer.transaction.timeout.ms": 3000}
"""Settings of a worker whose sources write their records and their positions in one transaction."""

# Apache Kafka makes no topic with more copies than it has brokers. Penstock takes Connect's default of three.
_ONE_COPY = {f"{topic}.storage.replication.factor": 1 for topic in ("config", "offset", "status")}

_LOGGING = Path(__file__).parents[1] / "support" / "kafka_log4j2.properties"
_JVM_TERMINATED = 143


class ConnectWorker(ServerProcess):
    """One worker in distributed mode; workers with the same `group.id` and topics are one Connect cluster.

    `settings` are Connect's own and win. What is not a default here: text goes through unchanged, one copy of each internal
    topic would be enough, and a worker that was killed is missed soon.
    """

    def __init__(self, folder: Path, bootstrap: str, settings: Mapping[str, Any] | None = None, instance: str = "a") -> None:
        super().__init__(folder / f"{instance}.log")
        self._bootstrap = bootstrap
        self._port = free_port()
        self._properties_path = folder / f"{instance}.properties"
        properties = {
            "bootstrap.servers": bootstrap,
            "group.id": "connect",
            "config.storage.topic": "connect-configs",
            "offset.storage.topic": "connect-offsets",
            "status.storage.topic": "connect-status",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "listeners": f"http://127.0.0.1:{self._port}",
            "plugin.discovery": "service_load",
            "connector.client.config.override.policy": "All",
            "consumer.isolation.level": "read_committed",
            "consumer.session.timeout.ms": 3000,
            "consumer.heartbeat.interval.ms": 500,
            "offset.flush.interval.ms": 200,
            "session.timeout.ms": 3000,
            "heartbeat.interval.ms": 500,
            "scheduled.rebalance.max.delay.ms": 0,
            **(_ONE_COPY if target_is_kafka() else {}),
            **(settings or {}),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._properties_path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))

    @property
    def bootstrap(self) -> str:
        """The address of the broker it works with."""
        return self._bootstrap

    def rest(self, method: str, path: str, body: object = None) -> Any:
        """One request to the REST interface; an answer of 409 (the workers are rebalancing) is asked for again."""

        def ask() -> tuple[int, Any]:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self._port}{path}",
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                    return answer.status, json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        status, answer = wait_until(lambda seen: seen[0] != 409, ask, DEADLINE_S)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def status(self, connector: str) -> tuple[str, list[str]]:
        """The state of a connector and those of its tasks; UNKNOWN before anyone has said."""
        known = self.rest("GET", "/connectors?expand=status").get(connector)
        if known is None:
            return "UNKNOWN", []
        found = known["status"]
        failed = [task["trace"] for task in found["tasks"] if task["state"] == "FAILED"]
        assert not failed, failed
        return found["connector"]["state"], [task["state"] for task in found["tasks"]]

    def wait_for(self, connector: str, state: str, tasks: int = 1) -> None:
        """Until a connector and its tasks are in ``state``."""
        wait_until(lambda seen: seen == (state, [state] * tasks), lambda: self.status(connector), DEADLINE_S)

    def _command(self) -> list[str]:
        java, *options = kafka_connect_runner()
        return [java, f"-Dlog4j2.configurationFile={_LOGGING}", *options, str(self._properties_path)]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"Kafka Connect started")

    def _started(self, ready: re.Match[str]) -> None:
        """There is nothing to learn from the line."""

    def _expected_exit(self) -> int:
        return _JVM_TERMINATED
