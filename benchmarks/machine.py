"""What the numbers were measured on: facts that a reader needs to judge them."""

import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
from tests.toolchain import java_command

from benchmarks.plan import MIB

_SYNCS = 200


def facts(folder: Path) -> dict[str, Any]:
    """Cores, memory, versions, the load by others, and how long `fdatasync` takes on the disk of `folder`."""
    return {
        "cores": os.cpu_count(),
        "memory_mib": psutil.virtual_memory().total // MIB,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "java": _java_version(),
        "load_before": os.getloadavg()[0],
        "fdatasync_4k_median_ms": round(sync_ms(folder), 3),
    }


def _java_version() -> str:
    answer = subprocess.run([java_command(), "-version"], capture_output=True, text=True, check=False)
    return answer.stderr.splitlines()[0] if answer.stderr else "unknown"


def sync_ms(folder: Path) -> float:
    """The median of overwriting 4 KiB of a preallocated file durably."""
    path = folder / "sync-probe"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.pwrite(fd, bytes(MIB), 0)
        os.fsync(fd)
        took = []
        for index in range(_SYNCS):
            started = time.perf_counter()
            os.pwrite(fd, bytes([index % 256]) * 4096, index * 4096 % MIB)
            os.fdatasync(fd)
            took.append(time.perf_counter() - started)
        return statistics.median(took) * 1000
    finally:
        os.close(fd)
        path.unlink()
