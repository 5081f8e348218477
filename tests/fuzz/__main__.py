"""``python -m tests.fuzz --seconds N [--target NAME] [--seed S] [--unguided] [--replay FILE]``: fuzz each target for N seconds.

Guided by coverage where atheris can be imported (it is pinned for CPython before 3.13 on x86-64), by chance elsewhere.
"""

import argparse
import random
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.catalog import TARGETS
from tests.fuzz.engine import crash_folder, explore
from tests.fuzz.target import Target


def main() -> int:
    """Every target in turn; 1 when one broke a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the broker.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="only this one; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="0 takes a new one")
    parser.add_argument("--unguided", action="store_true", help="by chance, even where atheris is there")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one kept input of the target given")
    chosen = parser.parse_args()
    names = chosen.target or list(TARGETS)
    if chosen.replay:
        data = chosen.replay.read_bytes()
        TARGETS[names[0]].run_timed(data)
        print(f"{names[0]}: clean, {TARGETS[names[0]].run_measured(data)} bytes of memory for {len(data)}")
        return 0
    seed = chosen.seed or random.SystemRandom().randrange(1, 2**31)
    guided = find_spec("atheris") is not None and not chosen.unguided
    print(f"fuzzing {len(names)} targets for {chosen.seconds} s each, {'guided by coverage' if guided else 'by chance'}, --seed {seed}")
    failed = [name for name in names if not fuzz(TARGETS[name], chosen.seconds, seed, guided=guided)]
    if failed:
        print(f"failed: {', '.join(failed)}; see {crash_folder()}")
    return 1 if failed else 0


def fuzz(target: Target, seconds: int, seed: int, *, guided: bool) -> bool:
    """Fuzz one target; whether it kept all promises."""
    if guided:
        return _guided(target.name, seconds, seed)
    outcome = explore(target, seconds, seed, crash_folder())
    print(outcome.line(target.name), flush=True)
    if outcome.crash is None:
        return True
    print(outcome.trace, file=sys.stderr)
    print(f"again with: python -m tests.fuzz --target {target.name} --replay {outcome.crash}")
    return False


def _guided(name: str, seconds: int, seed: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(seed)], capture_output=True, text=True, check=False
    )
    covered = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", done.stderr)
    note = f", {covered[-1][0]} branches, corpus {covered[-1][1]}" if covered else ""
    print(done.stdout.strip() + note, flush=True)
    if done.returncode == 0:
        return True
    print(done.stderr[-6000:], file=sys.stderr)
    print(f"again with: python -m tests.fuzz --target {name} --replay {crash_folder()}/{name}-...")
    return False


if __name__ == "__main__":
    sys.exit(main())
