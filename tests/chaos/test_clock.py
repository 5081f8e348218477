"""A process whose wall clock is moved from outside."""

import os
import subprocess
import sys
from pathlib import Path

from tests.chaos.clock import Clock, library
from tests.toolchain import required

_PROGRAM = """
import time
print(time.time(), time.monotonic(), flush=True)
input()
while time.time() < BEGAN + 1000: time.sleep(0.01)
print(time.time(), time.monotonic(), flush=True)
"""


def test_the_wall_clock_jumps_and_the_monotonic_one_does_not(tmp_path: Path) -> None:
    """While the process runs."""
    required(library)
    clock = Clock(tmp_path / "clock")
    program = _PROGRAM.replace("BEGAN", "began").replace("print(", "began = time.time(); print(", 1)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **clock.environment()},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        wall, monotonic = map(float, process.stdout.readline().split())
        clock.set(3600)
        process.stdin.write("\n")
        process.stdin.flush()
        wall_later, monotonic_later = map(float, process.stdout.readline().split())
    assert 3590 < wall_later - wall < 3700
    assert monotonic_later - monotonic < 60
