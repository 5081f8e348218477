"""Runs a target for a while on mutated seeds: the form that needs nothing but Python, and what both forms share."""

import hashlib
import os
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.mutation import mutated
from tests.fuzz.target import Target

MEASURE_EVERY = 50
RECENT = 200


@dataclass(slots=True)
class Outcome:
    """What a run came to; ``crash`` is the file with the input that broke a promise."""

    inputs: int = 0
    seconds: float = 0.0
    peak: int = 0
    slowest: float = 0.0
    crash: Path | None = None
    trace: str = ""

    def line(self, name: str) -> str:
        """One line for a report."""
        state = f"FAILED: {self.crash}" if self.crash else "clean"
        return (
            f"{name:<12} {self.inputs:>9} inputs in {self.seconds:5.1f} s, most memory of one {self.peak / 1024:8.0f} KiB, "
            f"slowest {self.slowest * 1000:6.0f} ms: {state}"
        )


def save_crash(target: Target, data: bytes, folder: Path) -> Path:
    """Keep an input, under a name made of its contents."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{target.name}-{hashlib.sha256(data).hexdigest()[:16]}"
    path.write_bytes(data)
    return path


def one_input(target: Target, data: bytes, outcome: Outcome) -> None:
    """Run one input; every fiftieth is measured."""
    outcome.inputs += 1
    if outcome.inputs % MEASURE_EVERY == 0:
        outcome.peak = max(outcome.peak, target.run_measured(data))
    else:
        outcome.slowest = max(outcome.slowest, target.run_timed(data))


def explore(target: Target, seconds: float, seed: int, crashes: Path) -> Outcome:
    """Fuzz without guidance: seeds, mutations of seeds, mutations of what was tried lately."""
    random = Random(f"{seed} {target.name}")
    outcome = Outcome()
    recent: list[bytes] = []
    # What is made once must not be taken for one input's.
    target.run(target.seed(random))
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        match random.randrange(10):
            case 0 | 1:
                data = target.seed(random)
            case 2 | 3 if recent:
                data = mutated(random, random.choice(recent))
            case _:
                data = mutated(random, target.seed(random))
        if len(recent) < RECENT:
            recent.append(data)
        else:
            recent[random.randrange(RECENT)] = data
        try:
            one_input(target, data, outcome)
        except Exception:
            outcome.crash, outcome.trace = save_crash(target, data, crashes), traceback.format_exc()
            break
    outcome.seconds = elapsed
    return outcome


def crash_folder() -> Path:
    """Where crashing inputs are kept."""
    return Path(os.environ.get("PENSTOCK_FUZZ_CRASHES", ".cache/fuzz/crashes")).absolute()
