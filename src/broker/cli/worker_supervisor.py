"""``penstock serve --workers N``: several brokers of one cluster on one machine, each a process of its own, looked after by this one.

A worker that ends is started again, sooner the longer it had run. SIGTERM and SIGINT go to all of them, and this process ends when they have; with a second
one everything ends at once. When this process is killed, its workers drain and end.
"""

import os
import re
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Final

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

from broker.config.settings import Settings

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 10.0
STEADY_S: Final = 30.0
"""Who has run for so long and ends is started again at once."""

_READY: Final = re.compile(r"^penstock: ready kafka=(\S+) http=(\S+)$")
_PR_SET_PDEATHSIG: Final = 1


class _Worker:
    """One of the processes, and what it said of itself when it was ready."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: Process | None = None
        self.kafka = ""
        self.http = ""
        self.code: int | None = None


class Supervisor:
    """Use :meth:`run`. ``command`` starts a worker when it is followed by ``--worker INDEX:PORT,PORT...:NAME``; ``ports`` are those that all share.

    A worker's name is the same when it is started again, so it takes its place in the cluster at once: the process before is known to be gone.
    """

    def __init__(self, command: Sequence[str], count: int, ports: Sequence[int], announce: Callable[[str], None]) -> None:
        self._command = list(command)
        self._ports = list(ports)
        self._name = secrets.token_hex(8)
        self._announce = announce
        self._workers = [_Worker(index) for index in range(count)]
        self._stopping = False
        self._announced = False
        self._cannot_start: int | None = None

    async def run(self) -> int:
        """Until all have ended; the exit code: 0, or that of a worker that could not start, or did not end well."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._on_signals)
            async with anyio.create_task_group() as keeping:
                for worker in self._workers:
                    keeping.start_soon(self._keep, worker)
            tasks.cancel_scope.cancel()
        if self._cannot_start is not None:
            return self._cannot_start
        return next((worker.code if worker.code > 0 else 1 for worker in self._workers if worker.code), 0)

    async def _on_signals(self) -> None:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                self._stopping = True
                self._send(number)

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None and worker.process.returncode is None:
                worker.process.send_signal(number)

    async def _keep(self, worker: _Worker) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping:
            began = anyio.current_time()
            worker.code = await self._run_once(worker)
            if self._stopping:
                if worker.code in (-signal.SIGTERM, -signal.SIGINT):
                    worker.code = 0  # it had not even begun
                return
            if not self._announced:
                # It could not start: the others would serve with less than was asked for.
                self._stopping = True
                self._cannot_start = max(worker.code, 1)
                self._send(signal.SIGTERM)
                return
            if anyio.current_time() - began > STEADY_S:
                pause_s = FIRST_PAUSE_S
            sys.stderr.write(f"penstock: worker {worker.index} ended with {worker.code}, it is started again in {pause_s:.1f} s\n")
            await anyio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _run_once(self, worker: _Worker) -> int:
        ports = ",".join(map(str, self._ports))
        command = [*self._command, "--worker", f"{worker.index}:{ports}:{self._name}-{worker.index}"]
        async with await anyio.open_process(command, stdin=None, stdout=-1, stderr=None) as process:
            worker.process = process
            if self._stopping:
                process.terminate()
            assert process.stdout is not None
            rest = ""
            async for text in TextReceiveStream(process.stdout, errors="replace"):
                *lines, rest = (rest + text).split("\n")
                for line in lines:
                    self._heard(worker, line)
            return await process.wait()

    def _heard(self, worker: _Worker, line: str) -> None:
        ready = _READY.match(line)
        if ready is None:
            self._announce(line)
            return
        worker.kafka, worker.http = ready.groups()
        if not self._announced and all(worker.kafka for worker in self._workers):
            self._announced = True
            shared = self._workers[0].kafka.split(",")[: len(self._ports)]
            own = [address for each in self._workers for address in each.kafka.split(",")[len(self._ports) :]]
            self._announce(f"penstock: ready kafka={','.join([*shared, *own])} http={','.join(each.http for each in self._workers)}")


def find_ports(settings: Settings) -> tuple[list[int], list[socket.socket]]:
    """The port of each listener, one that is free where it is 0; the sockets hold them for the workers. Raises OSError."""
    ports, held = [], []
    for listener in settings.listeners:
        sock = socket.socket(socket.AF_INET6 if ":" in listener.host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((listener.host, listener.port))
        ports.append(int(sock.getsockname()[1]))
        held.append(sock)
    return ports, held


def end_with_parent() -> None:
    """Have this process told to stop when the one that started it is gone."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before it was asked for
        os.kill(os.getpid(), signal.SIGTERM)


def supervise(settings: Settings, announce: Callable[[str], None]) -> int:
    """Run the workers until told to stop; the exit code. Raises OSError when a shared port cannot be had."""
    ports, held = find_ports(settings)
    supervisor = Supervisor([sys.executable, "-m", "broker", *sys.argv[1:]], settings.workers, ports, announce)
    try:
        return anyio.run(supervisor.run)
    finally:
        for sock in held:
            sock.close()
