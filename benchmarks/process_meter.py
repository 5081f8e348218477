"""CPU and memory of a running broker process, read from the operating system."""

import threading
from types import TracebackType
from typing import Self

import psutil

from benchmarks.plan import MIB

_INTERVAL_S = 0.1


class ProcessMeter:
    """Watches one process; as a context manager it samples memory in the background and keeps the highest."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.highest_mib = 0.0

    def cpu_s(self) -> float:
        """CPU seconds so far, all threads, user and system."""
        times = self._process.cpu_times()
        return times.user + times.system

    def memory_mib(self) -> float:
        """Resident memory."""
        return self._process.memory_info().rss / MIB

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_INTERVAL_S):
            try:
                self.highest_mib = max(self.highest_mib, self.memory_mib())
            except psutil.NoSuchProcess:
                return
