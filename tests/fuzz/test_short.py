"""Every target for a moment, by chance. The long form is ``make fuzz``."""

import os
import random
from pathlib import Path

import pytest

from tests.fuzz.catalog import TARGETS
from tests.fuzz.engine import explore
from tests.fuzz.mutation import MAX_INPUT, mutated

SECONDS = float(os.environ.get("PENSTOCK_FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("PENSTOCK_FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)

pytestmark = pytest.mark.fuzz


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_keeps_its_promises(name: str, tmp_path: Path) -> None:
    """A value or a clean error, in bounded memory and time, whatever the bytes."""
    outcome = explore(TARGETS[name], SECONDS, SEED, tmp_path)
    print(outcome.line(name), f"PENSTOCK_FUZZ_SEED={SEED}")

    if outcome.crash is not None:
        pytest.fail(f"{outcome.trace}\nthe input, in hexadecimal: {outcome.crash.read_bytes()[:4000].hex()}", pytrace=False)
    assert outcome.inputs > 10


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_plausible(name: str) -> None:
    """What mutation begins with runs clean, and is the same for the same seed."""
    for number in range(30):
        seed = TARGETS[name].seed(random.Random(number))
        assert seed == TARGETS[name].seed(random.Random(number))
        TARGETS[name].run(seed)


def test_mutations_change_something_and_stay_in_bounds() -> None:
    """Most of the time, that is: a byte may be put in the place of its like."""
    chance = random.Random(1)
    data = bytes(range(256))

    changed = [mutated(chance, data) for _ in range(200)]

    assert sum(mutant != data for mutant in changed) > 150
    assert max(map(len, changed)) <= MAX_INPUT
    assert len(mutated(chance, bytes(MAX_INPUT * 2))) <= MAX_INPUT
    assert isinstance(mutated(chance, b""), bytes)
