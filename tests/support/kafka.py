"""Apache Kafka itself, one KRaft node from Maven Central: the oracle of conformance tests, the peer in benchmarks."""

import base64
import re
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.process import ServerFailed, ServerProcess, free_port
from tests.toolchain import java_command, kafka_broker_classpath

_LOGGING = Path(__file__).with_name("kafka_log4j2.properties")

# What Kafka's own start script gives the JVM when nothing else is asked for.
_DEFAULT_JVM = (
    *("-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
    *("-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15"),
)
# Small and quick to start, for tests that share two cores with other processes.
_LOW_HEAP_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

# After SIGTERM a JVM ends in good order with 128 + 15.
_JVM_TERMINATED = 143


class ApacheKafka(ServerProcess):
    """A single KRaft node on loopback with Kafka's default configuration.

    Only what one node needs differs from the defaults: ports, directories, and a replication factor of one for the
    internal topics. `properties` come last and win. Benchmarks keep the JVM options of Kafka's own start script;
    tests pass `low_heap=True`. `plugins` goes to the class path.
    """

    def __init__(
        self,
        tmp_dir: Path,
        properties: Mapping[str, str | int] | None = None,
        *,
        low_heap: bool = False,
        plugins: str | None = None,
    ) -> None:
        super().__init__(tmp_dir / "kafka.log")
        self.data_dir = tmp_dir / "kafka-data"
        self._properties_path = tmp_dir / "server.properties"
        self._jvm = _LOW_HEAP_JVM if low_heap else _DEFAULT_JVM
        self._classpath = kafka_broker_classpath() if plugins is None else f"{kafka_broker_classpath()}:{plugins}"
        self._port = free_port()
        controller_port = free_port()
        while controller_port == self._port:
            controller_port = free_port()
        settings: dict[str, str | int] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self._port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data_dir),
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            **(properties or {}),
        }
        tmp_dir.mkdir(parents=True, exist_ok=True)
        self._properties_path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    @property
    def bootstrap(self) -> str:
        """The address for clients: HOST:PORT."""
        return f"127.0.0.1:{self._port}"

    def format(self) -> None:
        """Format the data directory, as a new node must be before its first start; does nothing a second time."""
        if (self.data_dir / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        done = subprocess.run(
            [
                *(java_command(), "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
                *(f"-Dlog4j2.configurationFile={_LOGGING}", "-cp", self._classpath, "kafka.tools.StorageTool"),
                # An id may begin with a dash, so it is tied to its option.
                *("format", "--standalone", f"--cluster-id={cluster_id}", "-c", str(self._properties_path)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerFailed(f"formatting Apache Kafka's data directory failed:\n{done.stdout}")

    def start(self, deadline_s: float = 120.0) -> Self:
        """Format if new, start, and wait until the broker is registered and serves."""
        self.format()
        return super().start(deadline_s)

    def _command(self) -> list[str]:
        return [
            *(java_command(), *self._jvm, f"-Dlog4j2.configurationFile={_LOGGING}"),
            *("-cp", self._classpath, "kafka.Kafka", str(self._properties_path)),
        ]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"\[KafkaRaftServer .*\] Kafka Server started")

    def _started(self, ready: re.Match[str]) -> None:
        """The port was chosen before the start: there is nothing to learn from the line."""

    def _expected_exit(self) -> int:
        return _JVM_TERMINATED
