"""A real S3 server as a process that keeps its objects on disk, and a proxy before it that makes it fail in every way."""

import json
import os
import random
import re
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tests.support.process import START_DEADLINE_S, ServerProcess, free_port
from tests.support.waiting import wait_until
from tests.toolchain import required, s3_server

ACCESS_KEY = "penstock-test"
SECRET_KEY = "not-a-secret-only-for-tests"
BUCKET = "penstock"

CLIENT_ENVIRONMENT: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_REGION": "us-east-1",
}
"""What a process needs in its environment to be let in."""


class S3Server(ServerProcess):
    """versitygw over a directory, with one bucket. A restart listens on the same port and has the same objects."""

    def __init__(self, directory: Path, port: int | None = None, host: str = "127.0.0.1") -> None:
        super().__init__(directory.parent / f"{directory.name}.log")
        self._program = required(s3_server)
        self._directory = directory
        self._host = host
        self.port = port or free_port()

    @property
    def bootstrap(self) -> str:
        return f"{self._host}:{self.port}"

    def url(self, prefix: str = "data") -> str:
        """What a broker's setting says to use this server directly."""
        return f"s3://{BUCKET}/{prefix}?endpoint=http://{self.bootstrap}"

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        (self._directory / BUCKET).mkdir(parents=True, exist_ok=True)
        super().start(deadline_s)
        wait_until(bool, self._listens)
        return self

    def _listens(self) -> bool:
        try:
            socket.create_connection((self._host, self.port), 1).close()
        except OSError:
            return False
        return True

    def _command(self) -> list[str]:
        return [self._program, "--port", self.bootstrap, "--keep-alive", "posix", str(self._directory)]

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(rf"http://{re.escape(self.bootstrap)}")

    def _started(self, ready: re.Match[str]) -> None:
        """Nothing is learned from the line."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What befalls requests; rates from 0 to 1, by a seed. With `methods` only those (delay and rates; not `down`).

    `delay_rate` of requests wait `delay_s` first; `slow_down_rate` are answered 503 SlowDown; `cut_rate` lose their connection before they reach the
    server; `lost_reply_rate` are carried out and then lose it; `torn_reply_rate` get half of an answer; `hang_rate` are never answered; `drip_s` passes
    between portions of an answer; `down`: nothing gets through.
    """

    delay_rate: float = 0.0
    delay_s: float = 0.0
    slow_down_rate: float = 0.0
    cut_rate: float = 0.0
    lost_reply_rate: float = 0.0
    torn_reply_rate: float = 0.0
    hang_rate: float = 0.0
    drip_s: float = 0.0
    down: bool = False
    methods: Sequence[str] = ()


class FaultProxy(ServerProcess):
    """The proxy before `server`; clients use :meth:`url` of this one. Faults are set while it runs."""

    def __init__(self, server: S3Server, seed: int | None = None) -> None:
        super().__init__(server.log_path.with_suffix(".faults.log"))
        self._server = server
        self.port = free_port()
        self._control_port = free_port()
        self.seed = random.randrange(1 << 30) if seed is None else seed

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, prefix: str = "data") -> str:
        """What a broker's setting says to go through this proxy."""
        return f"s3://{BUCKET}/{prefix}?endpoint=http://{self.bootstrap}"

    def set(self, faults: Faults) -> None:
        """From now on requests fare like this."""
        self._order({"faults": asdict(faults)})

    def clear(self) -> None:
        """From now on everything goes through."""
        self.set(Faults())

    def counts(self) -> dict[str, int]:
        """How many requests there were by method, and how many met which fault."""
        return self._order({})

    def _order(self, order: Mapping[str, object]) -> dict[str, int]:
        with socket.create_connection(("127.0.0.1", self._control_port), 10) as link:
            link.sendall(json.dumps(order).encode() + b"\n")
            with link.makefile("rb") as answers:
                counts: dict[str, int] = json.loads(answers.readline())
                return counts

    def _command(self) -> list[str]:
        ports = (self.port, self._control_port, self._server.port, self.seed)
        return [sys.executable, "-m", "tests.support.s3_faults", *map(str, ports)]

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    def _expected_exit(self) -> int:
        return -signal.SIGTERM

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"^faults: ready on (\d+)")

    def _started(self, ready: re.Match[str]) -> None:
        """Nothing is learned from the line."""
