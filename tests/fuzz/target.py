"""What a fuzz target is: a name, a function of bytes that raises only for defects, seeds, and how much memory an input may cost."""

import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter

SLOWEST_S = 5.0
"""A single input that takes longer is a defect too."""


class Finding(AssertionError):
    """The code under test broke a promise."""


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` swallows the clean errors that its subject may raise; whatever leaves it is a defect.

    ``seed`` makes a plausible input to mutate. Peak memory of an input of n bytes may reach ``factor`` * n + ``allowance``.
    """

    name: str
    run: Callable[[bytes], None]
    seed: Callable[[Random], bytes]
    modules: Sequence[str]
    """What is under test: these packages are instrumented where the fuzzer is guided by coverage."""
    factor: int = 100
    allowance: int = 256 * 1024

    def run_measured(self, data: bytes) -> int:
        """Run, and check the peak of memory; how much that was."""
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            self.run(data)
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        if peak > len(data) * self.factor + self.allowance:
            raise Finding(f"{peak} bytes of memory for an input of {len(data)}")
        return peak

    def run_timed(self, data: bytes) -> float:
        """Run, and check the time; how long it took."""
        started = perf_counter()
        self.run(data)
        seconds = perf_counter() - started
        if seconds > SLOWEST_S:
            raise Finding(f"{seconds:.1f} s for an input of {len(data)} bytes")
        return seconds
