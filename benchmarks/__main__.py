"""`python -m benchmarks`: both brokers in turn, side by side."""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.comparison import compare
from benchmarks.plan import FULL, SHORT
from benchmarks.report import print_table, write_json

_LATEST = Path(__file__).with_name("results") / "latest.json"


def main() -> int:
    """Measure, print, write; with --check the exit code is 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one small round, to see that everything works")
    parser.add_argument("--rounds", type=int, metavar="N", help="sessions of each broker")
    parser.add_argument("--output", type=Path, metavar="FILE", help=f"JSON results (default {_LATEST})")
    parser.add_argument(
        "--dir", type=Path, metavar="DIR", help="where the brokers keep their data: the disk to measure"
    )
    parser.add_argument("--check", action="store_true", help="fail when a target is missed")
    arguments = parser.parse_args()

    plan = SHORT if arguments.short else FULL
    if arguments.rounds is not None:
        plan = replace(plan, rounds=arguments.rounds)
    output = arguments.output or (None if arguments.short else _LATEST)
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {line}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="penstock-bench-", dir=arguments.dir) as folder:
        facts = machine.facts(Path(folder))
        results = compare(plan, Path(folder), say)
    print_table(results, facts, Console(width=None if sys.stdout.isatty() else 140))
    if output is not None:
        write_json(output, results, facts, time.monotonic() - started)
    return int(arguments.check and any(line.passed is False for line in results))


if __name__ == "__main__":
    sys.exit(main())
