"""Penstock as users run it: `penstock serve` in a process of its own."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.process import START_DEADLINE_S, ServerProcess, free_port

_READY = re.compile(r"^penstock: ready kafka=(?P<kafka>\S+) http=(?P<http>\S+)")


class Penstock(ServerProcess):
    """A broker on loopback with its data in `data_dir`; further arguments go to `penstock serve` as they are.

    A restart listens on the same Kafka port, so that clients find it again. `env` is added to this process's
    environment. `speaks` is the security protocol of its listener.
    """

    def __init__(self, data_dir: Path, *extra_args: str, env: Mapping[str, str] | None = None, speaks: str = "PLAINTEXT") -> None:
        super().__init__(data_dir.parent / f"{data_dir.name}.log")
        self.data_dir = data_dir
        self._extra_args = extra_args
        self._extra_env = dict(env or {})
        self._port = free_port()
        self._speaks = speaks
        self._kafka = ""
        self.http = ""

    @property
    def bootstrap(self) -> str:
        """The addresses for clients as the broker printed them: HOST:PORT, comma separated when several."""
        return self._kafka

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        """Start and wait for the line that says ready."""
        return super().start(deadline_s)

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "broker", "serve", "--data-dir", str(self.data_dir)),
            *("--listener", f"{self._speaks}://127.0.0.1:{self._port}", "--http", "127.0.0.1:0", *self._extra_args),
        ]

    def _environment(self) -> Mapping[str, str]:
        # The checkout's root must not shadow the installed packages.
        return {**os.environ, "PYTHONSAFEPATH": "1", **self._extra_env}

    def _ready_pattern(self) -> re.Pattern[str]:
        return _READY

    def _started(self, ready: re.Match[str]) -> None:
        self._kafka, self.http = ready.group("kafka"), ready.group("http")
