"""A broker for the command line's tests, and the command itself in a process of its own, as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.penstock import Penstock

DEADLINE_S = 60


class Result:
    """What a command printed and how it ended."""

    def __init__(self, done: "subprocess.CompletedProcess[bytes]") -> None:
        self.code = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture(scope="session")
def command_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Penstock]:
    with Penstock(tmp_path_factory.mktemp("cli") / "data") as broker:
        yield broker


def run_command(*arguments: str, bootstrap: str | None = None, stdin: bytes = b"", cwd: Path | None = None) -> Result:
    """Run ``penstock`` with the arguments."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PENSTOCK_")}
    environment["PYTHONSAFEPATH"] = "1"
    if bootstrap is not None:
        environment["PENSTOCK_BOOTSTRAP"] = bootstrap
    command = [sys.executable, "-m", "broker", *arguments]
    return Result(subprocess.run(command, input=stdin, capture_output=True, env=environment, cwd=cwd, timeout=DEADLINE_S, check=False))


@pytest.fixture(scope="session")
def penstock(command_broker: Penstock) -> Run:
    return lambda *arguments, stdin=b"": run_command(*arguments, bootstrap=command_broker.bootstrap, stdin=stdin)
