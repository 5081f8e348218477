"""A Kafka Streams application as a process."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.support.process import START_DEADLINE_S, ServerProcess
from tests.toolchain import kafka_streams_runner

_LOGGING = Path(__file__).parents[1] / "support" / "kafka_log4j2.properties"
_JVM_TERMINATED = 143


class StreamsApplication(ServerProcess):
    """One instance of `StreamsApp` with one topology; instances of one application share a folder, not a state directory.

    `settings` are Kafka Streams' own and win. The defaults: exactly once, no cache in front of stores (each count is seen),
    and timeouts for processes that are killed.
    """

    def __init__(
        self, folder: Path, topology: str, bootstrap: str, settings: Mapping[str, Any] | None = None, instance: str = "a"
    ) -> None:
        super().__init__(folder / f"{instance}.log")
        self.state_dir = folder / f"{instance}-state"
        self._bootstrap = bootstrap
        self._topology = topology
        self._properties_path = folder / f"{instance}.properties"
        properties = {
            "application.id": topology,
            "bootstrap.servers": bootstrap,
            "processing.guarantee": "exactly_once_v2",
            "state.dir": self.state_dir,
            "statestore.cache.max.bytes": 0,
            "commit.interval.ms": 100,
            "consumer.auto.offset.reset": "earliest",
            "consumer.session.timeout.ms": 3000,
            "consumer.heartbeat.interval.ms": 500,
            "producer.transaction.timeout.ms": 3000,
            "topology.optimization": "all",
            **(settings or {}),
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._properties_path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))

    @property
    def bootstrap(self) -> str:
        """The address of the broker it works with."""
        return self._bootstrap

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        """Start it, without the databases that it was killed in the middle of making: RocksDB does not open such again (it has a log and no CURRENT, "wal_dir
        contains existing log file"), and there is nothing in them yet."""
        for log in [*self.state_dir.rglob("*.log")]:
            if not (log.parent / "CURRENT").exists():
                shutil.rmtree(log.parent, ignore_errors=True)
        return super().start(deadline_s)

    def output(self) -> str:
        """Everything it has said so far, over restarts."""
        return self.log_path.read_text(errors="replace")

    def state(self) -> str:
        """The newest state it has told of."""
        return re.findall(r"^state (\w+)$", self.output(), re.M)[-1]

    def close(self) -> None:
        """Kill it, if it runs."""
        self.kill()

    def _command(self) -> list[str]:
        java, *options = kafka_streams_runner()
        return [java, f"-Dlog4j2.configurationFile={_LOGGING}", *options, self._topology, str(self._properties_path)]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"^state RUNNING|^failed ")

    def _started(self, ready: re.Match[str]) -> None:
        """There is nothing to learn from the line."""

    def _expected_exit(self) -> int:
        return _JVM_TERMINATED
