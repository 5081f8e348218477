"""A cluster that looks like one server: where a test stops or kills its broker, one of the cluster's brokers goes, each time another one."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.cluster import Cluster, ClusterBroker
from tests.support.process import LOG_TAIL_LINES, START_DEADLINE_S, STOP_DEADLINE_S, ServerProcess

BROKERS = 3


class WholeCluster(ServerProcess):
    """`properties` is a file of Kafka's names for every broker. Its catalog and its store go on when it is stopped; :meth:`close` ends them."""

    def __init__(
        self, folder: Path, properties: Path, env: Mapping[str, str] | None = None, own_env: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(folder / "cluster.log")
        arguments = ("--properties", str(properties))
        self._cluster = Cluster(folder, BROKERS, extra_args=arguments, env=env, own_ids=True, own_env=own_env)
        self._entered = False
        self._turn = 0

    @property
    def bootstrap(self) -> str:
        return ",".join(broker.bootstrap for broker in self._cluster.brokers)

    @property
    def brokers(self) -> Sequence[ClusterBroker]:
        """Each of them, once it was started."""
        return self._cluster.brokers

    @property
    def http(self) -> str:
        """Where one of them shows its metrics."""
        return self._cluster.brokers[0].http

    @property
    def running(self) -> bool:
        return self._entered and all(broker.running for broker in self._cluster.brokers)

    @property
    def pid(self) -> int:
        return self._cluster.brokers[0].pid

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        if not self._entered:
            self._cluster.__enter__()
            self._entered = True
            return self
        for broker in self._cluster.brokers:
            if not broker.running:
                broker.start(deadline_s)
        return self

    def terminate(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        self._next().terminate(deadline_s)

    def kill(self) -> None:
        self._next().kill()

    def _next(self) -> ClusterBroker:
        self._turn += 1
        return self._cluster.brokers[self._turn % BROKERS]

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        return self._cluster.logs(lines)

    def close(self) -> None:
        """End everything it needs."""
        if self._entered:
            self._entered = False
            for broker in self._cluster.brokers:
                broker.kill()
            self._cluster.__exit__(None, None, None)

    def __exit__(self, *outcome: object) -> None:
        if outcome[1] is not None:
            print(self.log_tail())
        self.close()

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _ready_pattern(self) -> re.Pattern[str]:
        raise NotImplementedError

    def _started(self, ready: re.Match[str]) -> None:
        raise NotImplementedError
