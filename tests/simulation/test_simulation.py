"""Random worlds hold what the broker promises, the same seed is the same world, and bugs planted into the broker are found."""

import os
import re
import subprocess
import sys

import pytest

from tests.simulation.planted import PLANTED

SECONDS = "8"
SEEDS_TO_FIND_A_BUG = "15"


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the order in which Python walks sets of text is given when it starts."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments], capture_output=True, text=True, timeout=110, check=False
    )


def test_random_worlds_hold_what_is_promised() -> None:
    """Whatever goes wrong in storage, in connections and with the process, no client ever sees a promise broken."""
    seed = os.environ.get("PENSTOCK_SIMULATION_SEED")
    done = simulate("--seed", seed) if seed else simulate("--seconds", SECONDS)
    print(done.stdout)

    assert done.returncode == 0, f"set PENSTOCK_SIMULATION_SEED to what is printed last\n{done.stdout[-8000:]}{done.stderr[-6000:]}"


def test_the_same_seed_is_the_same_world() -> None:
    """A failure can be repeated by its seed, alone or after others, and another seed is another world."""
    together = re.findall(r"checks, (\w+)", simulate("--first", "7", "--seeds", "2").stdout)
    alone = re.findall(r"checks, (\w+)", simulate("--seed", "8").stdout)

    assert len(set(together)) == 2
    assert alone == together[1:]


@pytest.mark.parametrize("bug", sorted(PLANTED))
def test_a_planted_bug_is_found(bug: str) -> None:
    """The checks are sharp enough: each of these is met within a few random worlds."""
    done = simulate("--plant", bug, "--seeds", SEEDS_TO_FIND_A_BUG, "--seconds", "100")

    assert done.returncode == 1, f"{bug} was not found: {done.stdout}{done.stderr}"
    assert "Violation" in done.stderr, done.stderr
