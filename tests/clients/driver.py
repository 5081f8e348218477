"""The test's end of a client driver: one child process a client library, spoken to in JSON lines.

The protocol is described in `tests/clients/python/protocol.py`; drivers in other languages speak the same.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from tests.toolchain.cache import REPOSITORY

CALL_DEADLINE_S = 120.0
_END_DEADLINE_S = 20.0

Json = dict[str, Any]


class ClientError(RuntimeError):
    """What the client library raised; `text` has its name and message in lower case without separators."""

    def __init__(self, client: str, op: str, kind: str, message: str) -> None:
        super().__init__(f"{client} {op}: {kind}: {message}")
        self.text = f"{kind} {message}".lower().replace("_", "")


class Driver:
    """A running client driver. Operations are called by name; any number may be under way at once."""

    def __init__(self, name: str, command: Sequence[str], log_path: Path) -> None:
        self.name = name
        self.version = "?"
        self._log_path = log_path
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[str, Future[Json]]] = {}
        self._lock = threading.Lock()
        self._ready: Future[Json] = Future()
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                list(command),
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.version = self._ready.result(CALL_DEADLINE_S)["version"]

    def call(self, op: str, **args: Any) -> Json:
        """Run one operation to its end; raises ClientError with what the client library raised."""
        try:
            return self.submit(op, **args).result(CALL_DEADLINE_S)
        except TimeoutError as error:
            raise ClientError(self.name, op, "NoAnswer", f"in {CALL_DEADLINE_S:.0f} s\n{self.log_tail()}") from error

    def submit(self, op: str, **args: Any) -> Future[Json]:
        """Start one operation."""
        future: Future[Json] = Future()
        number = next(self._numbers)
        with self._lock:
            self._waiting[number] = (op, future)
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps({"id": number, "op": op, "args": args}).encode() + b"\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                ended = f"the client has ended, with {self._process.wait(_END_DEADLINE_S)}\n{self.log_tail()}"
                raise ClientError(self.name, op, "NoClient", ended) from None
        return future

    def close(self) -> None:
        """End the driver by ending its input; a driver that does not end is killed."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended before
            self._process.stdin.close()
        try:
            self._process.wait(_END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_END_DEADLINE_S)

    def kill(self) -> None:
        """Kill the driver with everything it has open, as a crash of the client would."""
        self._process.kill()
        self._process.wait()
        self._reader.join(_END_DEADLINE_S)

    def suspend(self) -> None:
        """Stop the driver where it is, as a long pause of its machine would."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on as if nothing had been."""
        self._process.send_signal(signal.SIGCONT)

    def dump_stacks(self) -> None:
        """Have it write into its log where each of its threads is; Go ends with that."""
        self._process.send_signal(signal.SIGQUIT)

    def log_tail(self, lines: int = 30) -> str:
        """The last lines of what the client library logged."""
        return "".join(self._log_path.read_text(errors="replace").splitlines(keepends=True)[-lines:])

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if "ready" in answer:
                self._ready.set_result(answer["ready"])
                continue
            with self._lock:
                op, future = self._waiting.pop(answer["id"])
            if "error" in answer:
                error = answer["error"]
                future.set_exception(ClientError(self.name, op, error["type"], error["message"]))
            else:
                future.set_result(answer["result"])
        ended = ClientError(self.name, "", "DriverEnded", self.log_tail())
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
        for _, future in waiting:
            future.set_exception(ended)
        if not self._ready.done():
            self._ready.set_exception(ended)
