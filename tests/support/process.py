"""Servers as child processes: started until a line of their output says ready, stopped, killed, restarted in place."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 60.0
LOG_TAIL_LINES = 60

# Below the range from which Linux takes the source ports of outgoing connections. A client that dials a port in that
# range again and again while the server is down may be given the very same port as its source and connect to itself.
_PORTS = range(18_000, 32_000)


def free_port() -> int:
    """A loopback port that nothing listens on and that no outgoing connection will take."""
    for _ in range(1000):
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port from {_PORTS.start} to {_PORTS.stop - 1}")


class ServerFailed(RuntimeError):
    """A server did not start, or did not stop as it should; the message ends with the tail of its log."""


class ServerProcess(ABC):
    """One server under test: a command, a line that says it is ready, and a log file that outlives restarts.

    As a context manager it is started on entry and stopped on exit; when the body fails, the tail of the log is
    printed, so that pytest shows it beside the failure.
    """

    def __init__(self, log_path: Path) -> None:
        self.log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._ready_line: re.Match[str] | None = None

    @property
    @abstractmethod
    def bootstrap(self) -> str:
        """The address for clients: HOST:PORT."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _ready_pattern(self) -> re.Pattern[str]: ...

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    @abstractmethod
    def _started(self, ready: re.Match[str]) -> None:
        """Called once the line that says ready has been seen."""

    def _expected_exit(self) -> int:
        """The exit code after SIGTERM."""
        return 0

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._process is None:
            raise ServerFailed(f"{self._name()} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, deadline_s: float = START_DEADLINE_S) -> Self:
        """Start the server and wait until it says that it is ready."""
        if self.running:
            raise ServerFailed(f"{self._name()} runs already")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._ready_line = None
        ready = threading.Event()
        process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self._environment()),
        )
        self._process = process
        self._reader = threading.Thread(target=self._read_output, args=(process, ready), daemon=True)
        self._reader.start()
        said_ready = ready.wait(deadline_s)
        if not said_ready or self._ready_line is None:
            state = f"ended with {process.wait()}" if said_ready else f"did not say ready in {deadline_s:.0f} s"
            self.kill()
            raise ServerFailed(f"{self._name()} {state}\n{self.log_tail()}")
        self._started(self._ready_line)
        return self

    def terminate(self, deadline_s: float = STOP_DEADLINE_S) -> None:
        """Stop with SIGTERM and expect the exit code of an orderly end."""
        if self._process is None:
            return
        process = self._process
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(deadline_s)
        except subprocess.TimeoutExpired as error:
            self.kill()
            late = f"{self._name()} did not end {deadline_s:.0f} s after SIGTERM"
            raise ServerFailed(f"{late}\n{self.log_tail()}") from error
        self._reap()
        if code != self._expected_exit():
            raise ServerFailed(f"{self._name()} ended with {code} after SIGTERM\n{self.log_tail()}")

    def kill(self) -> None:
        """Kill with SIGKILL, as a power cut would, and wait for the end."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._reap()

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal and expect nothing of it: SIGSTOP freezes the server, SIGCONT wakes it up."""
        os.kill(self.pid, signal_number)

    def restart(self) -> None:
        """Stop in good order if still running, then start again on the same port and data."""
        self.terminate()
        self.start()

    def stop(self) -> None:
        """Stop in good order if still running."""
        self.terminate()

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The last lines of the server's output."""
        if not self.log_path.exists():
            return "(no log)"
        with self.log_path.open(errors="replace") as log:
            return f"--- tail of {self.log_path}\n" + "".join(log.readlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
            return
        print(self.log_tail())
        self.kill()

    def _read_output(self, process: subprocess.Popen[bytes], ready: threading.Event) -> None:
        """Copy the output to the log file, and notice the ready line; `ready` is also set when the output ends."""
        assert process.stdout is not None
        pattern = self._ready_pattern()
        # Whoever was started by the server may have the other end for a while after a kill: so it is closed here, where it is read, and by nobody else.
        with process.stdout, self.log_path.open("ab", buffering=0) as log:
            for line in process.stdout:
                log.write(line)
                if not ready.is_set():
                    self._ready_line = pattern.search(line.decode(errors="replace"))
                    if self._ready_line is not None:
                        ready.set()
        ready.set()

    def _reap(self) -> None:
        if self._reader is not None:
            self._reader.join(timeout=5)
        self._process = self._reader = None

    def _name(self) -> str:
        return type(self).__name__
