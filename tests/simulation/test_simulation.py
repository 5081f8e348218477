"""Random worlds hold what the broker promises, the same seed is the same world, and bugs planted into the broker are found."""

import re
import subprocess
import sys

import pytest

from tests.simulation.planted import PLANTED, RARE

pytestmark = pytest.mark.timeout(300)

SECONDS = "6"
FREQUENT = ("--first", "3", "--busy", "6")
"""Worlds in which a bug that does not need a coincidence is met: the same ones each time, as a bug is found in them or not."""


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the order in which Python walks sets of text is given when it starts."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments], capture_output=True, text=True, timeout=280, check=False
    )
    print(done.stdout[-12_000:], done.stderr[-4_000:])
    return done


def test_random_worlds_hold_what_is_promised() -> None:
    """Whatever goes wrong in storage, in connections and with the process, no client ever sees a promise broken."""
    assert simulate("--seconds", SECONDS).returncode == 0, "the output above ends with the seed to play again"


def test_random_worlds_on_the_storage_of_a_cluster_hold_it_too() -> None:
    """Groups are on their way side by side there, and what became of a commit is at times not known."""
    assert simulate("--shared", "--seconds", "4", "--busy", "8").returncode == 0, "the output above ends with the seed to play again"


@pytest.mark.parametrize("storage", [(), ("--shared",)], ids=["embedded", "shared"])
def test_the_same_seed_is_the_same_world(storage: tuple[str, ...]) -> None:
    """A failure can be repeated by its seed, alone or after others, and another seed is another world."""
    together = re.findall(r"trace (\w+)", simulate("--first", "7", "--worlds", "2", "--busy", "3", *storage).stdout)
    alone = re.findall(r"trace (\w+)", simulate("--first", "8", "--worlds", "1", "--busy", "3", *storage).stdout)

    assert len(set(together)) == 2
    assert alone == together[1:]


def test_planted_bugs_are_found() -> None:
    """The checks are sharp enough: bugs that a review could miss are met within a few worlds. (Those that need a coincidence are in
    ``make simulation``.)"""
    count = len(PLANTED.keys() - RARE)
    done = simulate("--plants", str(count), *FREQUENT)

    assert done.returncode == 0, f"not found: {done.stdout}"
    assert done.stdout.count(": found in world") == count
