"""One broker of a cluster, on a host of its own, with a clock of its own."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.chaos.hosts import Network
from tests.support.process import START_DEADLINE_S, STOP_DEADLINE_S, ServerProcess
from tests.toolchain.cache import REPOSITORY

KAFKA_PORT = 9092
HTTP_PORT = 9644
_READY = re.compile(r"^penstock: ready kafka=(?P<kafka>\S+) http=(?P<http>\S+)")


class Broker(ServerProcess):
    """`penstock serve` on host ``number``; a restart has the same address and, unless it says otherwise, another node id."""

    def __init__(
        self, number: int, network: Network, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        super().__init__(folder / f"broker-{number}.log")
        self.number = number
        self._network = network
        self._arguments = arguments
        self._extra = environment
        self._clock = folder / f"broker-{number}.clock"
        self.address = network.address(number)
        self.set_clock(0)
        self.was_ended = True
        """Whether it does not run because a test wanted that."""

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        super().start(deadline_s)
        self.was_ended = False
        return self

    def terminate(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        self.was_ended = True
        super().terminate(deadline_s)

    def kill(self) -> None:
        self.was_ended = True
        super().kill()

    @property
    def bootstrap(self) -> str:
        return f"{self.address}:{KAFKA_PORT}"

    @property
    def http(self) -> str:
        """Where health and metrics are."""
        return f"{self.address}:{HTTP_PORT}"

    def set_clock(self, seconds: float) -> None:
        """Put the broker's wall clock so far before or behind the true time."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{seconds:g}")
        fresh.replace(self._clock)

    def _command(self) -> list[str]:
        return [
            *self._network.command(self.number),
            *(sys.executable, "-m", "tests.chaos.clock", str(self._clock), "serve", "--allow-insecure"),
            *("--listener", f"PLAINTEXT://{self.bootstrap}", "--http", self.http, *self._arguments),
        ]

    def _environment(self) -> Mapping[str, str]:
        others = {name: each for name, each in os.environ.items() if not name.startswith("PENSTOCK_")}
        return {**others, "PYTHONPATH": str(REPOSITORY), **self._extra}

    def _ready_pattern(self) -> re.Pattern[str]:
        return _READY

    def _started(self, ready: re.Match[str]) -> None:
        pass
