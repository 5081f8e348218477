"""Play random worlds, or one again: ``python -m tests.simulation --help``. What is simulated: docs/decisions/0013-simulation.md."""

import argparse
import io
import os
import sys
import time
import traceback
from collections.abc import Sequence
from random import Random, SystemRandom
from typing import Final

from observability import logs
from tests.simulation import scheduling
from tests.simulation.chance import Violation
from tests.simulation.planted import PLANTED, RARE, planted
from tests.simulation.scenario import World

HASH_SEED: Final = "0"
WORLDS_A_BUG: Final = 40
"""A planted bug must be found within so many worlds."""


class LastLines(io.StringIO):
    """Keeps the end of the broker's log."""

    def write(self, text: str) -> int:
        if self.tell() > 1 << 16:
            self.seek(0)
            self.truncate()
        return super().write(text)


LOG: Final = LastLines()


def play(seed: int, busy_s: float | None, *, shared: bool = False) -> World:
    """One world; raises what it met."""
    world = World(seed, busy_s, shared=shared)
    try:
        scheduling.run(seed, world.run)
    except BaseException as error:
        error.add_note("\n".join([*world.chance.last_lines, LOG.getvalue()[-3000:], f"seed {seed}: {world.chance.weather}"]))
        raise
    return world


def first_of(error: BaseException) -> BaseException:
    """What was raised first, out of the groups of task groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def explore(seeds: Sequence[int], seconds: float, busy_s: float | None, shared: bool) -> int:
    """Play worlds until time is over or one fails; the exit code."""
    began = time.monotonic()
    done = 0
    for seed in seeds:
        if done and time.monotonic() - began >= seconds:
            break
        try:
            world = play(seed, busy_s, shared=shared)
        except Exception as error:
            print("\n".join(getattr(error, "__notes__", ())))
            traceback.print_exception(first_of(error), limit=-8, file=sys.stdout)
            print(f"seed {seed} failed; play it again: PENSTOCK_SIMULATION_SEED={seed} python -m tests.simulation{' --shared' if shared else ''}")
            return 1
        done += 1
        print(f"seed {seed}: {world.summary}", flush=True)
    print(f"{done} worlds from seed {seeds[0]} on, {time.monotonic() - began:.1f} s")
    return 0


def find(bugs: Sequence[str], seeds: Sequence[int], busy_s: float | None) -> int:
    """Plant each bug and look for it; the exit code is how many were not found."""
    missed = 0
    for bug in bugs:
        for tried, seed in enumerate(seeds[:WORLDS_A_BUG], 1):
            try:
                with planted(bug):
                    play(seed, busy_s)
            except Exception as error:
                met = first_of(error)
                if not isinstance(met, Violation):
                    raise
                print(f"{bug}: found in world {tried}, seed {seed}: {str(met)[:200]}", flush=True)
                break
        else:
            missed += 1
            print(f"{bug}: not found in {WORLDS_A_BUG} worlds from seed {seeds[0]} on")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=os.environ.get("PENSTOCK_SIMULATION_SEED"), help="play this world only")
    parser.add_argument("--first", type=int, default=None, help="begin with this seed instead of a random one")
    parser.add_argument("--seconds", type=float, default=20.0, help="begin no more worlds after this time")
    parser.add_argument("--worlds", type=int, default=1_000_000)
    parser.add_argument("--busy", type=float, default=None, help="virtual seconds for which things go wrong")
    parser.add_argument("--plant", action="append", choices=sorted(PLANTED), help="a bug to find instead")
    parser.add_argument("--plants", type=int, default=0, help="find so many of the frequent bugs, or all of them")
    parser.add_argument("--shared", action="store_true", help="the storage of a cluster instead of the embedded one")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        again = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {"PYTHONHASHSEED": HASH_SEED})
    logs.configure("error", stream=LOG)
    first = next((int(given) for given in (arguments.seed, arguments.first) if given is not None), SystemRandom().randrange(1 << 31))
    frequent = sorted(PLANTED.keys() - RARE)
    some = Random(first).sample(frequent, min(arguments.plants, len(frequent)))
    bugs = arguments.plant or (sorted(PLANTED) if arguments.plants >= len(PLANTED) else some)
    seeds = range(first, first + (1 if arguments.seed is not None else arguments.worlds))
    if bugs:
        return find(bugs, range(first, first + WORLDS_A_BUG), arguments.busy)
    return explore(seeds, arguments.seconds, arguments.busy, arguments.shared)


if __name__ == "__main__":
    sys.exit(main())
