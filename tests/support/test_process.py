"""A server under test starts when it says ready, ends as asked, and tells what went wrong."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.process import ServerFailed, ServerProcess, free_port

ORDERLY = """
import signal, sys
print("ready at", sys.argv[1], flush=True)
signal.sigwait([signal.SIGTERM])
print("bye", flush=True)
"""


class Scripted(ServerProcess):
    """A server that is a few lines of Python."""

    def __init__(self, log_path: Path, script: str) -> None:
        super().__init__(log_path)
        self._script = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n" + script
        self._port = free_port()
        self.heard = ""

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    def _command(self) -> list[str]:
        return [sys.executable, "-c", self._script, str(self._port)]

    def _ready_pattern(self) -> re.Pattern[str]:
        return re.compile(r"^ready at (\d+)")

    def _started(self, ready: re.Match[str]) -> None:
        self.heard = ready.group(1)


def test_start_and_stop(tmp_path: Path) -> None:
    """Inside the context the server runs and its ready line was heard; afterwards it is gone, and its log is left."""
    with Scripted(tmp_path / "log", ORDERLY) as server:
        assert server.running
        assert server.bootstrap == f"127.0.0.1:{server.heard}"
        os.kill(server.pid, 0)

    assert not server.running
    assert (tmp_path / "log").read_text() == f"ready at {server.heard}\nbye\n"


def test_restart_and_kill(tmp_path: Path) -> None:
    """A restart is another process on the same port, and a killed server can be started again."""
    with Scripted(tmp_path / "log", ORDERLY) as server:
        first = server.pid
        server.restart()
        second = server.pid
        server.kill()
        assert not server.running
        server.start()

        assert len({first, second, server.pid}) == 3


def test_early_end_is_reported(tmp_path: Path) -> None:
    """A server that ends before it is ready fails the start with its exit code and its last words."""
    with pytest.raises(ServerFailed, match=r"(?s)ended with 7.*no such port"):
        Scripted(tmp_path / "log", "print('no such port', flush=True); raise SystemExit(7)").start()


def test_silence_is_reported(tmp_path: Path) -> None:
    """A server that never says ready fails the start at the deadline and is not left behind."""
    server = Scripted(tmp_path / "log", "import signal; signal.pause()")

    with pytest.raises(ServerFailed, match="did not say ready"):
        server.start(deadline_s=0.2)
    assert not server.running


def test_disorderly_end_is_reported(tmp_path: Path) -> None:
    """An exit code other than that of an orderly end fails the stop."""
    server = Scripted(tmp_path / "log", ORDERLY + "raise SystemExit(5)").start()

    with pytest.raises(ServerFailed, match="ended with 5 after SIGTERM"):
        server.stop()
