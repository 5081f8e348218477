"""Run worlds: ``python -m tests.simulation`` with --seed, or with --seeds and --seconds. See docs/decisions/0013-simulation.md."""

import argparse
import io
import os
import sys
import time
import traceback
from random import SystemRandom

from observability import logs
from tests.simulation import scheduling
from tests.simulation.planted import PLANTED, planted
from tests.simulation.scenario import World

HASH_SEED = "0"


class LastLines(io.StringIO):
    """Keeps the end of the broker's log."""

    def write(self, text: str) -> int:
        if self.tell() > 1 << 16:
            self.seek(0)
            self.truncate()
        return super().write(text)


LOG = LastLines()


def play(seed: int) -> World:
    """One world; raises what it met."""
    world = World(seed)
    try:
        scheduling.run(seed, world.run)
    except BaseException:
        print("\n".join(world.chance.last_lines))
        print(LOG.getvalue()[-3000:])
        print(f"seed {seed}: {world.chance.weather}")
        raise
    return world


def first_of(error: BaseException) -> BaseException:
    """What was raised first, out of the groups of task groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=None, help="play this one only")
    parser.add_argument("--first", type=int, default=None, help="begin with this one and go on")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=1_000_000)
    parser.add_argument("--plant", choices=sorted(PLANTED), default=None, help="a bug to be found")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], os.environ | {"PYTHONHASHSEED": HASH_SEED})
    logs.configure("error", stream=LOG)
    first = next((given for given in (arguments.seed, arguments.first) if given is not None), SystemRandom().randrange(1 << 31))
    count = 1 if arguments.seed is not None else arguments.seeds
    began = time.monotonic()
    done = 0
    while done < count and (done == 0 or time.monotonic() - began < arguments.seconds):
        seed = first + done
        try:
            with planted(arguments.plant):
                world = play(seed)
        except Exception as error:
            traceback.print_exception(first_of(error), limit=-8)
            print(f"seed {seed} failed; run it again with: python -m tests.simulation --seed {seed}")
            return 1
        done += 1
        print(f"seed {seed}: {world.chance.events} events, {world.machine.starts} starts, {world.ledger.facts + world.groups.facts} checks, {world.chance.digest[:12]}", flush=True)
    print(f"{done} seeds from {first} in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
